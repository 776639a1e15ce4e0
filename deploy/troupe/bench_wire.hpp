// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>

namespace troupe::program {

struct wire_bench {
  std::uint32_t rounds = 5;       ///< of our wire and plain ZeroMQ in turn; 0: leave it out
  double round_seconds = 1;       ///< each
  std::uint32_t weights_mb = 500; ///< a version's size; 0: leave it out
  std::uint32_t versions = 5;     ///< published one after the other
  std::uint32_t clients = 1000;   ///< of one server; 0: leave it out
  double seconds = 10;            ///< of watching the server's memory
};

/// Prints one JSON object; returns the exit status.
int bench_wire(const wire_bench& o);

// Its parts, each a JSON object. The two latter fork, so they come before anything that makes threads.
nlohmann::json bench_throughput(const wire_bench& o);
nlohmann::json bench_weights(const wire_bench& o);
nlohmann::json bench_clients(const wire_bench& o);

} // namespace troupe::program
