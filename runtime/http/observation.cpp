// SPDX-License-Identifier: Apache-2.0
#include "runtime/http/observation.hpp"

#include <nlohmann/json.hpp>

namespace troupe::http {

namespace {

#ifdef NDEBUG
constexpr const char* build_type = "release";
#else
constexpr const char* build_type = "debug";
#endif

reply json_reply(int status, const nlohmann::json& body) {
  return {status, body.dump() + "\n"};
}

std::string status_class(int status) {
  return std::to_string(status / 100) + "xx";
}

} // namespace

void add_observation_routes(server& to, metrics::registry& figures, const metrics::health& health, const build& of) {
  to.route("GET", "/metrics", [&figures](const request&) {
    return reply{200, figures.text(), "text/plain; version=0.0.4; charset=utf-8"};
  });
  to.route("GET", "/livez", [](const request&) { return json_reply(200, {{"alive", true}}); });
  to.route("GET", "/readyz", [&health](const request&) {
    const auto reasons = health.reasons();
    return json_reply(reasons.empty() ? 200 : 503, {{"ready", reasons.empty()}, {"reasons", reasons}});
  });
  const nlohmann::json says{{"version", of.version},
                            {"compiler", __VERSION__},
                            {"build_type", build_type},
                            {"role", wire::to_string(figures.role())},
                            {"name", of.name}};
  to.route("GET", "/buildinfo", [says](const request&) { return json_reply(200, says); });
  figures.on_read([&health](metrics::registry& r) { r.set("troupe_ready", health.ready() ? 1 : 0); });
  to.on_answer(
      [&figures](const request&, int status) { figures.add("troupe_http_requests_total", 1, status_class(status)); });
}

} // namespace troupe::http
