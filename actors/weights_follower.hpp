// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "actors/weights_board.hpp"
#include "gpu/engine.hpp"
#include "runtime/wire/client.hpp"

#include <chrono>
#include <map>
#include <memory>
#include <optional>
#include <string>

namespace troupe::actors {

/// Fills a generator's weights_board from the learner's weights_door: the latest version as soon as it is published,
/// and older ones that somebody looks for on the board. On the learner's host it maps the version file, elsewhere it
/// fetches the changed words, or all where it has not the version before. Words whose checksum does not hold never
/// reach the board; they are fetched again, whole. Goes on over a learner that is gone, and takes up the next one's
/// versions. Thread-safe.
class weights_follower {
public:
  struct options {
    std::shared_ptr<wire::client> client; ///< of the learner's weights server; it may be shared
    std::shared_ptr<weights_board> board;
    std::shared_ptr<gpu::backend> backend;
    std::optional<std::string> host;            ///< where this is; empty: maps no files. Unset: as it is
    std::chrono::milliseconds again_after{100}; ///< a failure, doubled each time
    std::chrono::milliseconds again_after_max{2'000};
  };
  /// What it has done, for metrics.
  struct counters {
    std::uint64_t mapped = 0; ///< versions, by the way they came
    std::uint64_t changed = 0;
    std::uint64_t full = 0;
    std::uint64_t bytes = 0;    ///< that came over the wire
    std::uint64_t rejected = 0; ///< by their checksum or form
    std::uint64_t failed = 0;   ///< requests, and versions this process cannot use
    std::string last_failure;   ///< in words
  };
  /// The version it published last on its board, for health.
  struct state {
    stage_index stage;
    policy_version version;
    std::chrono::steady_clock::time_point since;
  };

  explicit weights_follower(options o);
  /// Waits for no answer; within what it takes to check a version that has arrived.
  ~weights_follower();
  weights_follower(const weights_follower&) = delete;
  weights_follower& operator=(const weights_follower&) = delete;

  counters read() const;
  std::optional<state> latest() const; ///< nothing before the first

private:
  class loop;
  std::unique_ptr<loop> loop_;
};

/// The files of the run's tokenizer, content by name, as the learner's process has them. Asks until the deadline;
/// throws error(unavailable) then.
std::map<std::string, std::string> fetch_tokenizer(wire::client& client, std::chrono::milliseconds deadline);
/// Writes them into an existing folder. Throws error(resource_exhausted) or error(failed) naming
/// the file.
void write_tokenizer(const std::map<std::string, std::string>& files, const std::string& folder);

} // namespace troupe::actors
