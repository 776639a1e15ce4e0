// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "runtime/http/message.hpp"

#include <mutex>
#include <nlohmann/json.hpp>
#include <string>

namespace troupe::admin {

/// RUN/audit.jsonl: one line for each order somebody gave a running cluster, whether it was followed or not:
/// {"time","who","role","from","verb","arguments","outcome"}; the time is RFC 3339 in UTC, the outcome "done" or why
/// not.
class audit_log {
public:
  explicit audit_log(const std::string& run_folder);

  /// On disk when it returns. Throws error(failed) or error(resource_exhausted), which the one who ordered is told.
  void record(const http::caller& who, const std::string& verb, const nlohmann::json& arguments,
              const std::string& outcome);

private:
  std::string path_;
  std::mutex mutex_;
};

} // namespace troupe::admin
