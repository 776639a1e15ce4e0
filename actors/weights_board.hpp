// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "gpu/engine.hpp"
#include "schema/ids.hpp"

#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <utility>

namespace troupe::actors {

/// Where the learner publishes its versions and generators fetch them, inside one process: shared pointers, no copy.
/// Keeps the latest version and those that are pinned by an evaluation or a collection. Safe from any thread.
class weights_board {
public:
  using name = std::pair<stage_index, policy_version>;
  using shared_weights = std::shared_ptr<const gpu::weights>;

  void publish(stage_index stage, shared_weights w);
  /// Keeps a version, which must be the latest, until `unpin`.
  void pin(stage_index stage, policy_version version);
  void unpin(stage_index stage, policy_version version);

  /// The latest version; null before the first. Its stage is in `stage`.
  shared_weights latest() const;
  stage_index stage() const;
  /// A version that is latest or pinned; null otherwise.
  shared_weights find(stage_index stage, policy_version version) const;

private:
  mutable std::mutex mutex_;
  name latest_;
  std::set<name> pinned_;
  std::map<name, shared_weights> kept_;
};

} // namespace troupe::actors
