// SPDX-License-Identifier: Apache-2.0
#include "runtime/cluster/membership.hpp"

#include <algorithm>
#include <utility>

namespace troupe::cluster {

namespace {

constexpr std::size_t retired_lives_max =
    16; // of a name; an older zombie joins as a newcomer and loses against the heir

} // namespace

std::string to_string(member_state s) {
  return std::string{member_states.at(static_cast<std::size_t>(s))};
}

bool is_here(member_state s) {
  return s != member_state::lost && s != member_state::left;
}

bool is_rank(std::span<const std::string> ranks, const std::string& name) {
  return std::find(ranks.begin(), ranks.end(), name) != ranks.end();
}

bool membership::is_retired(const std::string& name, const incarnation& life) const {
  const auto it = retired_.find(name);
  return it != retired_.end() && std::find(it->second.begin(), it->second.end(), life) != it->second.end();
}

void membership::lose(entry& e, const std::string& reason) {
  e.state = member_state::lost;
  e.reason = reason;
  events_.push_back({event::kind::lost, e.who, reason});
}

instruction membership::join(const joiner& who, time_point now) {
  if (who.speaks != protocol) {
    return {order::leave,
            who.name + " speaks control protocol " + std::to_string(who.speaks) + ", the controller " +
                std::to_string(protocol) + "; run the same version of troupe everywhere",
            true};
  }
  if (!rules_.recipe.empty() && !who.recipe.empty() && who.recipe != rules_.recipe) {
    return {order::leave,
            who.name + " follows another recipe than the controller; give every process the run's recipe.yaml", true};
  }
  if (is_retired(who.name, who.life)) {
    return {order::leave, "another process is " + who.name + " by now", true};
  }
  if (!over_.empty()) {
    return {order::leave, over_};
  }
  if (const auto it = entries_.find(who.name); it != entries_.end()) {
    if (it->second.who.life == who.life && is_here(it->second.state)) { // asked twice, or the answer was lost
      it->second.heard = now;
      return {};
    }
    if (is_here(it->second.state)) {
      lose(it->second, "restarted");
    }
    if (it->second.who.life != who.life) {
      auto& gone = retired_[who.name];
      gone.push_back(it->second.who.life);
      if (gone.size() > retired_lives_max) {
        gone.pop_front();
      }
    }
  }
  entries_[who.name] = {.who = who, .heard = now};
  events_.push_back({event::kind::joined, who, ""});
  return {};
}

instruction membership::hear(const std::string& name, const incarnation& life, const sign_of_life& said,
                             time_point now) {
  if (is_retired(name, life)) {
    return {order::leave, "another process is " + name + " by now", true};
  }
  const auto it = entries_.find(name);
  if (it == entries_.end() || it->second.who.life != life || !is_here(it->second.state)) {
    return over_.empty() ? instruction{order::join_again, "the controller does not know " + name}
                         : instruction{order::leave, over_};
  }
  auto& e = it->second;
  e.heard = now;
  e.last = said;
  e.state = said.draining || e.drain_wanted ? member_state::draining : member_state::ready;
  if (!over_.empty()) {
    return {order::leave, over_};
  }
  return e.drain_wanted ? instruction{order::drain, "it was told to drain"} : instruction{};
}

void membership::leave(const std::string& name, const incarnation& life, const std::string& why, time_point now) {
  const auto it = entries_.find(name);
  if (it == entries_.end() || it->second.who.life != life || !is_here(it->second.state)) {
    return;
  }
  it->second.heard = now;
  it->second.state = member_state::left;
  it->second.reason = why;
  events_.push_back({event::kind::left, it->second.who, why});
}

void membership::expire(time_point now) {
  for (auto& [name, e] : entries_) {
    if (!is_here(e.state)) {
      continue;
    }
    const auto silent = std::chrono::duration_cast<milliseconds>(now - e.heard);
    if (silent >= rules_.timeout) {
      lose(e, "silent for " + std::to_string(silent.count() / 1000) + " s");
    } else if (silent > 2 * rules_.heartbeat) {
      e.state = member_state::silent;
    }
  }
}

bool membership::drain(const std::string& name) {
  const auto it = entries_.find(name);
  if (it == entries_.end() || !is_here(it->second.state)) {
    return false;
  }
  it->second.drain_wanted = true;
  return true;
}

std::vector<event> membership::take_events() {
  return std::exchange(events_, {});
}

std::vector<member> membership::members(time_point now) const {
  std::vector<member> all;
  for (const auto& [name, e] : entries_) {
    all.push_back({e.who, e.state, e.reason, e.last, std::chrono::duration_cast<milliseconds>(now - e.heard)});
  }
  return all;
}

bool membership::present(const std::string& name) const {
  const auto it = entries_.find(name);
  return it != entries_.end() && is_here(it->second.state);
}

} // namespace troupe::cluster
