// SPDX-License-Identifier: Apache-2.0
#include "runtime/rollout/staleness_gate.hpp"

#include <algorithm>

namespace troupe::rollout {

staleness_gate::staleness_gate(options opts) : opts_(opts) {}

std::uint64_t staleness_gate::capacity(policy_version version, const group_counts& counts) const noexcept {
  const std::uint64_t consumed = opts_.replay ? 0 : version.value;
  const std::uint64_t allowed = (opts_.max_staleness + consumed + 1) * opts_.groups_per_batch;
  const std::uint64_t alive = counts.pending + counts.ready + counts.leased;
  const std::uint64_t taken = opts_.replay ? alive : alive + counts.trained;
  return allowed > taken ? allowed - taken : 0;
}

std::uint64_t staleness_gate::staleness(const group& g, policy_version learner) noexcept {
  std::uint64_t most = 0;
  for (const auto& m : g.members) {
    most = std::max(most, m.submitted ? staleness(m, learner) : 0);
  }
  return most;
}

std::uint64_t staleness_gate::staleness(const member& sampled, policy_version learner) noexcept {
  return sampled.oldest < learner ? learner.value - sampled.oldest.value : 0;
}

bool staleness_gate::too_old(const group& g, policy_version learner) const noexcept {
  return staleness(g, learner) > opts_.max_staleness;
}

policy_version staleness_gate::last_use(policy_version oldest) const noexcept {
  return policy_version{oldest.value + opts_.max_staleness};
}

policy_version staleness_gate::oldest_usable(policy_version learner) const noexcept {
  return policy_version{learner.value - std::min<std::uint64_t>(learner.value, opts_.max_staleness)};
}

} // namespace troupe::rollout
