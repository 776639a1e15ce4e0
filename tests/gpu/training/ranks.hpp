// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "gpu/training/torch_collective.hpp"

#include <chrono>
#include <exception>
#include <functional>
#include <string>
#include <thread>
#include <vector>

namespace troupe::gpu {

/// What became of each rank: null where it ended well.
using outcomes = std::vector<std::exception_ptr>;

/// Runs `body` on `size` ranks, each a thread of its own that joined a collective over the loopback interface.
inline outcomes on_ranks(std::uint32_t size, const std::function<void(std::shared_ptr<torch_collective>)>& body,
                         std::chrono::milliseconds deadline = std::chrono::seconds{60}) {
  const auto place = open_store_meeting("127.0.0.1");
  outcomes ended(size);
  std::vector<std::thread> ranks;
  for (std::uint32_t rank = 0; rank < size; ++rank) {
    ranks.emplace_back([&, rank] {
      try {
        body(join_gloo({.address = place->address(), .rank = rank, .size = size, .deadline = deadline}));
      } catch (...) {
        ended[rank] = std::current_exception();
      }
    });
  }
  for (auto& one : ranks) {
    one.join();
  }
  return ended;
}

/// Throws what the first failed rank threw.
inline void all_well(const outcomes& ended) {
  for (const auto& one : ended) {
    if (one) {
      std::rethrow_exception(one);
    }
  }
}

} // namespace troupe::gpu
