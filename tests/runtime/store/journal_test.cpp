// SPDX-License-Identifier: Apache-2.0
#include "runtime/error.hpp"
#include "runtime/store/envelope.hpp"
#include "runtime/store/journal.hpp"
#include "tests/schema/examples.hpp"

#include <filesystem>
#include <fstream>
#include <functional>
#include <gtest/gtest.h>
#include <set>
#include <string>
#include <unistd.h>

namespace troupe::store {
namespace {

/// A folder of its own that goes with the test.
class Journal : public ::testing::Test {
protected:
  Journal()
      : folder_(::testing::TempDir() + "journal-" + std::to_string(::getpid()) + "-" +
                ::testing::UnitTest::GetInstance()->current_test_info()->name()) {
    std::filesystem::remove_all(folder_);
  }
  ~Journal() override { std::filesystem::remove_all(folder_); }
  std::string folder_;
};

group numbered(std::uint64_t cursor) {
  group g{.id = {stage_index{1}, purpose::train, cursor, 0}, .task = "addition"};
  g.members.resize(2);
  return g;
}

errc code_of(const std::function<void()>& what) {
  try {
    what();
  } catch (const error& e) {
    return e.code();
  }
  return errc{};
}

TEST_F(Journal, WhatWasWrittenIsThereAfterReopening) {
  {
    journal j{folder_, open_mode::create};
    write w;
    w.groups = {numbered(2), numbered(10)};
    w.step = step_record{.stage = stage_index{1}, .version = policy_version{1}, .groups = {numbered(2).id}};
    w.settings = {{"epoch", "3"}};
    j.commit(w, durability::disk);
  }
  const journal j{folder_, open_mode::existing};
  EXPECT_EQ(j.find_group(numbered(10).id), numbered(10));
  EXPECT_EQ(j.steps(stage_index{1}).at(0).groups.at(0), numbered(2).id);
  EXPECT_EQ(j.setting("epoch"), "3");
  std::vector<std::uint64_t> order;
  j.for_each_group([&](const group& g) {
    order.push_back(g.id.cursor);
    return true;
  });
  EXPECT_EQ(order, (std::vector<std::uint64_t>{2, 10})); // big-endian: 2 before 10
}

TEST_F(Journal, EveryKindOfRecordComesBack) {
  const auto id = examples::an_id;
  write w;
  w.groups = {examples::a_group()};
  w.prompts = {{id, examples::a_prompt()}};
  w.samples = {{{id, 3}, examples::a_sample()}};
  w.judgements = {{{id, 3}, examples::a_judgement()}};
  w.step = examples::a_step();
  w.checkpoint = examples::a_checkpoint();
  w.stage = examples::a_stage();
  w.dataset = examples::a_manifest();
  w.records = {{"reasoning", examples::a_record()}};
  journal{folder_, open_mode::create}.commit(w, durability::wal);
  const journal j{folder_, open_mode::read_only};
  EXPECT_EQ(j.find_group(id), examples::a_group());
  EXPECT_EQ(j.find_prompt(id), examples::a_prompt());
  EXPECT_EQ(j.find_sample({id, 3}), examples::a_sample());
  EXPECT_EQ(j.find_judgement({id, 3}), examples::a_judgement());
  EXPECT_EQ(j.find_sample({id, 4}), std::nullopt);
  EXPECT_EQ(j.steps(stage_index{1}), std::vector{examples::a_step()});
  EXPECT_TRUE(j.steps(stage_index{2}).empty());
  EXPECT_EQ(j.checkpoints(stage_index{2}), std::vector{examples::a_checkpoint()});
  EXPECT_EQ(j.stages(), std::vector{examples::a_stage()});
  EXPECT_EQ(j.datasets(), std::vector{examples::a_manifest()});
  std::vector<dataset_record> records;
  const auto keep = [&](const dataset_record& one) {
    records.push_back(one);
    return true;
  };
  j.for_each_record("reasoning", keep);
  j.for_each_record("reason", keep); // another dataset, whose name the first one's begins with
  EXPECT_EQ(records, std::vector{examples::a_record()});
  EXPECT_TRUE(j.verify().empty());
}

TEST_F(Journal, AWriteThatCannotBeReadBackChangesNothing) {
  journal j{folder_, open_mode::create};
  auto bad = examples::a_sample();
  bad.logprobs.pop_back();
  EXPECT_EQ(code_of([&] {
              j.commit({.groups = {numbered(0)}, .samples = {{{numbered(0).id, 3}, bad}}}, durability::wal);
            }),
            errc::invalid);
  EXPECT_EQ(j.find_group(numbered(0).id), std::nullopt);
}

TEST_F(Journal, AForgottenCheckpointIsGone) {
  journal j{folder_, open_mode::create};
  j.commit({.checkpoint = examples::a_checkpoint()}, durability::disk);
  j.commit({.forgotten_checkpoints = {examples::a_checkpoint()}}, durability::disk);
  EXPECT_TRUE(j.checkpoints(stage_index{2}).empty());
}

TEST_F(Journal, AFlippedByteInABlobFileIsNamed) {
  auto long_one = examples::a_sample();
  long_one.text.clear();
  for (int i = 0; i < 20000; ++i) {
    long_one.text.push_back(static_cast<char>((i * i * 31 + i / 7) & 0xff)); // large enough for a blob file
  }
  auto g = numbered(5);
  g.members[1].submitted = true;
  {
    journal j{folder_, open_mode::create};
    j.commit({.groups = {g}, .samples = {{{g.id, 1}, long_one}}}, durability::disk);
  }
  journal{folder_, open_mode::existing}; // what the log held is written out on opening
  bool flipped = false;
  for (const auto& entry : std::filesystem::directory_iterator{folder_}) {
    if (entry.path().extension() == ".blob") {
      std::fstream file{entry.path(), std::ios::in | std::ios::out | std::ios::binary};
      file.seekg(1000);
      const char byte = static_cast<char>(file.get() ^ 1);
      file.seekp(1000);
      file.put(byte);
      flipped = true;
    }
  }
  ASSERT_TRUE(flipped);
  const journal j{folder_, open_mode::existing};
  EXPECT_EQ(code_of([&] { j.find_sample({g.id, 1}); }), errc::corrupt);
  const auto damaged = j.verify();
  ASSERT_EQ(damaged.size(), 1U);
  EXPECT_EQ(damaged[0].substr(0, 13), "sample 1t5/1:");
}

TEST_F(Journal, AStoreThatLostItsCurrentFileIsNotBegunAnew) {
  journal{folder_, open_mode::create}.commit({.groups = {numbered(0)}}, durability::disk);
  std::filesystem::remove(folder_ + "/CURRENT");
  EXPECT_EQ(code_of([&] { journal{folder_, open_mode::create}; }), errc::corrupt);
}

TEST_F(Journal, AFolderThatIsNoStoreIsRefused) {
  EXPECT_EQ(code_of([&] { journal{folder_, open_mode::existing}; }), errc::not_found);
  std::filesystem::create_directories(folder_);
  EXPECT_EQ(code_of([&] { journal{folder_, open_mode::existing}; }), errc::invalid);
}

TEST_F(Journal, AStoreInUseIsRefused) {
  const journal j{folder_, open_mode::create};
  EXPECT_EQ(code_of([&] { journal{folder_, open_mode::read_only}; }), errc::unavailable);
  EXPECT_EQ(code_of([&] { journal{folder_, open_mode::existing}; }), errc::unavailable);
}

TEST_F(Journal, ANewerFormatIsRefused) {
  {
    journal j{folder_, open_mode::create};
    j.commit({.settings = {{"format_version", "999"}}}, durability::disk);
  }
  const auto files = [&] {
    std::set<std::string> names;
    for (const auto& entry : std::filesystem::directory_iterator{folder_}) {
      names.insert(entry.path().filename());
    }
    return names;
  };
  const auto before = files();
  EXPECT_EQ(code_of([&] { journal{folder_, open_mode::existing}; }), errc::invalid);
  EXPECT_EQ(files(), before) << "nothing may change on disk";
}

TEST(Envelope, EveryFlippedByteIsFound) {
  const std::string sealed = seal("a payload");
  EXPECT_EQ(unseal(sealed, "here"), "a payload");
  for (std::size_t i = 0; i < sealed.size(); ++i) {
    std::string damaged = sealed;
    damaged[i] ^= 1;
    EXPECT_EQ(code_of([&] { unseal(damaged, "here"); }), errc::corrupt) << i;
  }
}

} // namespace
} // namespace troupe::store
