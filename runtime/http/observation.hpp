// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "runtime/http/server.hpp"
#include "runtime/metrics/health.hpp"
#include "runtime/metrics/registry.hpp"

#include <string>

namespace troupe::http {

/// What /buildinfo says.
struct build {
  std::string version; ///< TROUPE_VERSION
  std::string name;    ///< of the member: generator-0
};

/// What every process answers on its port, to any role: GET /metrics (Prometheus text), /livez (200 while it answers at
/// all: never asks a peer), /readyz (200, or 503 with {"ready":false,"reasons":{name:words}}), /buildinfo. The figures
/// and the health outlive the server.
void add_observation_routes(server& to, metrics::registry& figures, const metrics::health& health, const build& of);

} // namespace troupe::http
