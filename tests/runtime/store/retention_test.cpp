// SPDX-License-Identifier: Apache-2.0
#include "runtime/store/journal.hpp"

#include <filesystem>
#include <gtest/gtest.h>
#include <random>
#include <unistd.h>

namespace troupe::store {
namespace {

/// 40 groups of two samples, each of 20 kB that do not compress: 1.6 MB of blobs.
class Forgetting : public ::testing::Test {
protected:
  Forgetting()
      : folder_(::testing::TempDir() + "forgetting-" + std::to_string(::getpid()) + "-" +
                ::testing::UnitTest::GetInstance()->current_test_info()->name()) {
    std::filesystem::remove_all(folder_);
    open(open_mode::create);
    for (std::uint64_t cursor = 0; cursor < groups; ++cursor) {
      write w;
      w.groups = {trained(cursor)};
      w.prompts = {{trained(cursor).id, {.task = "addition", .text = "1+1="}}};
      for (std::uint32_t i = 0; i < 2; ++i) {
        w.samples.emplace_back(named(cursor, i), noise());
        w.judgements.emplace_back(named(cursor, i), judgement{.reward = 1});
      }
      journal_->commit(w, durability::none);
    }
  }
  ~Forgetting() override { std::filesystem::remove_all(folder_); }

  void open(open_mode mode) {
    journal_.reset();
    journal_ = std::make_unique<journal>(folder_, mode);
  }
  void forget(std::uint64_t begin, std::uint64_t end) {
    write w;
    for (auto cursor = begin; cursor < end; ++cursor) {
      w.forgotten.push_back(trained(cursor));
      w.forgotten.back().forgotten_ms = 99;
    }
    journal_->commit(w, durability::none);
  }
  static group trained(std::uint64_t cursor) {
    group g{.id = {stage_index{0}, purpose::train, cursor}, .state = group_state::trained};
    g.members.resize(2);
    return g;
  }
  static sample_id named(std::uint64_t cursor, std::uint32_t index) { return {trained(cursor).id, index}; }
  sample noise() {
    sample s{.index = 0, .text = std::string(20'000, ' ')};
    for (auto& c : s.text) {
      c = static_cast<char>(random_());
    }
    return s;
  }
  std::uint64_t payload_bytes() const {
    std::uint64_t bytes = 0;
    for (const auto& file : std::filesystem::directory_iterator{folder_}) {
      const auto kind = file.path().extension();
      bytes += kind == ".blob" || kind == ".sst" ? file.file_size() : 0;
    }
    return bytes;
  }
  std::size_t stored(journal::payload_kind kind) const {
    std::size_t n = 0;
    journal_->for_each_payload_name(kind, [&](const sample_id&) { ++n; });
    return n;
  }

  static constexpr std::uint64_t groups = 40;
  std::string folder_;
  std::minstd_rand random_{7};
  std::unique_ptr<journal> journal_;
};

TEST_F(Forgetting, TheRecordStaysAndThePayloadsGoInOneWrite) {
  forget(0, 1);
  open(open_mode::existing);
  EXPECT_EQ(journal_->find_group(trained(0).id)->forgotten_ms, 99);
  EXPECT_FALSE(journal_->find_prompt(trained(0).id));
  EXPECT_FALSE(journal_->find_sample(named(0, 1)));
  EXPECT_FALSE(journal_->find_judgement(named(0, 1)));
  EXPECT_TRUE(journal_->find_sample(named(1, 0)));
  EXPECT_EQ(stored(journal::payload_kind::prompt), groups - 1);
  EXPECT_EQ(stored(journal::payload_kind::judgement), 2 * (groups - 1));
  EXPECT_TRUE(journal_->verify().empty());
}

TEST_F(Forgetting, CompactionGivesTheSpaceBack) {
  journal_->compact();
  open(open_mode::existing);
  EXPECT_GT(payload_bytes(), 1'600'000u);
  forget(0, 30);
  journal_->compact();
  open(open_mode::existing);            // closing removes the files that nothing refers to
  EXPECT_LT(payload_bytes(), 500'000u); // 10 groups of 40 kB
  EXPECT_EQ(stored(journal::payload_kind::sample), 20u);
  EXPECT_TRUE(journal_->verify().empty());
}

TEST_F(Forgetting, CompactionDropsPayloadsThatTheDeletesMissed) {
  forget(0, 30);
  write w; // as where the deletes went with a log that was given up
  for (std::uint64_t cursor = 0; cursor < 30; ++cursor) {
    w.samples.emplace_back(named(cursor, 0), noise());
    w.judgements.emplace_back(named(cursor, 0), judgement{.reward = 1});
  }
  journal_->commit(w, durability::disk);
  open(open_mode::existing); // its marks are known from here on
  EXPECT_EQ(stored(journal::payload_kind::sample), 50u);
  journal_->compact();
  EXPECT_EQ(stored(journal::payload_kind::sample), 20u);
  EXPECT_EQ(stored(journal::payload_kind::judgement), 20u);
  EXPECT_EQ(stored(journal::payload_kind::prompt), 10u);
  open(open_mode::existing);
  EXPECT_LT(payload_bytes(), 500'000u);
  EXPECT_TRUE(journal_->verify().empty());
}

TEST_F(Forgetting, ACopyMadeBeforeStillHoldsEverything) {
  const auto copy = folder_ + "-copy";
  journal_->checkpoint(copy);
  forget(0, groups);
  journal_->compact();
  EXPECT_EQ(stored(journal::payload_kind::sample), 0u);
  const journal old{copy, open_mode::read_only};
  EXPECT_TRUE(old.find_sample(named(0, 0)));
  EXPECT_TRUE(old.verify().empty());
  std::filesystem::remove_all(copy);
}

} // namespace
} // namespace troupe::store
