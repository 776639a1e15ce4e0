// SPDX-License-Identifier: Apache-2.0
#include "runtime/http/observation.hpp"
#include "tests/runtime/http/http_fixture.hpp"

#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

namespace troupe::http {
namespace {

using testing::HasSubstr;

class Observation : public Http {
protected:
  Observation() : server_({}) {
    add_observation_routes(server_, figures, health, {.version = "1.2.3", .name = "generator-0"});
    server_.start();
  }
  reply get(const std::string& path) const { return client{{.url = server_.url()}}.get(path); }

  metrics::registry figures{wire::role::generator};
  metrics::health health;

private:
  server server_;
};

TEST_F(Observation, ReadinessNamesWhatIsAwaited) {
  EXPECT_EQ(get("/readyz").status, 200);
  health.set("control", "no controller at 127.0.0.1:7400");
  const auto answer = get("/readyz");
  EXPECT_EQ(answer.status, 503);
  EXPECT_EQ(nlohmann::json::parse(answer.body),
            nlohmann::json::parse(R"({"ready":false,"reasons":{"control":"no controller at 127.0.0.1:7400"}})"));
  EXPECT_THAT(get("/metrics").body, HasSubstr("\ntroupe_ready 0\n"));
  EXPECT_EQ(get("/livez").status, 200) << "alive all the same";
  health.clear("control");
  EXPECT_EQ(get("/readyz").status, 200);
  EXPECT_THAT(get("/metrics").body, HasSubstr("\ntroupe_ready 1\n"));
}

TEST_F(Observation, MetricsCountTheRequests) {
  get("/livez");
  get("/nowhere");
  const auto answer = get("/metrics");
  EXPECT_EQ(answer.content_type, "text/plain; version=0.0.4; charset=utf-8");
  EXPECT_THAT(answer.body, HasSubstr("troupe_http_requests_total{code=\"2xx\"} 1\n"));
  EXPECT_THAT(answer.body, HasSubstr("troupe_http_requests_total{code=\"4xx\"} 1\n"));
}

TEST_F(Observation, BuildInfoSaysWhoThisIs) {
  const auto said = nlohmann::json::parse(get("/buildinfo").body);
  EXPECT_EQ(said["version"], "1.2.3");
  EXPECT_EQ(said["role"], "generator");
  EXPECT_EQ(said["name"], "generator-0");
  EXPECT_EQ(said["compiler"], __VERSION__);
}

} // namespace
} // namespace troupe::http
