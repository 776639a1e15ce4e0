// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <utility>

/// What the ranks of one trainer, each in a thread or process of its own, need to find each other. No torch type here.
namespace troupe::gpu {

/// The place where ranks find each other, opened by rank 0 and kept as long as their collective is in use.
class meeting {
public:
  virtual ~meeting() = default;
  /// "HOST:PORT", as the ranks are told.
  virtual std::string address() const = 0;
};

/// One rank's place in a collective.
struct seat {
  std::string address;            ///< of the meeting
  std::string host = "127.0.0.1"; ///< on which the other ranks reach this one
  std::uint32_t rank = 0;
  std::uint32_t size = 1;
  std::chrono::milliseconds deadline{600'000};   ///< for the others to come to the same operation
  std::chrono::milliseconds join_within{60'000}; ///< for them to come to the meeting; at most `deadline`
};

/// The ranks that train together. Every operation is called by all of them in the same order, and none takes longer
/// than `deadline`: where a rank is dead, hung or out of step the others get error(unavailable). A collective that has
/// failed once fails for ever, and at once; its ranks join a new one. Destroying it tells the others that this rank is
/// gone. Not thread-safe: its rank's thread owns it.
class collective {
public:
  explicit collective(seat taken) : seat_(std::move(taken)) {}
  virtual ~collective() = default;
  collective(const collective&) = delete;
  collective& operator=(const collective&) = delete;

  std::uint32_t rank() const noexcept { return seat_.rank; }
  std::uint32_t size() const noexcept { return seat_.size; }
  std::chrono::milliseconds deadline() const noexcept { return seat_.deadline; }

private:
  seat seat_;
};

} // namespace troupe::gpu
