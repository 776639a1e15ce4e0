// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>

namespace troupe::admin {

/// What can be asked of a running cluster and done to it; its controller implements it, the admin API and troupectl are
/// made of it. Called by several threads at once; each call ends within seconds. `by` is who asks, for the record.
///
/// Throws error(not_found) for a member, role or key that is not there (with the nearest that is), error(invalid) for a
/// value that cannot be, error(conflict) where the run's state forbids it, error(unavailable) where a member that must
/// take part does not answer.
class cluster_control {
public:
  virtual ~cluster_control() = default;

  /// {"run","recipe","state":"running|paused|draining|finished|waiting","stage","step","version","endpoint",
  ///  "settings":{},"members":[{"name","role","state":"ready|draining|silent|lost|left","pid","host","version",
  ///  "leases","silent_s","doing","doing_s","http","admin","incarnation"}]}; what is not known is null. `admin` is the
  /// URL under which a member answers POST /v1/read: the buffer's.
  virtual nlohmann::json cluster() = 0;
  /// {"lines":[text,...],"summary":text}: who waits for whom.
  virtual nlohmann::json why() = 0;
  /// {"name","lines":[text,...]}: the last `lines` of what a member wrote, oldest first.
  virtual nlohmann::json logs(const std::string& name, std::uint64_t lines) = 0;

  // Each returns an object that says what is so now, for the caller to read: at least {"state"} or what was changed.
  virtual nlohmann::json drain(const std::string& name, const std::string& by) = 0;
  virtual nlohmann::json pause(const std::string& by) = 0;
  virtual nlohmann::json resume(const std::string& by) = 0;
  virtual nlohmann::json scale(const std::string& role, std::uint64_t n, const std::string& by) = 0;
  virtual nlohmann::json set(const std::string& key, const nlohmann::json& value, const std::string& by) = 0;
};

} // namespace troupe::admin
