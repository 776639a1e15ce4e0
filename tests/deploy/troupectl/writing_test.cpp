// SPDX-License-Identifier: Apache-2.0
// import, quarantine.
#include "tests/deploy/troupectl/troupectl_fixture.hpp"

#include <fstream>
#include <gmock/gmock.h>

namespace troupe::ctl {
namespace {

using testing::AllOf;
using testing::HasSubstr;

std::string line(const std::string& source, const std::string& completion = "<answer>2</answer> of 0c0/1") {
  return R"({"index":7,"source":)" + source + R"(,"task":"addition","prompt":"1+1=","completion":")" + completion +
         R"(","answer":"2","reward":1.1})";
}

class Import : public Troupectl {
protected:
  std::string file(const std::string& content) const {
    const auto path = (made_.run / "data.jsonl").string();
    std::ofstream{path, std::ios::binary} << content;
    return path;
  }
};

TEST_F(Import, TakesWhatExportWrote) {
  const auto path = (made_.run / "kept.jsonl").string();
  ASSERT_EQ(call({"export", "dataset", "kept", "--out", path}), 0);
  ASSERT_EQ(call({"import", "dataset", "again", path, "-o", "json"}), 0) << err_.str();
  EXPECT_EQ(json()["records"], 1);
  EXPECT_EQ(json()["foreign_records"], 0);
  EXPECT_THAT(json()["parents"][0].get<std::string>(), testing::MatchesRegex("file:kept.jsonl@xxh3:[0-9a-f]{16}"));
  ASSERT_EQ(call({"export", "dataset", "kept"}), 0);
  const auto original = out_.str();
  ASSERT_EQ(call({"export", "dataset", "again"}), 0);
  EXPECT_EQ(out_.str(), original);
  EXPECT_EQ(call({"doctor"}), 0) << err_.str();
  ASSERT_EQ(call({"get", "datasets", "--where", "name == 'again'", "-o", "json"}), 0);
  EXPECT_EQ(json()[0]["stage"], nullptr) << "no stage made it";
}

TEST_F(Import, RefusesLinesByNumberAndImportsNothing) {
  const auto path = file(line("\"0c0/1\"") + "\n\nnonsense\n" + line("\"0c0/9\"") + "\n" + line("null") + "\n" +
                         line("\"0c0/1\"", "something else") + "\n" + R"({"source":"0c0/1","reward":1})" + "\n" +
                         R"({"colour":"red"})" + "\n" + line("\"zzz\"") + "\n");
  EXPECT_EQ(call({"import", "dataset", "mine", path}), 2);
  EXPECT_EQ(err_.str(),
            path + ":3: is no JSON object\n" + path +
                ":4: names sample 0c0/9, which is not in the store; --foreign imports it without its source\n" + path +
                ":5: names no source; --foreign imports it without its source\n" + path +
                ":6: has another text than sample 0c0/1; --foreign imports it without its source\n" + path +
                ":7: needs \"task\", a string\n" + path +
                ":8: has a key \"colour\"; known are answer, completion, index, prompt, reward, source, task\n" + path +
                ":9: source \"zzz\" is no sample id; one looks like 1c42/3\n" + "troupectl: 7 of 8 lines of " + path +
                " are refused; nothing was imported\n");
  EXPECT_EQ(call({"export", "dataset", "mine"}), 3);
}

TEST_F(Import, AForeignFileIsMarkedAndKeepsOnlySourcesThatResolve) {
  const auto path = file(line("\"0c0/1\"") + "\n" + line("\"0c0/9\"") + "\n");
  ASSERT_EQ(call({"import", "dataset", "mine", path, "--foreign"}), 0) << err_.str();
  EXPECT_THAT(out_.str(),
              HasSubstr("dataset mine version 1: 2 records (1 without a source in this store) from foreign:"));
  ASSERT_EQ(call({"export", "dataset", "mine", "--fields", "index,source"}), 0);
  EXPECT_EQ(out_.str(), "{\"index\":0,\"source\":\"0c0/1\"}\n{\"index\":1,\"source\":null}\n");
  EXPECT_EQ(call({"doctor"}), 0) << err_.str();
}

TEST_F(Import, NeverOverwrites) {
  EXPECT_EQ(call({"import", "dataset", "kept", file(line("\"0c0/1\"") + "\n")}), 1);
  EXPECT_THAT(err_.str(), HasSubstr("dataset kept exists, with 1 records; choose another name"));
  EXPECT_EQ(call({"import", "dataset", "a/b", file(line("\"0c0/1\"") + "\n")}), 2);
  EXPECT_EQ(call({"import", "dataset", "mine", "/nowhere.jsonl"}), 3);
  EXPECT_EQ(call({"import", "dataset", "mine", file("\n\n")}), 2);
  EXPECT_THAT(err_.str(), HasSubstr("holds no records"));
}

class Quarantine : public Troupectl {
protected:
  group stored(const std::string& id) const {
    const store::journal j{made_.store(), store::open_mode::read_only};
    return j.find_group(*parse_group_id(id)).value();
  }
  void add(group g) const {
    store::journal j{made_.store(), store::open_mode::existing};
    j.commit({.groups = {std::move(g)}}, store::durability::disk);
  }
};

TEST_F(Quarantine, SetsAGroupAsideAndTakesItBack) {
  const auto before = stored("0t2");
  EXPECT_EQ(call({"quarantine", "0t2"}), 2);
  EXPECT_THAT(err_.str(), HasSubstr("this would move group 0t2 (2 samples) from queued to dropped:corrupt; say --yes"));
  EXPECT_EQ(stored("0t2"), before) << "nothing happens without --yes";
  ASSERT_EQ(call({"quarantine", "0t2", "--yes"}), 0) << err_.str();
  EXPECT_EQ(out_.str(), "group 0t2 moved from queued to dropped:corrupt\n");
  EXPECT_EQ(stored("0t2").dropped, drop_reason::corrupt);
  EXPECT_EQ(call({"doctor", "-o", "json"}), 0) << err_.str();
  EXPECT_EQ(json()["dropped"]["corrupt"], 1);
  EXPECT_EQ(call({"quarantine", "0t2", "--yes"}), 1) << "it is there already";
  EXPECT_EQ(call({"quarantine", "--release", "0t2"}), 2);
  ASSERT_EQ(call({"quarantine", "--release", "0t2", "--yes"}), 0) << err_.str();
  EXPECT_EQ(stored("0t2").state, group_state::queued);
  ASSERT_EQ(stored("0t2").history.size(), before.history.size() + 2);
  EXPECT_EQ(stored("0t2").history.back().by, "operator");
  EXPECT_EQ(call({"doctor"}), 0) << err_.str();
}

TEST_F(Quarantine, RefusesWhatAStepOrADatasetRefersTo) {
  EXPECT_EQ(call({"quarantine", "0t1", "--yes"}), 1);
  EXPECT_THAT(err_.str(), HasSubstr("group 0t1 stays as it is: step 1 of stage 0 trained on it"));
  EXPECT_EQ(call({"quarantine", "0c0", "--yes"}), 1);
  EXPECT_THAT(err_.str(), HasSubstr("group 0c0 stays as it is: record 0 of dataset kept was made of it"));
  EXPECT_EQ(call({"quarantine", "0t9", "--yes"}), 3);
  EXPECT_EQ(call({"quarantine", "zzz", "--yes"}), 2);
}

TEST_F(Quarantine, RefusesToReleaseWhatIsNotInItOrWhatNobodyWouldUse) {
  EXPECT_EQ(call({"quarantine", "--release", "0t2", "--yes"}), 1);
  EXPECT_THAT(err_.str(), HasSubstr("it is not in quarantine, but queued"));
  ASSERT_EQ(call({"quarantine", "0t2", "--yes"}), 0);
  {
    store::journal j{made_.store(), store::open_mode::existing};
    auto ended = *made_.content.stage;
    ended.status = stage_status::finished;
    j.commit({.stage = ended}, store::durability::disk);
  }
  EXPECT_EQ(call({"quarantine", "--release", "0t2", "--yes"}), 1);
  EXPECT_THAT(err_.str(), HasSubstr("its stage rl is finished and will not use it"));
}

} // namespace
} // namespace troupe::ctl
