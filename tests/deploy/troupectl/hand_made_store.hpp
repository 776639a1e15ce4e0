// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "runtime/store/journal.hpp"
#include "schema/codec.hpp"

#include <filesystem>
#include <string>
#include <unistd.h>
#include <utility>
#include <vector>
#include <xxhash.h>

namespace troupe::ctl {

/// Two groups of two samples that step 1 of stage 0 consumed, one collected group whose first sample is the one record
/// of a dataset, one queued group; held as a plain `store::write` so that a test can spoil it before it is written.
class hand_made_store {
public:
  explicit hand_made_store(const std::string& name)
      : run(std::filesystem::temp_directory_path() / (name + "-" + std::to_string(::getpid()))) {
    std::filesystem::remove_all(run);
    content.stage = stage_record{.stage = stage_index{0}, .name = "rl", .status = stage_status::running};
    for (std::uint64_t cursor = 0; cursor < 2; ++cursor) {
      add(judged({stage_index{0}, purpose::train, cursor}, group_state::trained));
      content.groups.back().trained_at = policy_version{1};
    }
    add(judged({stage_index{0}, purpose::collect, 0}, group_state::collected));
    content.groups.push_back({.id = {stage_index{0}, purpose::train, 2}, .task = "addition"});
    content.groups.back().members.resize(2);
    content.step = step_record{.stage = stage_index{0},
                               .version = policy_version{1},
                               .groups = {content.groups[0].id, content.groups[1].id},
                               .data_cursor = 3,
                               .metrics = R"({"kind":"step","loss":0.5,"reward":0.55})"};
    content.dataset = dataset_manifest{.name = "kept", .records = 1, .considered = 2};
    const sample_id source{content.groups[2].id, 0};
    content.records = {{"kept", {0, source, "addition", "1+1=", text_of(source), "2", 1.1}}};
  }
  ~hand_made_store() { std::filesystem::remove_all(run); }
  hand_made_store(const hand_made_store&) = delete;
  hand_made_store& operator=(const hand_made_store&) = delete;

  std::string store() const { return (run / "store").string(); }
  void write() const {
    store::journal j{store(), store::open_mode::create};
    j.commit(content, store::durability::disk);
  }
  /// Of the store as written, what retention does with content.groups[n].
  void forget(std::size_t n) const {
    auto g = content.groups[n];
    g.forgotten_ms = 1700000000999;
    store::journal{store(), store::open_mode::existing}.commit({.forgotten = {g}}, store::durability::disk);
  }
  static std::string text_of(const sample_id& id) { return "<answer>2</answer> of " + to_string(id); }

  std::filesystem::path run;
  troupe::store::write content;

private:
  void add(const group& g) {
    content.groups.push_back(g);
    content.prompts.push_back({g.id, {.task = "addition", .text = "1+1=", .answer = "2"}});
  }

  /// Sample 0 is correct with reward 1.1, sample 1 is wrong with reward 0.
  group judged(const group_id& id, group_state state) {
    group g{.id = id, .state = state, .task = "addition"};
    for (std::uint32_t i = 0; i < 2; ++i) {
      const sample s{.index = i,
                     .tokens = {4, 5, 6},
                     .logprobs = {-0.5F, -0.25F, -0.125F},
                     .loss_mask = {1, 1, 1},
                     .segments = {{.begin = 0, .end = 3}},
                     .text = text_of({id, i})};
      const auto bytes = encode(s);
      const auto verdict = i == 0 ? verdict_kind::correct : verdict_kind::incorrect;
      const double reward = i == 0 ? 1.1 : 0.0;
      g.members.push_back({.submitted = true,
                           .num_tokens = 3,
                           .verdict = verdict,
                           .reward = reward,
                           .checksum = XXH3_64bits(bytes.data(), bytes.size())});
      g.history.push_back({state, 1700000000123, "verifier-0"});
      content.samples.push_back({{id, i}, s});
      content.judgements.push_back(
          {{id, i},
           {verdict,
            reward,
            {{"exact", i == 0 ? 1.0 : 0.0, 1.0, verdict, "2 = 2"}, {"format", i == 0 ? 1.0 : 0.0, 0.1}}}});
    }
    return g;
  }
};

} // namespace troupe::ctl
