// SPDX-License-Identifier: Apache-2.0
#include "deploy/admin/cluster_routes.hpp"

#include "deploy/admin/access.hpp"
#include "deploy/live/log_lines.hpp"
#include "runtime/config/limits.hpp"
#include "runtime/config/nearest.hpp"
#include "runtime/config/node_schema.hpp"
#include "runtime/error.hpp"

#include <algorithm>
#include <charconv>
#include <fmt/format.h>
#include <functional>
#include <initializer_list>
#include <vector>

namespace troupe::admin {

namespace {

using nlohmann::json;

/// What a POST says: an object with these keys and no others.
json object_in(const http::request& asked, std::initializer_list<const char*> keys) {
  auto said = asked.body.empty() ? json::object() : json::parse(asked.body, nullptr, false);
  if (!said.is_object()) {
    throw error{errc::invalid, asked.path + ": the body is no JSON object"};
  }
  for (const auto* key : keys) {
    if (!said.contains(key)) {
      throw error{errc::invalid, asked.path + ": the body has no \"" + key + "\""};
    }
  }
  if (said.size() != keys.size()) {
    throw error{errc::invalid, asked.path + ": the body has keys that are not known here"};
  }
  return said;
}

std::string text_of(const http::request& asked, const json& said, const char* key) {
  if (!said[key].is_string() || said[key].get_ref<const std::string&>().empty()) {
    throw error{errc::invalid, asked.path + ": \"" + key + "\" must be a text"};
  }
  return said[key].get<std::string>();
}

std::uint64_t number_of(const http::request& asked, const json& said, const char* key, std::uint64_t most) {
  if (!said[key].is_number_unsigned() || said[key].get<std::uint64_t>() > most) {
    throw error{errc::invalid, fmt::format("{}: \"{}\" must be a whole number from 0 to {}", asked.path, key, most)};
  }
  return said[key].get<std::uint64_t>();
}

/// A role that processes have.
std::string role_of(const http::request& asked, const json& said) {
  auto role = text_of(asked, said, "role");
  std::vector<std::string> known;
  for (const auto one : config::node_roles()) {
    known.push_back(wire::to_string(one));
  }
  if (std::find(known.begin(), known.end(), role) == known.end()) {
    throw error{errc::not_found, "there is no role " + role + "; " + config::suggestion(role, known)};
  }
  return role;
}

std::uint64_t lines_asked(const http::request& asked) {
  const auto given = asked.parameters.find("lines");
  if (given == asked.parameters.end()) {
    return live::log_lines_default;
  }
  std::uint64_t lines = 0;
  const auto& text = given->second;
  const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), lines);
  if (failed != std::errc() || end != text.data() + text.size() || lines == 0 || lines > live::log_lines_max) {
    throw error{errc::invalid, fmt::format("/v1/logs: lines must be from 1 to {}", live::log_lines_max)};
  }
  return lines;
}

/// What an order asks for, and how it is given.
using order = std::function<json(const json& arguments, const std::string& by)>;
using reader = std::function<json(const http::request& asked)>; ///< of an order's arguments

void add_order(http::server& to, audit_log& audit, const std::string& path, reader arguments_of, order give) {
  to.route("POST", path,
           [&audit, path, arguments_of = std::move(arguments_of), give = std::move(give)](const http::request& asked) {
             const auto verb = path.substr(path.rfind('/') + 1);
             json arguments;
             json done;
             try {
               require_operator(asked);
               arguments = arguments_of(asked);
               done = give(arguments, asked.from.name);
             } catch (const error& e) {
               audit.record(asked.from, verb, arguments, e.what());
               if (const auto* refused = dynamic_cast<const forbidden*>(&e)) {
                 return refused->page();
               }
               throw;
             }
             audit.record(asked.from, verb, arguments, "done");
             return json_page(done);
           });
}

void add_question(http::server& to, const std::string& path, reader answer) {
  to.route("GET", path, [answer = std::move(answer)](const http::request& asked) {
    return for_admins(asked, [&] { return json_page(answer(asked)); });
  });
}

} // namespace

void add_cluster_routes(http::server& to, cluster_control& cluster, audit_log& audit) {
  add_question(to, "/v1/cluster", [&cluster](const http::request&) { return cluster.cluster(); });
  add_question(to, "/v1/why", [&cluster](const http::request&) { return cluster.why(); });
  add_question(to, "/v1/logs", [&cluster](const http::request& asked) {
    const auto name = asked.parameters.find("name");
    if (name == asked.parameters.end()) {
      throw error{errc::invalid, "/v1/logs: of whom? say name=NAME"};
    }
    return cluster.logs(name->second, lines_asked(asked));
  });
  const auto nothing = [](const http::request& asked) { return object_in(asked, {}); };
  add_order(to, audit, "/v1/pause", nothing,
            [&cluster](const json&, const std::string& by) { return cluster.pause(by); });
  add_order(to, audit, "/v1/resume", nothing,
            [&cluster](const json&, const std::string& by) { return cluster.resume(by); });
  add_order(
      to, audit, "/v1/drain",
      [](const http::request& asked) {
        const auto said = object_in(asked, {"name"});
        return json{{"name", text_of(asked, said, "name")}};
      },
      [&cluster](const json& a, const std::string& by) { return cluster.drain(a["name"].get<std::string>(), by); });
  add_order(
      to, audit, "/v1/scale",
      [](const http::request& asked) {
        const auto said = object_in(asked, {"role", "n"});
        return json{{"role", role_of(asked, said)}, {"n", number_of(asked, said, "n", config::members_max)}};
      },
      [&cluster](const json& a, const std::string& by) {
        return cluster.scale(a["role"].get<std::string>(), a["n"].get<std::uint64_t>(), by);
      });
  add_order(
      to, audit, "/v1/settings",
      [](const http::request& asked) {
        const auto said = object_in(asked, {"key", "value"});
        return json{{"key", text_of(asked, said, "key")}, {"value", said["value"]}};
      },
      [&cluster](const json& a, const std::string& by) {
        return cluster.set(a["key"].get<std::string>(), a["value"], by);
      });
}

} // namespace troupe::admin
