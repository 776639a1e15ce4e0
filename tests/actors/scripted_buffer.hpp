// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "actors/interfaces.hpp"

#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace troupe::actors {

/// What a scripted buffer answers, and what it was asked. Each queue gives one answer a request; an empty one answers
/// that there is nothing to do. Set and read by the test.
struct buffer_script {
  std::deque<lease_prompts_reply> prompts;
  std::deque<lease_generated_reply> generated;
  std::deque<lease_batch_reply> batches;
  std::deque<rollout::submit_result> commits;   ///< empty: created
  std::deque<rollout::submit_result> submitted; ///< of samples; empty: created
  std::deque<rollout::submit_result> renewals;  ///< empty: created
  std::deque<rollout::submit_result> judged;    ///< of verdicts; empty: created
  std::map<std::vector<group_id>, payload<batch>> stored;
  std::map<std::string, payload<std::vector<dataset_record>>> datasets;
  std::vector<step_record> steps;   ///< recorded ones, of any stage
  std::optional<std::string> fails; ///< the words of the error that every request is answered with

  std::vector<lease_prompts_request> asked_prompts;
  std::vector<lease_generated_request> asked_generated;
  std::vector<submit_samples_request> samples;
  std::vector<submit_verdict_request> verdicts;
  std::vector<hand_back_request> handed_back;
  std::vector<renew_request> renewed;
  std::size_t asked_batches = 0;
  std::vector<commit_request> committed;
  std::vector<std::vector<group_id>> read;
  std::vector<record_request> recorded;
};

/// A buffer without journal and ledger. What it has no script for is answered with an error.
buffer_actor::behavior_type scripted_buffer(buffer_actor::pointer self, std::shared_ptr<buffer_script> script);

} // namespace troupe::actors
