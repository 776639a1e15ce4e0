// SPDX-License-Identifier: Apache-2.0
#include "deploy/troupe/bench_wire.hpp"

#include <iostream>
#include <nlohmann/json.hpp>

namespace troupe::program {

int bench_wire(const wire_bench& o) {
  nlohmann::json figures{{"bench", "wire"}};
  if (o.clients > 0) {
    figures["clients"] = bench_clients(o);
  }
  if (o.weights_mb > 0) {
    figures["weights"] = bench_weights(o);
  }
  if (o.rounds > 0) {
    figures["throughput"] = bench_throughput(o);
  }
  std::cout << figures.dump() << "\n";
  return 0;
}

} // namespace troupe::program
