// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>

namespace troupe::wire {

/// What a server bears of each peer, and of all together.
struct limits {
  std::size_t frame_bytes_max = 64UL << 20;
  std::size_t parts_max = 8;
  std::size_t message_bytes_max = 64UL << 20;
  std::size_t peers_max = 4096;
  std::size_t credit_bytes = 64UL << 20;      ///< of requests a peer waits for; each counts envelope_cost more
  std::size_t remembered_bytes = 64UL << 20;  ///< of the last replies to a peer
  std::size_t unsent_bytes_max = 256UL << 20; ///< of replies a peer has not read; beyond, it is dropped
};

} // namespace troupe::wire
