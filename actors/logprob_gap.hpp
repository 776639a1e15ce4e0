// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "actors/messages.hpp"
#include "gpu/engine.hpp"
#include "runtime/text/tokenizer.hpp"

#include <map>
#include <memory>

namespace troupe::actors {

/// Measures on every step how far sampler and trainer are apart: a few samples of the batch are scored again, whole, by
/// the trainer's forward under the very weights that sampled them, so that what the policy learned meanwhile does not
/// count. Keeps as many versions as samples may be old. Not thread-safe: its owner is the learner.
class logprob_gap {
public:
  using shared_weights = std::shared_ptr<const gpu::weights>;

  /// `w` is what generators sample with from now on.
  void published(const shared_weights& w, std::uint32_t max_staleness);
  /// Forgets all versions: another stage begins.
  void clear() { kept_.clear(); }

  /// `logprob_gap_max` and `logprob_gap_mean`, over tokens, natural log; nothing when no sample of the batch was
  /// sampled with one version that is still kept.
  gpu::figures measure(const batch& what, double temperature, const text::tokenizer& tokenizer, gpu::backend& by) const;

private:
  std::map<policy_version, shared_weights> kept_;
};

} // namespace troupe::actors
