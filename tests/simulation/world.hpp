// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "runtime/rollout/ledger.hpp"

#include <functional>
#include <map>
#include <queue>
#include <random>
#include <set>
#include <string>
#include <vector>

/// The whole loop on virtual time: a buffer (ledger and a map as its store), generators, verifiers and a learner, whose
/// messages are delayed, lost and doubled, and each of which dies and comes back. Everything follows from the seed.
namespace troupe::simulation {

struct settings {
  std::uint64_t seed = 0;
  bool faults = true;       ///< lost and doubled messages, deaths
  bool lag = true;          ///< generators learn of new weights late
  bool clock_jumps = false; ///< the wall clock goes forward and back by up to a day, at any moment
  std::uint64_t steps = 12; ///< the learner's goal
  rollout::ledger::stage_rules rules;
};

class world {
public:
  explicit world(const settings& s);

  /// Runs to the goal; the first broken promise, in words, or nothing.
  std::string run();

  /// Groups that more than one step consumed.
  std::uint64_t used_again() const {
    std::uint64_t n = 0;
    for (const auto& [id, uses] : uses_) {
      n += uses > 1 ? 1 : 0;
    }
    return n;
  }
  const rollout::group_counts& counts() const { return ledger_->counts(); }

private:
  using ms = rollout::monotonic_ms;
  struct worker {
    std::string name;
    incarnation life;
    policy_version weights; ///< generators: what they sample with
  };

  // -- virtual time ----------------------------------------------------------------------------------
  void at(ms delay, std::function<void()> what);
  ms delay(int most) { return ms{static_cast<int>(random_() % static_cast<std::uint64_t>(most)) + 1}; }
  /// Milliseconds of a clock that somebody sets.
  std::int64_t wall();
  bool chance(double p) { return settings_.faults && random_() % 10000 < static_cast<std::uint64_t>(p * 10000); }
  /// Delivers `what` to the buffer after a while: once, never, or twice.
  void send(std::function<void()> what);

  // -- roles -----------------------------------------------------------------------------------------
  rollout::caller caller(const worker& who) { return caller(who.name, who.life); }
  rollout::caller caller(const std::string& name, incarnation life) { return {name, life, now_, wall()}; }
  void generate(std::size_t who);
  void sample(std::size_t who, incarnation life, lease_id lease, const group& of);
  void verify(std::size_t who);
  void learn();
  void commit(incarnation life, epoch present, lease_id lease, const rollout::ledger::changes& batch);
  void tick();
  void reopen();
  void restart_learner();

  // -- the store and the promises ----------------------------------------------------------------------
  void write(const rollout::ledger::changes& groups);
  void check();
  void broken(const std::string& what);

  settings settings_;
  std::mt19937_64 random_;
  std::mt19937_64 wall_random_; ///< of its own, so that jumps leave all else as it is
  ms now_{0};
  std::uint64_t sent_ = 0;
  struct event {
    ms when;
    std::uint64_t order;
    std::function<void()> what;
    bool operator<(const event& o) const { return std::pair{when, order} > std::pair{o.when, o.order}; }
  };
  std::priority_queue<event> events_;
  std::optional<rollout::ledger> ledger_;
  std::map<group_id, group> store_;
  std::set<sample_id> samples_;
  std::map<group_id, std::uint32_t> uses_; ///< steps that consumed a group
  policy_version committed_;
  std::uint64_t lease_blocks_ = 0;
  epoch present_{0};
  std::vector<worker> generators_;
  std::vector<worker> verifiers_;
  worker learner_;
  std::uint64_t lives_ = 0;
  std::string problem_;
};

} // namespace troupe::simulation
