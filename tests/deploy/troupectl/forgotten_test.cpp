// SPDX-License-Identifier: Apache-2.0
// What the verbs say of a group whose payloads retention removed: show, describe, get, export, import, compact.
#include "runtime/data/durable_file.hpp"
#include "tests/deploy/troupectl/troupectl_fixture.hpp"

#include <gmock/gmock.h>

namespace troupe::ctl {
namespace {

using testing::HasSubstr;
using testing::Not;

class Forgotten : public Troupectl {
protected:
  Forgotten() { made_.forget(0); } // 0t0
};

TEST_F(Forgotten, ASampleStillShowsWhatItsGroupKnows) {
  ASSERT_EQ(call({"show", "sample", "0t0/0"}), 0) << err_.str();
  EXPECT_THAT(out_.str(), HasSubstr("\nforgotten by retention at 2023-11-14T22:13:20.999Z\n"));
  EXPECT_THAT(out_.str(), Not(HasSubstr("<answer>")));
  ASSERT_EQ(call({"show", "sample", "0t0/0", "-o", "json"}), 0);
  EXPECT_EQ(json()["forgotten"], "2023-11-14T22:13:20.999Z");
  EXPECT_EQ(json()["completion"], nullptr);
  EXPECT_EQ(json()["verdict"], "correct");
  EXPECT_EQ(json()["reward"], 1.1);
  EXPECT_EQ(json()["num_tokens"], 3);
  EXPECT_EQ(json()["trained_by"]["version"], 1);
  ASSERT_EQ(call({"show", "sample", "0t1/0", "-o", "json"}), 0);
  EXPECT_EQ(json()["forgotten"], nullptr);
}

TEST_F(Forgotten, AGroupIsDescribedFromItsRecord) {
  ASSERT_EQ(call({"describe", "group", "0t0"}), 0) << err_.str();
  EXPECT_THAT(out_.str(), HasSubstr("\nforgotten by retention at 2023-11-14T22:13:20.999Z\n"));
  EXPECT_THAT(out_.str(), HasSubstr("\nhistory\n"));
  ASSERT_EQ(call({"describe", "group", "0t1"}), 0);
  EXPECT_THAT(out_.str(), Not(HasSubstr("by retention")));
}

TEST_F(Forgotten, SamplesAreListedAndFoundByTheTimeTheyWereForgotten) {
  ASSERT_EQ(call({"get", "samples", "--where", "forgotten != null", "--fields", "id,reward,completion,forgotten", "-o",
                  "json"}),
            0)
      << err_.str();
  EXPECT_EQ(json(), row::parse(R"([
    {"id":"0t0/0","reward":1.1,"completion":null,"forgotten":"2023-11-14T22:13:20.999Z"},
    {"id":"0t0/1","reward":0.0,"completion":null,"forgotten":"2023-11-14T22:13:20.999Z"}])"));
  ASSERT_EQ(call({"count", "samples", "--where", "completion ~ 'answer'"}), 0);
  EXPECT_EQ(out_.str(), "4\n");
}

TEST_F(Forgotten, AnExportLeavesThemOutAndCountsThem) {
  ASSERT_EQ(call({"export", "samples", "--where", "fate == 'trained'", "--fields", "id", "--limit", "2"}), 0);
  EXPECT_EQ(out_.str(), "{\"id\":\"0t1/0\"}\n{\"id\":\"0t1/1\"}\n");
  EXPECT_EQ(err_.str(), "2 samples were forgotten by retention and are left out\n");
  ASSERT_EQ(call({"export", "groups", "--where", "state == 'trained'", "--fields", "id"}), 0);
  EXPECT_EQ(out_.str(), "{\"id\":\"0t0\"}\n{\"id\":\"0t1\"}\n");
  EXPECT_EQ(err_.str(), "");
}

TEST_F(Forgotten, NoDatasetCanBeImportedFromThem) {
  const auto file = (made_.run / "mine.jsonl").string();
  data::write_file_durably(file, R"({"source":"0t0/0","task":"addition","prompt":"1+1=",)"
                                 R"("completion":"<answer>2</answer> of 0t0/0","answer":"2","reward":1.1})"
                                 "\n");
  EXPECT_EQ(call({"import", "dataset", "mine", file}), 2);
  EXPECT_THAT(err_.str(), HasSubstr("names sample 0t0/0, which retention forgot at 2023-11-14T22:13:20.999Z"));
}

TEST_F(Forgotten, TheirSpaceIsGivenBackOnDemand) {
  ASSERT_EQ(call({"compact", "-o", "json"}), 0) << err_.str();
  EXPECT_GT(json()["bytes_before"], 0);
  EXPECT_GT(json()["bytes_after"], 0);
  ASSERT_EQ(call({"show", "sample", "0t1/0"}), 0);
  EXPECT_THAT(out_.str(), HasSubstr("<answer>2</answer> of 0t1/0"));
}

} // namespace
} // namespace troupe::ctl
