// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "gpu/engine.hpp"
#include "schema/ids.hpp"

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <utility>
#include <vector>

namespace troupe::actors {

/// Where the learner publishes its versions and generators find them, inside one process: shared pointers, no copy.
/// In the learner's process it keeps the latest version and those that are pinned by an evaluation or a collection, and
/// a weights_door shows it to other processes. There a weights_follower fills it: with the latest version, and with the
/// two that were fetched last because somebody looked for them. Safe from any thread.
class weights_board {
public:
  using name = std::pair<stage_index, policy_version>;
  using shared_weights = std::shared_ptr<const gpu::weights>;

  /// What was published as the `number`th on this board, from 1: the same version may be published again with other
  /// words.
  struct published {
    std::uint64_t number = 0;
    stage_index stage;
    shared_weights what;
  };

  void publish(stage_index stage, shared_weights w);
  /// Keeps a version, which must be the latest, until `unpin`.
  void pin(stage_index stage, policy_version version);
  void unpin(stage_index stage, policy_version version);

  /// The latest version; null before the first. Its stage is in `stage`.
  shared_weights latest() const;
  stage_index stage() const;
  /// A version that is latest, pinned or fetched; null otherwise.
  shared_weights find(stage_index stage, policy_version version) const;
  /// The same; one that is not here is wanted from now on, while fewer than two are.
  shared_weights find_or_want(stage_index stage, policy_version version);

  /// The latest publication, number 0 before the first, and all that are kept, it among them.
  published latest_published() const;
  std::vector<published> all_published() const;

  /// What was looked for within the last `wanted_for` and is not here.
  std::vector<name> wanted() const;
  static constexpr std::chrono::seconds wanted_for{10};
  /// Fetched because it was wanted; it goes when two newer ones were fetched.
  void add_fetched(stage_index stage, shared_weights w);
  /// Another learner has taken over, whose versions may have other words: what was fetched from the one before goes.
  void forget_fetched();

  /// Calls `changed` after each change of what is kept, pinned or wanted, on the thread that made it, until the token
  /// goes; when it is gone no call is under way. `changed` must not block, nor subscribe.
  using subscription = std::shared_ptr<void>;
  [[nodiscard]] subscription subscribe(std::function<void()> changed);

private:
  using clock = std::chrono::steady_clock;
  /// Shared with the tokens, which may outlive the board.
  struct listeners {
    std::mutex mutex;
    std::uint64_t next = 0;
    std::map<std::uint64_t, std::function<void()>> all;
  };
  struct want {
    name what;
    clock::time_point asked;
  };
  bool is_held(const name& n) const;
  void put(const name& n, shared_weights w);
  void notify() const;

  mutable std::mutex mutex_;
  name latest_;
  std::uint64_t numbers_ = 0;
  std::set<name> pinned_;
  std::vector<name> fetched_; ///< oldest first
  std::map<name, published> kept_;
  std::vector<want> wanted_;
  const std::shared_ptr<listeners> listeners_ = std::make_shared<listeners>();
};

} // namespace troupe::actors
