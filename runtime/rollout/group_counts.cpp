// SPDX-License-Identifier: Apache-2.0
#include "runtime/rollout/group_counts.hpp"

#include "runtime/check.hpp"

#include <numeric>

namespace troupe::rollout {

namespace {

std::uint64_t& counter(group_counts& c, const group& g) noexcept {
  switch (g.state) {
  case group_state::queued:
  case group_state::generating:
  case group_state::generated:
  case group_state::verifying:
    return c.pending;
  case group_state::ready:
    return c.ready;
  case group_state::leased:
    return c.leased;
  case group_state::trained:
    return c.trained;
  case group_state::collected:
    return c.collected;
  case group_state::scored:
    return c.scored;
  case group_state::dropped:
    break;
  }
  return c.dropped[static_cast<std::size_t>(g.dropped)];
}

} // namespace

std::uint64_t group_counts::dropped_total() const noexcept {
  return std::accumulate(dropped.begin(), dropped.end(), std::uint64_t{0});
}

void group_counts::add(const group& g) noexcept {
  ++issued;
  ++counter(*this, g);
}

void group_counts::move(const group& before, const group& after) noexcept {
  auto& from = counter(*this, before);
  TROUPE_CHECK(from > 0, "group ", to_string(before.id), " leaves ", to_string(before.state), ", which counts none");
  --from;
  ++counter(*this, after);
}

std::string fate(const group& g, const member& m) {
  if (m.dropped != drop_reason::none) {
    return "dropped:" + to_string(m.dropped);
  }
  switch (g.state) {
  case group_state::queued:
  case group_state::generating:
  case group_state::generated:
  case group_state::verifying:
    return "pending";
  case group_state::dropped:
    return "dropped:" + to_string(g.dropped);
  case group_state::ready:
  case group_state::leased:
  case group_state::trained:
  case group_state::collected:
  case group_state::scored:
    break;
  }
  return to_string(g.state);
}

} // namespace troupe::rollout
