// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "actors/weights_board.hpp"
#include "gpu/engine.hpp"
#include "runtime/wire/server.hpp"

#include <chrono>
#include <memory>
#include <string>

namespace troupe::actors {

/// Shows the learner's weights_board to generators of other processes (actors/weights_calls.hpp). To those of this host
/// it gives version files in memory; to others the changed words, where they have the publication before, else all.
/// All work is done on a thread of its own, never on the wire's.
///
/// It keeps no copy of the words but the files, and holds at most two publications beyond the board's: the one before
/// the latest, and one that somebody is still reading.
/// Thread-safe.
class weights_door {
public:
  struct options {
    std::shared_ptr<weights_board> board;
    std::shared_ptr<gpu::backend> backend;
    std::string tokenizer_folder;              ///< what `describe` hands out
    std::string shm_folder = "/dev/shm";       ///< the door makes a folder of its own in it; empty: no files
    incarnation life;                          ///< of this process
    std::chrono::milliseconds patience{1'500}; ///< of one who waits, until it hears that nothing is new
  };
  /// What it has done, for metrics.
  struct counters {
    std::uint64_t described = 0; ///< publications told of
    std::uint64_t files = 0;     ///< version files written
    std::uint64_t file_failures = 0;
    std::uint64_t changes = 0; ///< encoded
    std::uint64_t chunks = 0;
    std::uint64_t chunk_bytes = 0;
    std::string last_failure; ///< of a file, in words
  };

  explicit weights_door(options o);
  /// Requests that wait are refused; the files go.
  ~weights_door();
  weights_door(const weights_door&) = delete;
  weights_door& operator=(const weights_door&) = delete;

  /// For a wire::server of this process, which may outlive the door; `may_ask_weights` says who may ask what.
  wire::handler handler();
  counters read() const;
  /// Publications it holds beyond the board's.
  std::size_t held() const;

private:
  class desk;
  std::shared_ptr<desk> desk_;
};

} // namespace troupe::actors
