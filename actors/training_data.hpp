// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "actors/buffer_service.hpp"
#include "actors/messages.hpp"
#include "gpu/engine.hpp"
#include "runtime/text/tokenizer.hpp"

#include <map>
#include <memory>
#include <string>
#include <vector>

namespace troupe::actors {

/// Supervised examples of one stage: demonstrations of its tasks mixed with stored datasets. Example `n` is a function
/// of (run seed, stage, n) alone, so a step can be repeated. Not thread-safe.
class training_data {
public:
  using records = std::map<std::string, payload<std::vector<dataset_record>>>;

  training_data(const config::recipe& what, stage_index stage, const source_map& sources, records datasets,
                std::shared_ptr<const text::tokenizer> tokenizer);

  gpu::training_sequence example(std::uint64_t n);

private:
  const config::stage_spec& spec_;
  std::uint64_t seed_;
  const source_map& sources_;
  records datasets_;
  std::shared_ptr<const text::tokenizer> tokenizer_;
  task::mixture mixture_;
};

/// A leased batch as training sequences with their advantages, whole groups shared out to `ranks` ranks. Members
/// dropped from their group are left out. The same on every rank.
std::vector<gpu::training_sequence> to_sequences(const batch& what, const config::stage_spec& spec,
                                                 const text::tokenizer& tokenizer, std::uint32_t ranks = 1);

/// The batch's own figures, under the names of metrics.jsonl: reward, accuracy, lengths, staleness, ...
gpu::figures describe(const batch& what, const config::stage_spec& spec, policy_version learner);

} // namespace troupe::actors
