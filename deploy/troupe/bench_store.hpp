// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>

namespace troupe::program {

struct store_bench {
  std::string folder;             ///< where to make the stores; empty: the temporary folder. Removed at the end
  std::uint32_t writers = 8;      ///< threads of the durable inserts
  double seconds = 2;             ///< of each phase and round
  std::uint32_t rounds = 3;       ///< of journal and raw RocksDB in turn
  std::uint64_t groups = 100'000; ///< in the store whose opening is measured
  double soak_seconds = 0;        ///< of inserting at full rate while memory is watched; 0: leave it out
};

/// Prints one JSON object; returns the exit status.
int bench_store(const store_bench& o);

} // namespace troupe::program
