// SPDX-License-Identifier: Apache-2.0
#include "actors/checkpoint.hpp"
#include "runtime/error.hpp"
#include "tests/actors/fake_model.hpp"
#include "tests/actors/small_run.hpp"

#include <filesystem>
#include <fstream>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>
#include <set>

namespace troupe::actors {
namespace {

namespace fs = std::filesystem;

class Checkpoint : public ::testing::Test {
protected:
  Checkpoint() {
    fs::create_directories(run_ / "tokenizer");
    std::ofstream{run_ / "tokenizer/tokenizer.json"} << "{}";
    auto backend = make_fake_backend(model_);
    trainer_ = backend->make_trainer(weights_of(0), "");
  }
  checkpoint_record write(std::uint64_t version) {
    return write_checkpoint(run_.path(), "rl", grpo_stage, policy_version{version}, 2, *trainer_, run_ / "tokenizer");
  }
  std::set<std::string> names(const std::string& folder) const {
    std::set<std::string> all;
    for (const auto& entry : fs::directory_iterator{run_ / folder}) {
      all.insert(entry.path().filename().string());
    }
    return all;
  }

  scratch_folder run_;
  std::shared_ptr<model_script> model_ = std::make_shared<model_script>();
  std::unique_ptr<gpu::trainer> trainer_;
};

using names_set = std::set<std::string>;

TEST_F(Checkpoint, HoldsModelTokenizerAndState) {
  const auto r = write(120);
  EXPECT_EQ(r.folder, "checkpoints/rl/step-000120");
  EXPECT_EQ(r.version, policy_version{120});
  EXPECT_EQ(names(r.folder), (names_set{"config.json", "model.safetensors", "tokenizer.json", "trainer_state.json"}));
  const auto state = nlohmann::json::parse(std::ifstream{run_ / (r.folder + "/trainer_state.json")});
  EXPECT_EQ(state, (nlohmann::json{{"stage", 1}, {"global_step", 120}, {"branch", 2}}));
  EXPECT_EQ(names("checkpoints/rl"), names_set{"step-000120"}); // no temporary folder stays
}

TEST_F(Checkpoint, IsAbsentWhenSavingFails) {
  model_->saving_fails = "the disk is full";
  EXPECT_THROW(write(1), error);
  EXPECT_EQ(names("checkpoints/rl"), names_set{});
}

TEST_F(Checkpoint, ThatFailsLeavesTheOneOfBeforeWhole) {
  const auto before = write(1);
  model_->saving_fails = "the disk is full";
  EXPECT_THROW(write(1), error);
  EXPECT_EQ(names("checkpoints/rl"), names_set{"step-000001"});
  EXPECT_EQ(manifest_hash(run_ / before.folder), before.manifest_hash);
}

TEST_F(Checkpoint, ReplacesWhatAKilledProcessLeft) {
  fs::create_directories(run_ / "checkpoints/rl/step-000001.part");
  std::ofstream{run_ / "checkpoints/rl/step-000001.part/half"} << "x";
  fs::create_directories(run_ / "checkpoints/rl/step-000001");
  std::ofstream{run_ / "checkpoints/rl/step-000001/old"} << "x";
  const auto r = write(1);
  EXPECT_FALSE(names(r.folder).contains("half"));
  EXPECT_FALSE(names(r.folder).contains("old"));
}

TEST_F(Checkpoint, WithoutATokenizerFolderSaysWhereAndIsAbsent) {
  fs::remove_all(run_ / "tokenizer");
  try {
    write(1);
    FAIL() << "it was written";
  } catch (const error& e) {
    EXPECT_EQ(e.code(), errc::resource_exhausted);
    EXPECT_NE(std::string{e.what()}.find("checkpoints/rl/step-000001"), std::string::npos) << e.what();
  }
  EXPECT_EQ(names("checkpoints/rl"), names_set{});
}

TEST_F(Checkpoint, ManifestNoticesOneChangedByte) {
  const auto r = write(1);
  EXPECT_EQ(manifest_hash(run_ / r.folder), r.manifest_hash);
  std::fstream{run_ / (r.folder + "/model.safetensors"), std::ios::in | std::ios::out} << "W"; // was "weights"
  EXPECT_NE(manifest_hash(run_ / r.folder), r.manifest_hash);
}

TEST_F(Checkpoint, IsWholeOnlyAsItWasRecorded) {
  const auto r = write(1);
  EXPECT_TRUE(is_whole(run_.path(), r));
  std::fstream{run_ / (r.folder + "/model.safetensors"), std::ios::in | std::ios::out} << "W";
  EXPECT_FALSE(is_whole(run_.path(), r));
  fs::remove_all(run_ / r.folder);
  EXPECT_FALSE(is_whole(run_.path(), r));
}

TEST_F(Checkpoint, ManifestNoticesARenamedAndAMissingFile) {
  const auto r = write(1);
  fs::rename(run_ / (r.folder + "/config.json"), run_ / (r.folder + "/confih.json"));
  EXPECT_NE(manifest_hash(run_ / r.folder), r.manifest_hash);
  fs::remove(run_ / (r.folder + "/confih.json"));
  EXPECT_NE(manifest_hash(run_ / r.folder), r.manifest_hash);
}

TEST_F(Checkpoint, UncommittedFoldersAreDiscardedAndRecordedOnesStay) {
  const auto kept = write(1);
  write(2);
  fs::create_directories(run_ / "checkpoints/rl/step-000003.part");
  discard_uncommitted(run_.path(), "rl", {kept});
  EXPECT_EQ(names("checkpoints/rl"), names_set{"step-000001"});
}

TEST_F(Checkpoint, DiscardingInAStageWithoutCheckpointsDoesNothing) {
  discard_uncommitted(run_.path(), "rl", {});
  EXPECT_FALSE(fs::exists(run_ / "checkpoints"));
}

} // namespace
} // namespace troupe::actors
