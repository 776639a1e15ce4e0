// SPDX-License-Identifier: Apache-2.0
#include "runtime/rollout/group_machine.hpp"

#include "runtime/rollout/payload_bytes.hpp"

#include <algorithm>

namespace troupe::rollout {

namespace {

using result = std::optional<group>;

struct transition {
  const group& before;
  std::int64_t at_ms;

  /// The group in state `to`, if it may come there from `from`.
  result move(std::initializer_list<group_state> from, group_state to, std::string by = {}) const {
    if (std::find(from.begin(), from.end(), before.state) == from.end()) {
      return std::nullopt;
    }
    group g = before;
    g.state = to;
    g.history.push_back({to, at_ms, std::move(by)});
    return g;
  }

  result to_lease(group_state from, group_state to, lease_id lease, const std::string& worker) const {
    auto g = move({from}, to, worker);
    if (g) {
      g->lease = lease;
    }
    return g;
  }

  result release(group_state from, group_state to, const std::string& why) const {
    auto g = move({from}, to, why);
    if (g) {
      g->lease = lease_id{};
    }
    return g;
  }

  result operator()(const event::lease_for_generation& e) const {
    return to_lease(group_state::queued, group_state::generating, e.lease, e.worker);
  }
  result operator()(const event::submit_sample& e) const {
    if (before.state != group_state::generating || e.index >= before.members.size() ||
        before.members[e.index].submitted || !e.filled.submitted) {
      return std::nullopt;
    }
    group g = before;
    g.members[e.index] = e.filled;
    g.members[e.index].dropped = before.members[e.index].dropped;
    g.payload_bytes += e.bytes;
    return g;
  }
  result operator()(const event::keep_partial& e) const {
    if (before.state != group_state::generating || e.index >= before.members.size() ||
        before.members[e.index].submitted || !has_partial(e.begun)) {
      return std::nullopt;
    }
    group g = before;
    g.members[e.index] = e.begun;
    g.members[e.index].dropped = before.members[e.index].dropped;
    return g;
  }
  result operator()(const event::generation_lost& e) const {
    return release(group_state::generating, group_state::queued, e.why);
  }
  result operator()(const event::generation_finished& e) const {
    const bool whole = std::all_of(before.members.begin(), before.members.end(), [](auto& m) { return m.submitted; });
    return whole ? release(group_state::generating, group_state::generated, e.worker) : std::nullopt;
  }
  result operator()(const event::lease_for_verification& e) const {
    return to_lease(group_state::generated, group_state::verifying, e.lease, e.worker);
  }
  result operator()(const event::verification_lost& e) const {
    return release(group_state::verifying, group_state::generated, e.why);
  }
  result operator()(const event::submit_verdict& e) const {
    if (before.state != group_state::verifying || before.outstanding_parts == 0 ||
        e.members.size() != before.members.size()) {
      return std::nullopt;
    }
    const bool last = before.outstanding_parts == 1;
    auto g = release(group_state::verifying, last ? group_state::ready : group_state::generated, e.worker);
    --g->outstanding_parts;
    for (std::size_t i = 0; i < e.members.size(); ++i) {
      auto& m = g->members[i];
      m.reward += e.members[i].reward;
      g->payload_bytes += payload_bytes(e.members[i]);
      const auto said = e.members[i].verdict;
      const bool first = m.verdict == verdict_kind::none;
      const bool overrules =
          said == verdict_kind::undecided || (said == verdict_kind::incorrect && m.verdict == verdict_kind::correct);
      m.verdict = first || overrules ? said : m.verdict;
    }
    return g;
  }
  result operator()(const event::lease_for_training& e) const {
    return before.id.why == purpose::train ? to_lease(group_state::ready, group_state::leased, e.lease, e.worker)
                                           : std::nullopt;
  }
  result operator()(const event::training_lost& e) const {
    return release(group_state::leased, group_state::ready, e.why);
  }
  result operator()(const event::commit& e) const {
    const bool last = before.uses + 1 >= before.max_reuse;
    auto g = release(group_state::leased, last ? group_state::trained : group_state::ready, {});
    if (g) {
      g->trained_at = e.version;
      ++g->uses;
    }
    return g;
  }
  result operator()(const event::retire&) const {
    return before.uses > 0 ? move({group_state::ready}, group_state::trained) : std::nullopt;
  }
  result operator()(const event::collect&) const {
    return before.id.why == purpose::collect ? move({group_state::ready}, group_state::collected) : std::nullopt;
  }
  result operator()(const event::score&) const {
    return before.id.why == purpose::eval ? move({group_state::ready}, group_state::scored) : std::nullopt;
  }
  result operator()(const event::drop& e) const {
    if (is_final(before.state) || e.reason == drop_reason::none || before.uses > 0) {
      return std::nullopt;
    }
    group g = before;
    g.state = group_state::dropped;
    g.dropped = e.reason;
    g.lease = lease_id{};
    g.history.push_back({group_state::dropped, at_ms, to_string(e.reason)});
    return g;
  }
  result operator()(const event::drop_member& e) const {
    if (is_final(before.state) || e.index >= before.members.size() || e.reason == drop_reason::none ||
        before.members[e.index].dropped != drop_reason::none) {
      return std::nullopt;
    }
    group g = before;
    g.members[e.index].dropped = e.reason;
    return g;
  }
  result operator()(const event::release& e) const {
    if (before.state != group_state::dropped || before.dropped != drop_reason::corrupt) {
      return std::nullopt;
    }
    const bool whole = std::all_of(before.members.begin(), before.members.end(), [](auto& m) { return m.submitted; });
    const auto supported = !whole                         ? group_state::queued
                           : before.outstanding_parts > 0 ? group_state::generated
                                                          : group_state::ready;
    group g = before;
    g.state = supported;
    g.dropped = drop_reason::none;
    g.history.push_back({supported, at_ms, e.who});
    return g;
  }
  result operator()(const event::forget&) const {
    if (!is_final(before.state) || is_set_aside(before) || before.forgotten_ms != 0) {
      return std::nullopt;
    }
    group g = before;
    g.forgotten_ms = at_ms;
    return g;
  }
};

} // namespace

bool is_final(group_state s) noexcept {
  return s == group_state::trained || s == group_state::collected || s == group_state::scored ||
         s == group_state::dropped;
}

bool is_judged(const group& g) noexcept {
  return g.state >= group_state::ready && g.outstanding_parts == 0;
}

bool is_set_aside(const group& g) noexcept {
  return g.dropped == drop_reason::corrupt || g.dropped == drop_reason::operator_request;
}

std::optional<group> apply(const group& before, const group_event& what, std::int64_t at_ms) {
  return std::visit(transition{before, at_ms}, what);
}

std::optional<group_event> lease_lost(group_state in, std::string why) {
  switch (in) {
  case group_state::generating:
    return event::generation_lost{std::move(why)};
  case group_state::verifying:
    return event::verification_lost{std::move(why)};
  case group_state::leased:
    return event::training_lost{std::move(why)};
  default:
    return std::nullopt;
  }
}

judgement judge_from_parts(std::vector<reward_part> parts) {
  judgement j;
  for (const auto& part : parts) {
    if (part.verdict != verdict_kind::undecided) {
      j.reward += part.weight * part.value;
    }
    const bool stronger = part.verdict == verdict_kind::undecided ||
                          (part.verdict == verdict_kind::incorrect && j.verdict != verdict_kind::undecided) ||
                          (part.verdict == verdict_kind::correct && j.verdict == verdict_kind::none);
    if (part.verdict != verdict_kind::none && stronger) {
      j.verdict = part.verdict;
    }
  }
  j.parts = std::move(parts);
  return j;
}

} // namespace troupe::rollout
