// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "deploy/admin/cluster_control.hpp"
#include "deploy/troupe/node.hpp"
#include "deploy/troupe/run_walk.hpp"
#include "deploy/troupe/scale_file.hpp"

#include <functional>
#include <mutex>
#include <string>

namespace troupe::program {

/// What administrators may ask and order of a run, answered by its controller's process.
class run_control final : public admin::cluster_control {
public:
  run_control(node& here, run_walk& run) : here_(here), run_(run) {}
  /// The URL under which it is asked, and HOST:PORT of its page, where there are; before the first question.
  void serves_at(const std::string& url, const std::string& page) {
    endpoint_ = url;
    page_ = page;
  }

  nlohmann::json cluster() override;
  nlohmann::json why() override;
  nlohmann::json logs(const std::string& name, std::uint64_t lines) override;
  nlohmann::json drain(const std::string& name, const std::string& by) override;
  nlohmann::json pause(const std::string& by) override;
  nlohmann::json resume(const std::string& by) override;
  nlohmann::json scale(const std::string& role, std::uint64_t n, const std::string& by) override;
  nlohmann::json set(const std::string& key, const nlohmann::json& value, const std::string& by) override;

private:
  std::string state();
  nlohmann::json pause_or_resume(bool paused, const std::string& by);

  node& here_;
  run_walk& run_;
  /// Changes RUN/scale.json, which `troupe up` follows.
  void change_scale(const std::function<void(scale_wish&)>& change);

  std::string endpoint_;
  std::string page_;
  std::mutex orders_; ///< one at a time
};

} // namespace troupe::program
