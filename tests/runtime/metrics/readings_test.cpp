// SPDX-License-Identifier: Apache-2.0
#include "runtime/metrics/readings.hpp"

#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

namespace troupe::metrics {
namespace {

using testing::HasSubstr;

TEST(Readings, ShowWhereGroupsStand) {
  registry to{wire::role::buffer};
  rollout::group_counts counts{.issued = 12, .pending = 1, .ready = 2, .leased = 3, .trained = 4};
  counts.dropped[static_cast<std::size_t>(drop_reason::stale)] = 1;
  show(to, counts);
  const auto text = to.text();
  EXPECT_THAT(text, HasSubstr("troupe_buffer_groups{state=\"leased\"} 3\n"));
  EXPECT_THAT(text, HasSubstr("troupe_buffer_groups{state=\"dropped\"} 1\n"));
  EXPECT_THAT(text, HasSubstr("troupe_buffer_dropped_groups_total{reason=\"stale\"} 1\n"));
  EXPECT_THAT(text, HasSubstr("\ntroupe_buffer_issued_groups_total 12\n"));
  EXPECT_THAT(text, HasSubstr("\ntroupe_buffer_conservation_error 1\n")) << "12 - (1 + 2 + 3 + 4 + 1)";
}

TEST(Readings, ShowAStep) {
  registry to{wire::role::learner};
  const auto line = nlohmann::ordered_json::parse(
      R"({"kind":"step","policy_version":7,"loss":null,"reward":0.5,"timing_s/step":3,"num_tokens":100})");
  show_step(to, line);
  show_step(to, line);
  const auto text = to.text();
  EXPECT_THAT(text, HasSubstr("\ntroupe_learner_policy_version 7\n"));
  EXPECT_THAT(text, HasSubstr("\ntroupe_learner_reward_mean 0.5\n"));
  EXPECT_THAT(text, HasSubstr("\ntroupe_learner_loss Nan\n")) << "a step without a loss";
  EXPECT_THAT(text, HasSubstr("\ntroupe_learner_steps_total 2\n"));
  EXPECT_THAT(text, HasSubstr("\ntroupe_learner_trained_tokens_total 200\n"));
  EXPECT_THAT(text, HasSubstr("troupe_learner_step_duration_seconds_bucket{le=\"2\"} 0\n"));
  EXPECT_THAT(text, HasSubstr("troupe_learner_step_duration_seconds_bucket{le=\"10\"} 2\n"));
}

TEST(Readings, ShowTheDataPlane) {
  registry server{wire::role::buffer};
  show(server, wire::counters{.requests = 3, .malformed = 2});
  EXPECT_THAT(server.text(), HasSubstr("troupe_wire_rejected_requests_total{reason=\"malformed\"} 2\n"));
  registry client{wire::role::generator};
  show(client, wire::client_counters{.connections = 2, .blocked_us = 1'500'000});
  const auto text = client.text();
  EXPECT_THAT(text, HasSubstr("\ntroupe_wire_connections_total 2\n"));
  EXPECT_THAT(text, HasSubstr("\ntroupe_wire_blocked_seconds_total 1.5\n"));
}

} // namespace
} // namespace troupe::metrics
