// SPDX-License-Identifier: Apache-2.0
#include "runtime/metrics/readings.hpp"

#include <array>
#include <nlohmann/json.hpp>
#include <utility>

namespace troupe::metrics {

namespace {

/// A gauge of the learner and the key of metrics.jsonl that it shows.
constexpr std::array gauges_of_a_step{
    std::pair{"troupe_learner_policy_version", "policy_version"},
    std::pair{"troupe_learner_loss", "loss"},
    std::pair{"troupe_learner_reward_mean", "reward"},
    std::pair{"troupe_learner_reward_stddev", "reward_std"},
    std::pair{"troupe_learner_accuracy_ratio", "accuracy"},
    std::pair{"troupe_learner_zero_variance_ratio", "frac_reward_zero_std"},
    std::pair{"troupe_learner_learning_rate", "learning_rate"},
    std::pair{"troupe_learner_gradient_norm", "grad_norm"},
    std::pair{"troupe_learner_kl_nats", "kl"},
    std::pair{"troupe_learner_entropy_nats", "entropy"},
    std::pair{"troupe_learner_clip_ratio", "clip_ratio"},
    std::pair{"troupe_learner_importance_ratio_mean", "sampling/importance_sampling_ratio/mean"},
    std::pair{"troupe_learner_logprob_gap_nats", "logprob_gap_max"},
};

const nlohmann::ordered_json* number_in(const nlohmann::ordered_json& line, const char* key) {
  const auto found = line.find(key);
  return found != line.end() && found->is_number() ? &*found : nullptr;
}

} // namespace

void show(registry& to, const rollout::group_counts& c) {
  const auto number = [](std::uint64_t n) { return static_cast<double>(n); };
  to.set("troupe_buffer_groups", number(c.pending), "pending");
  to.set("troupe_buffer_groups", number(c.ready), "ready");
  to.set("troupe_buffer_groups", number(c.leased), "leased");
  to.set("troupe_buffer_groups", number(c.trained), "trained");
  to.set("troupe_buffer_groups", number(c.collected), "collected");
  to.set("troupe_buffer_groups", number(c.scored), "scored");
  to.set("troupe_buffer_groups", number(c.dropped_total()), "dropped");
  to.raise("troupe_buffer_issued_groups_total", number(c.issued));
  for (std::size_t i = 1; i < c.dropped.size(); ++i) {
    to.raise("troupe_buffer_dropped_groups_total", number(c.dropped[i]), to_string(static_cast<drop_reason>(i)));
  }
  const auto placed = c.pending + c.ready + c.leased + c.trained + c.collected + c.scored + c.dropped_total();
  to.set("troupe_buffer_conservation_error", number(c.issued) - number(placed));
}

void show_step(registry& to, const nlohmann::ordered_json& line) {
  for (const auto& [gauge, key] : gauges_of_a_step) {
    if (const auto* value = number_in(line, key)) {
      to.set(gauge, value->get<double>());
    }
  }
  to.add("troupe_learner_steps_total");
  if (const auto* seconds = number_in(line, "timing_s/step")) {
    to.observe("troupe_learner_step_duration_seconds", seconds->get<double>());
  }
  if (const auto* tokens = number_in(line, "num_tokens")) {
    to.add("troupe_learner_trained_tokens_total", tokens->get<double>());
  }
}

void show(registry& to, const wire::counters& counts) {
  to.raise("troupe_wire_served_requests_total", static_cast<double>(counts.requests));
  to.raise("troupe_wire_received_bytes_total", static_cast<double>(counts.bytes_in));
  to.raise("troupe_wire_sent_bytes_total", static_cast<double>(counts.bytes_out));
  to.raise("troupe_wire_accepted_connections_total", static_cast<double>(counts.connections));
  to.raise("troupe_wire_handshakes_total", static_cast<double>(counts.handshakes));
  const auto rejected = [&](const char* reason, std::uint64_t n) {
    to.raise("troupe_wire_rejected_requests_total", static_cast<double>(n), reason);
  };
  rejected("unauthenticated", counts.unauthenticated);
  rejected("wrong_role", counts.wrong_role);
  rejected("too_large", counts.too_large);
  rejected("too_many_parts", counts.too_many_parts);
  rejected("malformed", counts.malformed);
  rejected("old_version", counts.old_version);
  rejected("over_credit", counts.over_credit);
  rejected("replayed", counts.replayed);
  rejected("bad_checksum", counts.bad_checksum);
  rejected("too_many_peers", counts.too_many_peers);
}

void show(registry& to, const wire::client_counters& counts) {
  to.raise("troupe_wire_requests_total", static_cast<double>(counts.requests));
  to.raise("troupe_wire_expired_requests_total", static_cast<double>(counts.expired));
  to.raise("troupe_wire_retransmissions_total", static_cast<double>(counts.retransmitted));
  to.raise("troupe_wire_connections_total", static_cast<double>(counts.connections));
  to.raise("troupe_wire_blocked_seconds_total", static_cast<double>(counts.blocked_us) * 1e-6);
}

} // namespace troupe::metrics
