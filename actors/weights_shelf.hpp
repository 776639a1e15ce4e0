// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "actors/weights_board.hpp"
#include "actors/weights_calls.hpp"
#include "actors/weights_door.hpp"
#include "runtime/weights/version_folder.hpp"

#include <chrono>
#include <map>
#include <optional>
#include <string>

namespace troupe::actors {

/// What a weights_door can hand out: the publications of its board, the one before the latest, so that those who have
/// it need the changed words only, and one more that somebody is reading, so that a slow reader comes to an end however
/// often there is a new one.
/// Not thread-safe: its owner is the door's thread.
class weights_shelf {
public:
  using time_point = std::chrono::steady_clock::time_point;

  explicit weights_shelf(const weights_door::options& o);

  /// Takes over what has changed on the board, and lets go of what nobody needs.
  void refresh(time_point now);

  /// The latest, or the version that is asked for; nothing when there is none, or the asker has the latest already.
  std::optional<publication> latest_for(const await_weights_request& r);
  std::optional<publication> find_for(const await_weights_request& r);
  /// Throws error(not_found) for a publication or changes that are no longer here, error(invalid) for an offset behind
  /// the end.
  std::string chunk(const weights_chunk_request& r, time_point now);

  std::size_t held() const noexcept { return entries_.size() - on_board_; }
  const weights_door::counters& read() const noexcept { return counts_; }

private:
  struct entry {
    weights_board::published what;
    std::optional<std::uint64_t> checksum;
  };
  struct encoded_changes {
    std::uint64_t base = 0; ///< number
    std::uint64_t to = 0;
    std::string bytes; ///< empty: not worth sending
  };
  publication describe(entry& e, const await_weights_request& r);
  bool offer_file(entry& e, publication& p);
  std::uint64_t changes_since(const publication_id& have);

  const std::shared_ptr<weights_board> board_;
  const std::shared_ptr<gpu::backend> backend_;
  const incarnation life_;
  const std::string host_;
  std::optional<weights::version_folder> folder_;
  std::map<std::uint64_t, entry> entries_; ///< by number
  std::size_t on_board_ = 0;
  std::uint64_t latest_ = 0;
  std::uint64_t before_ = 0; ///< 0: nobody needs it
  bool changes_wanted_ = false;
  std::optional<encoded_changes> changes_;
  std::uint64_t reading_ = 0;
  time_point read_at_{};
  std::uint64_t without_file_ = 0; ///< publication whose file could not be written
  weights_door::counters counts_;
};

} // namespace troupe::actors
