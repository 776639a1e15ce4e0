// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "deploy/admin/cluster_routes.hpp"
#include "deploy/admin/store_reading.hpp"
#include "deploy/troupectl/program.hpp"
#include "runtime/keys/key_folder.hpp"
#include "tests/deploy/admin/fake_cluster.hpp"
#include "tests/deploy/troupectl/hand_made_store.hpp"
#include "tests/runtime/keys/key_folder.hpp"

#include <cstdlib>
#include <fstream>
#include <memory>
#include <optional>
#include <sstream>
#include <string>
#include <vector>

namespace troupe::ctl {

/// A controller that is made up and a buffer that is not, each behind a server of its own, and troupectl.
class Cluster : public KeyFolder {
protected:
  Cluster() : made_("troupe-ctl-cluster"), audit_(folder) {
    ::setenv("XDG_CONFIG_HOME", folder.c_str(), 1);
    ::unsetenv("TROUPE_CONTEXT");
    made_.write();
    keys::fill_key_folder(keys_, {});
    owner_ = std::make_unique<store::journal>(made_.store(), store::open_mode::existing);
    reading_ = std::make_unique<admin::store_reading>(made_.run.string(), *owner_);
    buffer_ = server_of("buffer");
    reading_->add_routes(*buffer_);
    buffer_->start();
    fake_.admin_url = buffer_->url();
    controller_ = server_of("controller");
    admin::add_cluster_routes(*controller_, fake_, audit_);
    controller_->start();
  }

  std::unique_ptr<http::server> server_of(const std::string& name) const {
    return std::make_unique<http::server>(http::server::options{.keys = keys::read_credentials(keys_, name)});
  }
  /// RUN/cluster.json, as `troupe up` leaves it, and RUN/keys.
  std::string run_folder() const {
    std::ofstream{made_.run / "cluster.json"} << "{\"endpoint\":\"" << controller_->url() << "\",\"processes\":[]}";
    std::filesystem::copy(keys_, made_.run / "keys");
    return made_.run.string();
  }

  /// `troupectl ARGUMENTS`; the exit status.
  int bare(const std::vector<std::string>& arguments, const terminal& at = {}) {
    out_.str("");
    err_.str("");
    return run(arguments, out_, err_, at);
  }
  /// The same with --endpoint and --keys before them.
  int call(std::vector<std::string> arguments, const terminal& at = {}) {
    arguments.insert(arguments.begin(), {"--endpoint", controller_->url(), "--keys", keys_});
    return bare(arguments, at);
  }
  nlohmann::ordered_json json() const { return nlohmann::ordered_json::parse(out_.str()); }

  hand_made_store made_;
  const std::string keys_ = folder + "/keys";
  admin::fake_cluster fake_;
  admin::audit_log audit_;
  std::unique_ptr<store::journal> owner_;
  std::unique_ptr<admin::store_reading> reading_;
  std::unique_ptr<http::server> buffer_;
  std::unique_ptr<http::server> controller_;
  std::ostringstream out_;
  std::ostringstream err_;
};

} // namespace troupe::ctl
