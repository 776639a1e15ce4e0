// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "runtime/check.hpp"

#include <cstdint>
#include <initializer_list>

namespace troupe::data {

/// The finalizer of splitmix64: a bijection of 64-bit words that scatters neighbouring inputs.
/// Source: Steele, Lea and Flood, "Fast splittable pseudorandom number generators", OOPSLA 2014.
constexpr std::uint64_t splitmix64(std::uint64_t x) noexcept {
  x += 0x9e3779b97f4a7c15ULL;
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9ULL;
  x = (x ^ (x >> 27)) * 0x94d049bb133111ebULL;
  return x ^ (x >> 31);
}

/// Random numbers that are a function of a key and a counter alone: the same key gives the same numbers again, on every
/// machine. Two keys that differ in one part give unrelated numbers. Value type; not thread-safe.
class counter_random {
public:
  constexpr counter_random(std::initializer_list<std::uint64_t> key) noexcept {
    for (const auto part : key) {
      key_ = splitmix64(key_ ^ part) + 0x9e3779b97f4a7c15ULL;
    }
  }

  constexpr std::uint64_t next() noexcept { return splitmix64(key_ ^ splitmix64(counter_++)); }

  /// Uniform in [0, n), without bias; n > 0.
  std::uint64_t below(std::uint64_t n) {
    TROUPE_CHECK(n > 0);
    const std::uint64_t refused = (0 - n) % n; // so many of the lowest words would favour small results
    std::uint64_t word = next();
    while (word < refused) {
      word = next();
    }
    return word % n;
  }

  /// Uniform in [low, high], both included.
  std::int64_t between(std::int64_t low, std::int64_t high) {
    TROUPE_CHECK(low <= high, low, " > ", high);
    return low + static_cast<std::int64_t>(below(static_cast<std::uint64_t>(high - low) + 1));
  }

  /// Uniform in [0, 1): 53 bits.
  constexpr double uniform() noexcept { return static_cast<double>(next() >> 11) * 0x1.0p-53; }

private:
  std::uint64_t key_ = 0;
  std::uint64_t counter_ = 0;
};

/// The place of `index` in an order of [0, n) that `key` chooses: a bijection, computed without storing the order.
std::uint64_t permuted(std::uint64_t index, std::uint64_t n, std::uint64_t key);

} // namespace troupe::data
