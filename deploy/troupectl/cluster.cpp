// SPDX-License-Identifier: Apache-2.0
#include "deploy/troupectl/cluster.hpp"

#include "deploy/live/socket.hpp"
#include "runtime/error.hpp"

#include <filesystem>
#include <ostream>

namespace troupe::ctl {

namespace fs = std::filesystem;
using nlohmann::json;

namespace {

constexpr auto to_connect = std::chrono::seconds{3};
constexpr auto to_look = std::chrono::seconds{4};
constexpr auto to_obey = std::chrono::seconds{15};
constexpr auto to_read = std::chrono::minutes{5}; ///< a doctor of a large store takes its time

std::optional<keys::credentials> credentials_of(const std::string& folder, const std::string& as) {
  if (folder.empty()) {
    return std::nullopt;
  }
  const bool operates = fs::exists(keys::key_file(folder, "admin")) || !fs::exists(keys::key_file(folder, "viewer"));
  return keys::read_credentials(folder, !as.empty() ? as : operates ? "admin" : "viewer");
}

json parsed(const http::reply& answer, const std::string& url) {
  if (answer.status != 200) {
    throw http::error_in(answer, url);
  }
  auto said = json::parse(answer.body, nullptr, false);
  if (!said.is_object()) {
    throw error{errc::failed, url + " answers what this troupectl does not understand; use the one of its version"};
  }
  return said;
}

} // namespace

cluster::cluster(const place_named& where) {
  std::string url = where.endpoint;
  std::string folder = where.keys;
  if (url.empty() && where.run.empty()) {
    throw error{errc::invalid, "this asks a live cluster: name it with --endpoint, or its run directory with --run"};
  }
  if (url.empty()) {
    const auto listed = cluster_endpoint(where.run);
    if (!listed) {
      if (!fs::exists(where.run)) {
        throw error{errc::not_found, where.run + ": there is no such folder"};
      }
      throw error{errc::unavailable,
                  "no cluster is at work in " + where.run +
                      ": it is a run of one process, or its members have ended (`troupe up --resume` "
                      "starts them again); members started by hand are asked with --endpoint URL"};
    }
    found_in_ = cluster_file(where.run);
    if (listed->empty()) {
      throw error{errc::invalid, found_in_ + " names no endpoint; `troupe up` writes it as {\"endpoint\":URL,...}"};
    }
    url = *listed;
    if (folder.empty() && fs::exists(fs::path{where.run} / "keys")) {
      folder = (fs::path{where.run} / "keys").string();
    }
  }
  keys_ = url.starts_with("https://") ? credentials_of(folder, where.as) : std::nullopt;
  controller_ = {.url = url,
                 .keys = keys_,
                 .of = {wire::role::controller},
                 .connect_within = to_connect,
                 .answer_within = to_look};
  (void)http::client{controller_}; // refuses what cannot be asked
}

template <class Ask>
json cluster::asked(Ask ask) const {
  try {
    return parsed(ask(controller_), url());
  } catch (const error& e) {
    if (e.code() != errc::unavailable) {
      throw;
    }
    throw error{e.code(), std::string{"the controller does not answer: "} + e.what() +
                              (found_in_.empty() ? "" : " (" + found_in_ + " names it; is that run still at work?)")};
  }
}

json cluster::get(const std::string& target) const {
  return asked([&](const http::client::options& of) { return http::client{of}.get(target); });
}

json cluster::post(const std::string& target, const json& body) const {
  return asked([&](http::client::options of) {
    of.answer_within = to_obey;
    return http::client{of}.post(target, body.dump());
  });
}

const std::string& cluster::store_url() const {
  if (store_url_.empty()) {
    const auto said = get("/v1/cluster");
    for (const auto& member : said.value("members", json::array())) {
      if (const auto found = member.find("admin"); found != member.end() && found->is_string()) {
        store_url_ = found->get<std::string>();
      }
    }
  }
  if (store_url_.empty()) {
    throw error{errc::unavailable,
                url() + ": no member of this run answers for its store now; `get workers` lists them"};
  }
  return store_url_;
}

int cluster::read(const std::vector<std::string>& words, std::ostream& out, std::ostream& err) const {
  const http::client owner{{.url = store_url(),
                            .keys = keys_,
                            .of = {wire::role::buffer},
                            .connect_within = to_connect,
                            .answer_within = to_read}};
  const auto said = parsed(owner.post("/v1/read", json{{"arguments", words}}.dump()), owner.url());
  out << said.value("out", "");
  err << said.value("err", "");
  return said.value("status", 1);
}

bool only_its_cluster_answers(const std::string& run) {
  if (!fs::exists(cluster_file(run))) {
    return false;
  }
  if (!fs::exists(fs::path{run} / "store" / "CURRENT")) {
    return true; // the member that owns the store is on another machine
  }
  const bool answers = fs::exists(fs::path{run} / live::socket_name) && live::connect_to(run, 1);
  return !answers && lock_holder(find_store(run)).has_value();
}

} // namespace troupe::ctl
