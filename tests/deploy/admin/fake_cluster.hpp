// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "deploy/admin/cluster_control.hpp"
#include "runtime/error.hpp"

#include <atomic>
#include <string>
#include <vector>

namespace troupe::admin {

/// A cluster of one generator and one buffer that does what it is told in words alone.
class fake_cluster : public cluster_control {
public:
  nlohmann::json cluster() override {
    auto page = nlohmann::json::parse(R"({"run":"/runs/x","recipe":"r1-tiny","state":"running","stage":"reasoning_rl",
      "step":12,"version":12,"endpoint":null,"settings":{"max_staleness":1},"tokens_per_second":1234.5,"members":[
      {"name":"buffer","role":"buffer","state":"ready","pid":11,"host":"a","version":null,"leases":0,"silent_s":0.1,
       "doing":"serving","doing_s":9,"http":null,"admin":null,"incarnation":"b0"},
      {"name":"generator-0","role":"generator","state":"draining","pid":12,"host":"b","version":12,"leases":3,
       "silent_s":0.2,"doing":"sampling 1t42","doing_s":1.5,"http":"http://127.0.0.1:1","admin":null,"incarnation":"b1"}
      ]})");
    page["state"] = --looks_left == 0 ? "finished" : state;
    page["members"][0]["admin"] = admin_url.empty() ? nlohmann::json() : nlohmann::json(admin_url);
    return page;
  }
  nlohmann::json why() override {
    return {{"lines", {"learner-0 waits for a batch", "1t42 is with generator-0"}},
            {"summary", "waits for generator-0"}};
  }
  nlohmann::json logs(const std::string& name, std::uint64_t lines) override {
    return {{"name", name}, {"lines", {"the last " + std::to_string(lines), "\x1b[31mred"}}};
  }
  nlohmann::json drain(const std::string& name, const std::string& by) override {
    if (name != "generator-0") {
      throw error{errc::not_found, "there is no member " + name + "; did you mean generator-0?"};
    }
    told.push_back(by + ": drain " + name);
    return {{"name", name}, {"state", "draining"}};
  }
  nlohmann::json pause(const std::string& by) override {
    if (state == "paused") {
      throw error{errc::conflict, "the run is paused already"};
    }
    told.push_back(by + ": pause");
    state = "paused";
    return {{"state", state}};
  }
  nlohmann::json resume(const std::string& by) override {
    told.push_back(by + ": resume");
    state = "running";
    return {{"state", state}};
  }
  nlohmann::json scale(const std::string& role, std::uint64_t n, const std::string& by) override {
    told.push_back(by + ": scale " + role + " " + std::to_string(n));
    return {{"role", role}, {"n", n}};
  }
  nlohmann::json set(const std::string& key, const nlohmann::json& value, const std::string& by) override {
    if (key != "max_staleness") {
      throw error{errc::not_found, "there is no setting " + key + "; did you mean max_staleness?"};
    }
    told.push_back(by + ": set " + key + " " + value.dump());
    return {{"key", key}, {"value", value}};
  }

  std::string state = "running";
  std::string admin_url;           ///< of the buffer
  std::atomic<int> looks_left = 0; ///< the run is finished when so many have looked; 0: never
  std::vector<std::string> told;
};

} // namespace troupe::admin
