// SPDX-License-Identifier: Apache-2.0
// hist, tail, export into a file, checkpoint.
#include "runtime/data/durable_file.hpp"
#include "runtime/data/file_hash.hpp"
#include "runtime/data/folder_hash.hpp"
#include "tests/deploy/troupectl/troupectl_fixture.hpp"

#include <fmt/format.h>
#include <fstream>
#include <gmock/gmock.h>

namespace troupe::ctl {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

TEST_F(Troupectl, DrawsAHistogramOfNumbers) {
  // Rewards of the three judged groups: 1.1, 0 each; of the queued group's two members none.
  ASSERT_EQ(call({"hist", "samples", "reward", "--bins", "3"}), 0) << err_.str();
  EXPECT_EQ(
      out_.str(), "reward: 6 values, min 0, median 0, mean 0.55, max 1.1; 2 without a value\n"
                  "0 to 0.5  3  " +
                      [] {
                        std::string full;
                        for (int i = 0; i < 80 - 8 - 1 - 4; ++i) {
                          full += "█";
                        }
                        return full + "\n0.5 to 1  0\n1 to 1.5  3  " + full + "\n";
                      }());
  ASSERT_EQ(call({"hist", "steps", "data_cursor"}), 0);
  EXPECT_THAT(out_.str(), HasSubstr("\n3  1  █")) << "one whole number, one bin";
  ASSERT_EQ(call({"hist", "samples", "tokens", "--where", "fate == 'trained'", "-o", "json"}), 0);
  EXPECT_EQ(json(), row::parse(R"({"field":"tokens","count":4,"missing":0,"min":3.0,"mean":3.0,"median":3.0,"max":3.0,
                                   "bins":[{"from":3.0,"to":3.0,"count":4}]})"));
}

TEST_F(Troupectl, CountsTextsTheMostFrequentFirst) {
  ASSERT_EQ(call({"hist", "samples", "fate", "-o", "json"}), 0);
  EXPECT_EQ(json()["counts"], row::parse(R"([{"value":"trained","count":4},{"value":"collected","count":2},
                                             {"value":"pending","count":2}])"));
  ASSERT_EQ(call({"hist", "samples", "completion", "--bins", "2"}), 0) << "a payload field";
  EXPECT_THAT(out_.str(), HasSubstr("completion: 6 values, 6 different; 2 without a value\n"));
  EXPECT_THAT(out_.str(), HasSubstr("and 4 times 4 other values; --bins shows more of them\n"));
  EXPECT_EQ(call({"hist", "samples", "rewrad"}), 2);
  EXPECT_THAT(err_.str(), HasSubstr("hist: there is no field 'rewrad'; there are: id, group"));
}

TEST_F(Troupectl, ShowsWhoHoldsALeaseOnWhat) {
  ASSERT_EQ(call({"get", "leases", "-o", "json"}), 0) << err_.str();
  EXPECT_EQ(json(), row::array());
  {
    store::journal j{made_.store(), store::open_mode::existing};
    group one = made_.content.groups[3]; // the queued group of two, one of them sampled in the meantime
    one.state = group_state::generating;
    one.lease = lease_id{7};
    one.members[1].submitted = true;
    one.history.push_back({group_state::generating, 1800000000000, "generator-0"});
    group other = one;
    other.id.cursor = 3;
    group batch = made_.content.groups[0];
    batch.state = group_state::leased;
    batch.lease = lease_id{5};
    batch.history.push_back({group_state::leased, 1800000000000, "learner-0"});
    j.commit({.groups = {one, other, batch}}, store::durability::disk);
  }
  ASSERT_EQ(call({"get", "leases"}), 0) << err_.str();
  EXPECT_EQ(out_.str(), "lease  holder       work      groups  samples  first  since\n"
                        "    5  learner-0    train          1        2  0t0    2027-01-15T08:00:00.000Z\n"
                        "    7  generator-0  generate       2        2  0t2    2027-01-15T08:00:00.000Z\n");
  ASSERT_EQ(call({"count", "leases", "--where", "holder == 'generator-0'"}), 0) << err_.str();
  EXPECT_EQ(out_.str(), "1\n");
}

TEST_F(Troupectl, ShowsWhatChangedLast) {
  {
    store::journal j{made_.store(), store::open_mode::existing};
    group late = made_.content.groups[0]; // 0t0 changes after all the others
    late.history.push_back({group_state::trained, 1800000000000, "learner-0"});
    j.commit({.groups = {late}}, store::durability::disk);
  }
  ASSERT_EQ(call({"tail", "groups", "-n", "2", "-o", "json", "--fields", "id,changed"}), 0) << err_.str();
  EXPECT_EQ(json(), row::parse(R"([{"id":"0c0","changed":"2023-11-14T22:13:20.123Z"},
                                   {"id":"0t0","changed":"2027-01-15T08:00:00.000Z"}])"));
  ASSERT_EQ(call({"tail", "samples", "-n", "1", "--where", "verdict == 'incorrect'", "--fields", "id,completion"}), 0);
  EXPECT_EQ(out_.str(), "id     completion\n0t0/1  <answer>2</answer> of 0t0/1\n");
  ASSERT_EQ(call({"tail", "steps"}), 0);
  EXPECT_THAT(out_.str(), testing::StartsWith("stage  version"));
  ASSERT_EQ(call({"count", "groups", "--where", "changed > '2024'"}), 0);
  EXPECT_EQ(out_.str(), "1\n");
}

TEST_F(Troupectl, ExportsAFileAndSaysWhatItHolds) {
  const auto file = (made_.run / "kept.jsonl").string(), manifest = file + ".manifest.json";
  ASSERT_EQ(call({"export", "dataset", "kept", "--where", "reward > 1", "--out", file}), 0) << err_.str();
  const auto lines = data::read_file(file), said = data::read_file(manifest);
  ASSERT_EQ(call({"export", "dataset", "kept", "--where", "reward > 1"}), 0);
  EXPECT_EQ(out_.str(), lines);
  auto expected = row::parse(R"({"file":"kept.jsonl","kind":"dataset","dataset":"kept","where":"reward > 1",
    "fields":null,"limit":null,"records":1,"bytes":0,"xxh3":"","store_format":"1","run":null})");
  expected["bytes"] = lines.size();
  expected["xxh3"] = fmt::format("{:016x}", data::hash_bytes(lines));
  EXPECT_EQ(row::parse(said), expected);
  ASSERT_EQ(call({"export", "dataset", "kept", "--where", "reward > 1", "--out", file}), 0);
  EXPECT_EQ(data::read_file(file), lines);
  EXPECT_EQ(data::read_file(manifest), said) << "the same store gives the same bytes";
  EXPECT_EQ(call({"export", "samples", "--out", "/nowhere/at/all"}), 2);
  EXPECT_THAT(err_.str(), HasSubstr("--out /nowhere/at/all: cannot be written: No such file or directory"));
}

TEST_F(Troupectl, AFailedExportLeavesNothing) {
  const auto file = (made_.run / "out.jsonl").string();
  EXPECT_EQ(call({"export", "samples", "--where", "rewrad > 1", "--out", file}), 2);
  for (const auto& entry : fs::directory_iterator{made_.run}) {
    EXPECT_EQ(entry.path().filename(), "store");
  }
}

TEST_F(Troupectl, MakesACheckpointOfTheStoreThatIsARunDirectory) {
  std::ofstream{made_.run / "recipe.yaml"} << "name: hand-made\n";
  const auto copy = (made_.run / "copy").string();
  ASSERT_EQ(call({"checkpoint", "create", copy + "/"}), 0) << err_.str();
  ASSERT_EQ(call({"export", "samples"}), 0);
  const auto all = out_.str();
  ASSERT_EQ(bare({"--store", copy, "export", "samples"}), 0) << err_.str();
  EXPECT_EQ(out_.str(), all);
  EXPECT_EQ(bare({"--store", copy, "doctor"}), 0) << err_.str();
  EXPECT_EQ(data::read_file(copy + "/recipe.yaml"), "name: hand-made\n");
  EXPECT_EQ(call({"checkpoint", "create", copy}), 2);
  EXPECT_THAT(err_.str(), HasSubstr("exists already"));
  EXPECT_EQ(call({"checkpoint", "create"}), 2);
}

TEST_F(Troupectl, VerifiesModelCheckpointsAndNamesTheFolderThatDiffers) {
  const std::string name = "checkpoints/rl/step-000001", other = "checkpoints/rl/step-000002";
  for (const auto& folder : {name, other}) {
    fs::create_directories(made_.run / folder);
    std::ofstream{made_.run / folder / "model.safetensors"} << "weights of " << folder;
  }
  {
    store::journal j{made_.store(), store::open_mode::existing};
    for (std::uint64_t v = 1; v <= 2; ++v) {
      const auto& folder = v == 1 ? name : other;
      j.commit({.checkpoint = checkpoint_record{.stage = stage_index{0},
                                                .version = policy_version{v},
                                                .folder = folder,
                                                .manifest_hash = data::manifest_hash((made_.run / folder).string()),
                                                .validation = 0.5 * static_cast<double>(v)}},
               store::durability::disk);
    }
  }
  ASSERT_EQ(call({"checkpoint", "verify"}), 0) << err_.str();
  EXPECT_EQ(out_.str(), "2 checkpoints, 2 as recorded\n");
  ASSERT_EQ(call({"checkpoint", "ls", "-o", "json"}), 0);
  EXPECT_EQ(json()[1], row::parse(R"({"stage":"rl","version":2,"branch":0,"validation":1.0,"best":true,"bytes":37,
                                      "folder":"checkpoints/rl/step-000002"})"));
  std::ofstream{made_.run / name / "model.safetensors"} << "Weights of " << name; // one bit
  fs::remove_all(made_.run / other);
  EXPECT_EQ(call({"checkpoint", "verify"}), 5);
  EXPECT_EQ(err_.str(), "violated: checkpoint checkpoints/rl/step-000001: its files are not those that were recorded\n"
                        "violated: checkpoint checkpoints/rl/step-000002: is gone\n");
  ASSERT_EQ(call({"checkpoint", "ls"}), 0);
  EXPECT_THAT(out_.str(), HasSubstr("gone"));
}

} // namespace
} // namespace troupe::ctl
