// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "runtime/wire/message.hpp"

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace troupe::wire {

/// An answer as it is sent: the encoded envelope and the parts.
struct answer {
  std::string head;
  std::vector<part> parts;

  std::size_t bytes() const noexcept; ///< in memory, with what keeps it
};

/// What a server knows of one peer's requests: those in progress, and its last answers, so that a request that comes
/// again is answered again and handled once.
///
/// Invariants: charged bytes <= credit; bytes of all in progress, cancelled ones too, <= 2 * credit; remembered bytes
/// <= `remembered_bytes`, but for the last answer. Pure: no I/O, no clock. Not thread-safe.
class answer_book {
public:
  struct options {
    std::size_t credit_bytes = 0;
    std::size_t remembered_bytes = 0;
  };
  enum class arrival : std::uint8_t {
    fresh,       ///< now in progress: to be handled
    in_progress, ///< came again: its answer will come
    answered,    ///< came again: send find(sequence) again, unless it was cancelled
    forgotten,   ///< answered once, or given up, and no longer remembered
    over_credit,
  };

  explicit answer_book(options opts) : options_(opts) {}

  /// `cost`: bytes of the request, envelope included.
  arrival arrive(std::uint64_t sequence, std::size_t cost);
  /// The peer waits for nothing below: answers are forgotten.
  void settle(std::uint64_t below);
  /// The peer no longer waits: its credit is free again. What is in progress stays until it is answered.
  void cancel(std::uint64_t sequence);
  /// A new connection: only what the peer sends again is charged.
  void reconnect();

  /// Nothing when the sequence is not in progress, or cancelled. The answer stays valid until the next call.
  const answer* reply(std::uint64_t sequence, answer what);
  const answer* find(std::uint64_t sequence) const;

  std::size_t charged() const noexcept { return charged_; }
  std::size_t remembered() const noexcept { return remembered_; }

private:
  struct entry {
    std::size_t cost = 0;
    bool charged = false;
    bool cancelled = false;
    bool answered = false;
    answer what;
  };
  void uncharge(entry& e);
  void forget_oldest(std::uint64_t but);

  options options_;
  std::map<std::uint64_t, entry> entries_;
  std::uint64_t known_from_ = 0; ///< below, what has no entry is forgotten
  std::size_t charged_ = 0;
  std::size_t in_progress_ = 0; ///< bytes, charged or not
  std::size_t remembered_ = 0;
};

} // namespace troupe::wire
