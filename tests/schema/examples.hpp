// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "schema/dataset.hpp"
#include "schema/rollout.hpp"
#include "schema/step.hpp"

/// One filled-in value of each kind of record: no field keeps its default where another value is possible.
namespace troupe::examples {

inline const group_id an_id{stage_index{1}, purpose::collect, 42, 1};

inline prompt a_prompt() {
  return {.task = "addition",
          .from = split::heldout,
          .index = 7,
          .text = "964+494=",
          .messages = {{"system", "Add."}, {"user", "964+494="}},
          .answer = "1458",
          .metadata = R"({"digits":3})"};
}

inline sample a_sample() {
  return {.index = 3,
          .tokens = {5, -1, 2147483647},
          .logprobs = {-0.5F, -1.25F, 0.0F},
          .loss_mask = {1, 0, 1},
          .segments = {{segment_source::policy, 0, 1, policy_version{4}},
                       {segment_source::environment, 1, 2, policy_version{}},
                       {segment_source::policy, 2, 3, policy_version{5}}},
          .finish = finish_reason::length,
          .text = std::string{"a\0\xff", 3}};
}

inline judgement a_judgement() {
  return {.verdict = verdict_kind::incorrect,
          .reward = 0.1,
          .parts = {{"exact", 0, 1, verdict_kind::incorrect, "1457 is not 1458"},
                    {"format", 1, 0.1, verdict_kind::none, ""}}};
}

inline group a_group() {
  group g{.id = an_id,
          .state = group_state::dropped,
          .dropped = drop_reason::operator_request,
          .task = "addition",
          .prompt_index = 7,
          .sampling_seed = 0xfeedfacecafebeefULL,
          .issued_at = policy_version{9},
          .pinned = policy_version{0},
          .evaluation = 2,
          .outstanding_parts = 1,
          .lease = lease_id{77},
          .trained_at = policy_version{10}};
  g.members = {{true, 33, finish_reason::length, policy_version{8}, policy_version{9}, verdict_kind::correct, 1.1,
                drop_reason::none, 0x0123456789abcdefULL},
               {.dropped = drop_reason::truncated}};
  g.history = {{group_state::queued, 1700000000000, ""}, {group_state::generating, 1700000000001, "generator-0"}};
  g.uses = 2;
  g.max_reuse = 3;
  g.forgotten_ms = 1700000000002;
  g.payload_bytes = 4097;
  return g;
}

inline step_record a_step() {
  return {.stage = stage_index{1},
          .version = policy_version{12},
          .branch = 1,
          .groups = {{stage_index{1}, purpose::train, 3, 0}, {stage_index{1}, purpose::train, 4, 0}},
          .data_cursor = 99,
          .random_state = 5,
          .skipped = true,
          .metrics = R"({"loss":0.5})"};
}

inline checkpoint_record a_checkpoint() {
  return {.stage = stage_index{2},
          .version = policy_version{20},
          .branch = 3,
          .folder = "checkpoints/final_rl/step-000020",
          .manifest_hash = 0xdeadbeefULL,
          .validation = 0.75};
}

inline stage_record a_stage() {
  return {.stage = stage_index{2},
          .name = "final_rl",
          .status = stage_status::finished,
          .start_checkpoint = "checkpoints/sft/step-000100",
          .note = "steps reached"};
}

inline dataset_record a_record() {
  return {.index = 5,
          .source = sample_id{an_id, 3},
          .task = "addition",
          .prompt = "1+1=",
          .completion = "2",
          .answer = "2",
          .reward = 1.1};
}

inline dataset_manifest a_manifest() {
  return {.name = "reasoning",
          .version = 2,
          .records = 245,
          .stage = stage_index{2},
          .step = 8,
          .policy = policy_version{60},
          .policy_checkpoint = "checkpoints/reasoning_rl/step-000060",
          .verifiers = {"exact/1", "format/1"},
          .filter = "correct",
          .seed = 11,
          .parents = {"general@1"},
          .considered = 1024};
}

} // namespace troupe::examples
