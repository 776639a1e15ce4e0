// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "deploy/admin/audit_log.hpp"
#include "deploy/admin/cluster_control.hpp"
#include "runtime/http/server.hpp"

namespace troupe::admin {

/// The admin API over a cluster, on the server of its controller: GET /v1/cluster, /v1/why, /v1/logs?name=&lines=;
/// POST /v1/drain {"name"}, /v1/pause, /v1/resume, /v1/scale {"role","n"}, /v1/settings {"key","value"}.
/// admin_read may GET, admin_operate may do both, every other role gets 403. `cluster` and `audit` outlive the server.
void add_cluster_routes(http::server& to, cluster_control& cluster, audit_log& audit);

} // namespace troupe::admin
