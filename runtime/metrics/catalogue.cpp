// SPDX-License-Identifier: Apache-2.0
#include "runtime/metrics/catalogue.hpp"

#include "schema/rollout.hpp"

#include <algorithm>

namespace troupe::metrics {

namespace {

using wire::role;
using enum metric_kind;

std::vector<std::string> drop_reasons() {
  std::vector<std::string> names;
  for (auto r = static_cast<int>(drop_reason::stale); r <= static_cast<int>(drop_reason::evicted); ++r) {
    names.push_back(to_string(static_cast<drop_reason>(r)));
  }
  return names;
}

const std::vector<double> milliseconds_to_minutes{0.001, 0.005, 0.02, 0.1, 0.5, 2, 10, 60, 300};

std::vector<metric> of_every_process() {
  return {
      {"process_cpu_seconds_total", counter, "CPU time of all threads, user and system", {}},
      {"process_resident_memory_bytes", gauge, "memory that is in RAM", {}},
      {"process_open_fds", gauge, "open file descriptors", {}},
      {"process_max_fds", gauge, "file descriptors that may be open", {}},
      {"process_start_time_seconds", gauge, "when the process began, since 1970", {}},
      {"troupe_ready", gauge, "1 when /readyz answers 200", {}},
      {"troupe_http_requests_total", counter, "requests answered", {}, "code", {"1xx", "2xx", "3xx", "4xx", "5xx"}},
  };
}

std::vector<metric> of_the_controller() {
  const std::vector<role> at{role::controller};
  return {
      {"troupe_controller_members",
       gauge,
       "members by state",
       at,
       "state",
       {"ready", "draining", "silent", "lost", "left"}},
      {"troupe_controller_joins_total", counter, "members that joined", at},
      {"troupe_controller_losses_total", counter, "members that fell silent for too long or broke off", at},
      {"troupe_controller_stage", gauge, "position of the stage at work, from 0", at},
      {"troupe_controller_paused", gauge, "1 while the run is paused", at},
  };
}

std::vector<metric> of_the_buffer() {
  const std::vector<role> at{role::buffer};
  return {
      {"troupe_buffer_groups",
       gauge,
       "groups by where they stand",
       at,
       "state",
       {"pending", "ready", "leased", "trained", "collected", "scored", "dropped"}},
      {"troupe_buffer_issued_groups_total", counter, "groups ever issued", at},
      {"troupe_buffer_dropped_groups_total", counter, "groups dropped, by reason", at, "reason", drop_reasons()},
      {"troupe_buffer_conservation_error", gauge, "issued minus all places a group can be; must be 0", at},
      {"troupe_buffer_submitted_samples_total",
       counter,
       "samples handed in, by what became of them",
       at,
       "result",
       {"created", "exists", "fenced", "conflict"}},
      {"troupe_buffer_commits_total", counter, "steps committed", at},
      {"troupe_buffer_sample_staleness_versions",
       histogram,
       "policy versions between learner and sample when leased",
       at,
       "",
       {},
       {0, 1, 2, 4, 8, 16}},
      {"troupe_buffer_write_duration_seconds",
       histogram,
       "of one write to the store",
       at,
       "",
       {},
       milliseconds_to_minutes},
      {"troupe_buffer_batch_wait_duration_seconds",
       histogram,
       "that the learner waited for a batch",
       at,
       "",
       {},
       milliseconds_to_minutes},
      {"troupe_buffer_store_bytes", gauge, "the store's files", at},
      {"troupe_buffer_store_full", gauge, "1 while the disk is full and writes wait", at},
  };
}

std::vector<metric> of_the_learner() {
  const std::vector<role> at{role::learner};
  return {
      {"troupe_learner_steps_total", counter, "batches consumed by this process", at},
      {"troupe_learner_policy_version", gauge, "batches consumed in this stage", at},
      {"troupe_learner_step_duration_seconds", histogram, "of one step", at, "", {}, milliseconds_to_minutes},
      {"troupe_learner_trained_tokens_total", counter, "completion tokens of the batches consumed", at},
      {"troupe_learner_loss", gauge, "of the last step", at},
      {"troupe_learner_reward_mean", gauge, "over the samples of the last batch", at},
      {"troupe_learner_reward_stddev", gauge, "over the samples of the last batch", at},
      {"troupe_learner_accuracy_ratio", gauge, "share of the last batch with verdict correct", at},
      {"troupe_learner_zero_variance_ratio", gauge, "share of groups whose rewards are all the same", at},
      {"troupe_learner_learning_rate", gauge, "of the last step", at},
      {"troupe_learner_gradient_norm", gauge, "before clipping", at},
      {"troupe_learner_kl_nats", gauge, "divergence from the reference, a token", at},
      {"troupe_learner_entropy_nats", gauge, "of the policy, a token", at},
      {"troupe_learner_clip_ratio", gauge, "share of tokens whose ratio the loss clipped", at},
      {"troupe_learner_importance_ratio_mean", gauge, "policy over sampler, where rollout_is is on", at},
      {"troupe_learner_logprob_gap_nats", gauge, "largest gap between sampler and trainer under the same weights", at},
  };
}

std::vector<metric> of_workers() {
  return {
      {"troupe_generator_tokens_total", counter, "tokens sampled", {role::generator}},
      {"troupe_generator_samples_total",
       counter,
       "samples finished, by why",
       {role::generator},
       "result",
       {"stop", "length", "cancelled"}},
      {"troupe_generator_completion_tokens",
       histogram,
       "tokens of a sample",
       {role::generator},
       "",
       {},
       {16, 64, 256, 1024, 4096, 16384, 65536}},
      {"troupe_generator_policy_version", gauge, "version of the weights that it samples with", {role::generator}},
      {"troupe_generator_running_samples", gauge, "samples being generated", {role::generator}},
      {"troupe_generator_busy_seconds_total", counter, "with a sample being generated", {role::generator}},
      {"troupe_verifier_verdicts_total",
       counter,
       "samples judged",
       {role::verifier},
       "verdict",
       {"correct", "incorrect", "undecided"}},
      {"troupe_verifier_duration_seconds",
       histogram,
       "of judging one group",
       {role::verifier},
       "",
       {},
       milliseconds_to_minutes},
  };
}

/// What a member notices of the data plane: see runtime/wire/counters.hpp.
std::vector<metric> of_the_wire() {
  const std::vector<role> servers{role::buffer, role::learner};
  const std::vector<role> clients{role::controller, role::learner, role::generator, role::verifier};
  return {
      {"troupe_wire_served_requests_total", counter, "requests of others handed to this process", servers},
      {"troupe_wire_received_bytes_total", counter, "of all frames", servers},
      {"troupe_wire_sent_bytes_total", counter, "of all frames", servers},
      {"troupe_wire_accepted_connections_total", counter, "TCP connections, from whomever", servers},
      {"troupe_wire_handshakes_total", counter, "of these made; the rest is refused, silent or speaks no ZeroMQ",
       servers},
      {"troupe_wire_rejected_requests_total",
       counter,
       "requests refused before anybody looked at them, by reason",
       servers,
       "reason",
       {"unauthenticated", "wrong_role", "too_large", "too_many_parts", "malformed", "old_version", "over_credit",
        "replayed", "bad_checksum", "too_many_peers"}},
      {"troupe_wire_requests_total", counter, "requests to others", clients},
      {"troupe_wire_expired_requests_total", counter, "requests to others whose deadline passed", clients},
      {"troupe_wire_retransmissions_total", counter, "requests to others sent again", clients},
      {"troupe_wire_connections_total", counter, "times another process was met anew", clients},
      {"troupe_wire_blocked_seconds_total", counter, "that requests waited for credit", clients},
  };
}

std::string roles_in_words(const metric& one) {
  std::string text;
  for (const auto r : one.roles) {
    text += (text.empty() ? "" : ", ") + wire::to_string(r);
  }
  return text.empty() ? "all" : text;
}

std::string kind_in_words(metric_kind kind) {
  return kind == counter ? "counter" : kind == gauge ? "gauge" : "histogram";
}

} // namespace

const std::vector<metric>& catalogue() {
  static const auto all = [] {
    std::vector<metric> rows;
    for (const auto part :
         {of_every_process, of_the_controller, of_the_buffer, of_the_learner, of_workers, of_the_wire}) {
      for (auto& one : part()) {
        rows.push_back(std::move(one));
      }
    }
    return rows;
  }();
  return all;
}

bool exported_by(const metric& one, wire::role role) {
  return one.roles.empty() || std::find(one.roles.begin(), one.roles.end(), role) != one.roles.end();
}

std::string catalogue_in_markdown() {
  std::string text = "| name | kind | exported by | label | meaning |\n|---|---|---|---|---|\n";
  for (const auto& one : catalogue()) {
    std::string label;
    for (const auto& value : one.values) {
      label += (label.empty() ? "`" + one.label + "`: " : ", ") + value;
    }
    text += "| `" + one.name + "` | " + kind_in_words(one.kind) + " | " + roles_in_words(one) + " | " + label + " | " +
            one.help + " |\n";
  }
  return text;
}

} // namespace troupe::metrics
