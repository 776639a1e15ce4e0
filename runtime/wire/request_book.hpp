// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "runtime/error.hpp"
#include "runtime/wire/message.hpp"

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <utility>
#include <vector>

namespace troupe::wire {

/// How a request ended: with a reply, or with a failure.
struct outcome {
  message reply;
  std::optional<error> failure;
  explicit operator bool() const noexcept { return !failure; }
};

/// The requests a client has not finished: which to send next, when to send again, when to give up.
///
/// Invariant: charged bytes <= credit. Sent in order of sequence. Sent again after `retransmit_after`, then after twice
/// that, and so on up to 30 s. Pure: the time is passed in. Not thread-safe.
class request_book {
public:
  using time_point = std::chrono::steady_clock::time_point;

  struct request {
    message what;
    time_point asked;
    time_point deadline;
    std::function<void(outcome)> done;
    std::size_t cost = 0; ///< bytes, envelope included
    unsigned sends = 0;
    bool charged = false;
    time_point resend_at{};
  };

  explicit request_book(std::chrono::milliseconds retransmit_after) : retransmit_after_(retransmit_after) {}

  /// Returns its sequence. `deadline` and `done` are the caller's.
  std::uint64_t add(request r);
  /// The server knows us: everything may be sent, within the credit.
  void welcome(std::size_t credit);
  /// The connection, or the server's memory of us, is gone: everything is to be sent again.
  void leave();

  /// The lowest sequence that is to be sent now; nothing when there is none, or no credit for it.
  std::optional<std::uint64_t> next() const;
  /// Something is to be sent for which there is no credit.
  bool blocked() const;
  /// Only when `blocked`, or `next` is something.
  std::uint64_t first_unsent() const { return *unsent_.begin(); }
  const request& at(std::uint64_t sequence) const { return requests_.at(sequence); }
  void sent(std::uint64_t sequence, time_point now);

  /// Takes it out; nothing when it is not, or no longer, waited for.
  std::optional<request> take(std::uint64_t sequence);
  /// Takes out those whose deadline has come.
  std::vector<std::pair<std::uint64_t, request>> expired(time_point now);
  /// Takes out all.
  std::vector<request> take_all();
  /// Those that were sent long ago are to be sent again; returns how many.
  std::size_t repeat(time_point now);

  /// When the next deadline or repetition is due.
  std::optional<time_point> next_timer() const;
  /// Below this sequence nothing is waited for.
  std::uint64_t settled() const { return requests_.empty() ? next_sequence_ : requests_.begin()->first; }
  std::size_t charged() const noexcept { return charged_; }
  std::size_t credit() const noexcept { return credit_; }
  bool empty() const noexcept { return requests_.empty(); }

private:
  using timer = std::pair<time_point, std::uint64_t>;
  request remove(std::map<std::uint64_t, request>::iterator at);

  const std::chrono::milliseconds retransmit_after_;
  std::map<std::uint64_t, request> requests_; ///< by sequence
  std::set<std::uint64_t> unsent_;
  std::set<timer> deadlines_;
  std::set<timer> repeats_;
  std::uint64_t next_sequence_ = 1;
  std::size_t credit_ = 0;
  std::size_t charged_ = 0;
};

} // namespace troupe::wire
