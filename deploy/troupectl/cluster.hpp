// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "deploy/troupectl/arguments.hpp"
#include "runtime/http/client.hpp"

#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

namespace troupe::ctl {

/// A live cluster as its controller answers for it. Throws what the controller answers, and error(unavailable) that
/// says what was tried when it does not answer within 5 s.
class cluster {
public:
  /// Of --endpoint, or of --run DIR by DIR/cluster.json with the keys in DIR/keys. error(unavailable) for a run that is
  /// one process, error(invalid) where neither is said.
  explicit cluster(const place_named& where);

  nlohmann::json get(const std::string& target) const;
  nlohmann::json post(const std::string& target, const nlohmann::json& body) const;
  /// Runs a reading verb in the process that owns the store; its exit status, and what it wrote.
  int read(const std::vector<std::string>& words, std::ostream& out, std::ostream& err) const;

  const std::string& url() const { return controller_.url; }

private:
  template <class Ask>
  nlohmann::json asked(Ask ask) const;
  const std::string& store_url() const;

  std::string found_in_; ///< the file that names the endpoint; empty: the user
  std::optional<keys::credentials> keys_;
  http::client::options controller_;
  mutable std::string store_url_; ///< of the member that answers for the store; empty: not asked yet
};

/// True when a run of this machine is at work whose store can only be read by asking its cluster.
bool only_its_cluster_answers(const std::string& run);

} // namespace troupe::ctl
