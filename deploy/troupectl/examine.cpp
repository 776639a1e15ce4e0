// SPDX-License-Identifier: Apache-2.0
#include "deploy/troupectl/doctor.hpp"
#include "deploy/troupectl/lineage.hpp"
#include "deploy/troupectl/sample_facts.hpp"
#include "runtime/error.hpp"
#include "runtime/metrics/time_text.hpp"
#include "runtime/rollout/retention.hpp"
#include "runtime/store/sample_checksum.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <set>
#include <tuple>

namespace troupe::ctl {

namespace {

/// What the checks need of a group after its record is gone from memory.
struct group_summary {
  group_state state = group_state::queued;
  std::optional<policy_version> trained_at;
  std::uint32_t max_reuse = 1;
  std::uint32_t uses = 0;
  std::uint32_t times_consumed = 0;
  policy_version last_consumed;
  std::uint32_t members = 0;
  std::uint32_t begun = 0; ///< members with a sample stored, whole or partial
  std::uint32_t samples_stored = 0;
};

group_summary summary_of(const group& g) {
  group_summary s{.state = g.state, .trained_at = g.trained_at, .max_reuse = g.max_reuse, .uses = g.uses};
  s.members = static_cast<std::uint32_t>(g.members.size());
  s.begun = static_cast<std::uint32_t>(
      std::count_if(g.members.begin(), g.members.end(), [](auto& m) { return m.submitted || has_partial(m); }));
  return s;
}

class examiner {
public:
  explicit examiner(const store::journal& from) : from_(from) {}

  diagnosis run() {
    check_records();
    check_groups();
    check_steps();
    if (groups_whole_) { // of a list with a hole every other record would seem to be stray
      check_payloads();
      check_training();
      check_conservation();
    } else {
      violated("conservation cannot be checked, since the list of groups is damaged");
    }
    check_datasets();
    return std::move(d_);
  }

private:
  template <class... Ts>
  void violated(fmt::format_string<Ts...> format, Ts&&... values) {
    d_.violations.push_back(fmt::format(format, std::forward<Ts>(values)...));
  }

  /// Runs a read; a record that cannot be read was counted by check_records, here it is only named. False then.
  template <class F>
  bool reading(const std::string& what, F&& read) {
    try {
      read();
      return true;
    } catch (const error& e) {
      if (e.code() != errc::corrupt) {
        throw;
      }
      violated("{} cannot be checked: {}", what, e.what());
      return false;
    }
  }

  void check_records() {
    for (const auto& failure : from_.verify()) {
      ++d_.corrupt_records;
      violated("corrupt record: {}", failure);
    }
  }

  void check_groups() {
    groups_whole_ = reading("the list of groups", [&] {
      from_.for_each_group([&](const group& g) {
        d_.counts.add(g);
        groups_[g.id] = summary_of(g);
        stages_.insert(g.id.stage);
        auto& end = cursor_end_[{g.id.stage, g.id.why}];
        end = std::max(end, g.id.cursor + 1);
        auto& attempts = attempts_[{g.id.stage, g.id.why, g.id.cursor}];
        attempts = std::max(attempts, g.id.attempt + 1);
        for (std::uint32_t i = 0; i < g.members.size(); ++i) {
          ++d_.samples[rollout::fate(g, g.members[i])];
          reading("sample " + to_string(sample_id{g.id, i}), [&] { check_member(g, i); });
        }
        if (g.forgotten_ms != 0) {
          check_forgotten(g);
        }
        return true;
      });
    });
  }

  void check_forgotten(const group& g) {
    ++d_.forgotten;
    reading("whether group " + to_string(g.id) + " may be forgotten", [&] {
      const auto reason = rollout::reason_to_keep(g, needs_of(g.id.stage));
      if (!reason.empty()) {
        violated("group {} was forgotten by retention at {}, but {}", to_string(g.id),
                 metrics::time_text(g.forgotten_ms), reason);
      }
    });
  }

  const rollout::stage_needs& needs_of(stage_index stage) {
    if (const auto known = needs_.find(stage); known != needs_.end()) {
      return known->second;
    }
    const bool finished = rollout::is_finished(from_.stages(), stage);
    return needs_[stage] = rollout::needs_of(from_.checkpoints(stage), finished);
  }

  void check_member(const group& g, std::uint32_t index) {
    const auto& m = g.members[index];
    const sample_id id{g.id, index};
    if (!m.submitted) {
      if (g.state >= group_state::generated && g.state != group_state::dropped) {
        violated("group {} is {} but sample {} was never stored", to_string(g.id), to_string(g.state), to_string(id));
      }
      if (!has_partial(m)) {
        return;
      }
    }
    if (g.forgotten_ms != 0) {
      return;
    }
    const auto stored = from_.find_sample(id);
    if (!stored) {
      violated("sample {} was acknowledged but is not in the store", to_string(id));
      return;
    }
    if (store::sample_checksum(*stored) != m.checksum || stored->tokens.size() != m.num_tokens) {
      ++d_.corrupt_records;
      violated("sample {} is not the one that its group names", to_string(id));
    }
    if (m.verdict == verdict_kind::none && m.reward == 0) {
      return;
    }
    const auto judged = from_.find_judgement(id);
    if (!judged || judged->reward != m.reward || judged->verdict != m.verdict) {
      violated("sample {} has another judgement stored than its group names", to_string(id));
    }
  }

  /// Every payload belongs to a group that knows of it.
  void check_payloads() {
    using kind = store::journal::payload_kind;
    for (const auto& [what, name] :
         {std::pair{kind::prompt, "prompt"}, {kind::sample, "sample"}, {kind::judgement, "judgement"}}) {
      reading(fmt::format("whether every {} belongs to a group", name), [&, what = what, name = name] {
        from_.for_each_payload_name(what, [&](const sample_id& id) {
          const auto g = groups_.find(id.group);
          if (g == groups_.end() || (what != kind::prompt && id.index >= g->second.members)) {
            violated("{} {} is stored but no group has it", name,
                     what == kind::prompt ? "of group " + to_string(id.group) : to_string(id));
          } else if (what == kind::sample) {
            ++g->second.samples_stored;
          }
        });
        for (const auto& [id, g] : groups_) {
          if (what == kind::sample && g.samples_stored > g.begun) { // fewer: named one by one already
            violated("group {} has {} samples stored but acknowledged {}", to_string(id), g.samples_stored, g.begun);
          }
        }
      });
    }
  }

  void check_steps() {
    for (const auto& s : from_.stages()) {
      stages_.insert(s.stage);
    }
    for (const auto stage : stages_) {
      const bool whole = reading(fmt::format("steps of stage {}", stage.value), [&] {
        policy_version expected{1};
        for (const auto& step : from_.steps(stage)) {
          ++d_.steps;
          if (step.stage != stage) {
            violated("stage {}: step {} says that it is of stage {}", stage.value, step.version.value,
                     step.stage.value);
          }
          if (step.version != expected) {
            violated("stage {}: step {} is missing, {} follows", stage.value, expected.value, step.version.value);
          }
          expected = step.version.next();
          check_step(step);
        }
      });
      if (!whole) {
        stages_without_steps_.insert(stage);
      }
    }
  }

  void check_step(const step_record& step) {
    for (const auto& id : step.groups) {
      const auto it = groups_.find(id);
      if (it == groups_.end() && !groups_whole_) {
        continue;
      }
      if (it == groups_.end()) {
        violated("step {} of stage {} consumed group {}, which is not in the store", step.version.value,
                 step.stage.value, to_string(id));
        continue;
      }
      auto& g = it->second;
      g.last_consumed = step.version;
      if (++g.times_consumed == g.max_reuse + 1) {
        ++d_.duplicates;
        violated("group {} was consumed more than {}, again by step {} of stage {}", to_string(id),
                 g.max_reuse == 1 ? "once" : fmt::format("{} times", g.max_reuse), step.version.value,
                 step.stage.value);
      }
      const bool in_replay = g.max_reuse > 1 && (g.state == group_state::ready || g.state == group_state::leased);
      const bool at_fits = g.max_reuse == 1 ? g.trained_at == step.version : g.trained_at >= step.version;
      if ((g.state != group_state::trained && !in_replay) || !at_fits) {
        violated("group {} was consumed by step {} but its record says {}{}", to_string(id), step.version.value,
                 to_string(g.state), g.trained_at ? fmt::format(" at {}", g.trained_at->value) : "");
      }
    }
    if (!step.groups.empty()) { // of sft steps the cursor counts examples
      auto& end = cursor_end_[{step.stage, purpose::train}];
      end = std::max(end, step.data_cursor);
    }
  }

  void check_training() {
    for (const auto& [id, g] : groups_) {
      if (stages_without_steps_.contains(id.stage)) {
        continue;
      }
      if (g.state == group_state::trained && g.times_consumed == 0) {
        violated("group {} is trained but no step consumed it", to_string(id));
      }
      if (g.max_reuse > 1 && (g.uses != g.times_consumed || (g.uses > 0 && g.trained_at != g.last_consumed))) {
        violated("group {} was consumed {} times, last by step {}; its record says {} times", to_string(id),
                 g.times_consumed, g.last_consumed.value, g.uses);
      }
    }
  }

  void check_conservation() {
    std::uint64_t issued = 0;
    for (const auto& [name, end] : cursor_end_) {
      const auto& [stage, why] = name;
      for (std::uint64_t cursor = 0; cursor < end; ++cursor) {
        const auto it = attempts_.find({stage, why, cursor});
        const std::uint32_t attempts = it == attempts_.end() ? 1 : it->second;
        issued += attempts;
        for (std::uint32_t attempt = 0; attempt < attempts; ++attempt) {
          const group_id id{stage, why, cursor, attempt};
          if (!groups_.contains(id)) {
            violated("group {} was issued but is not in the store", to_string(id));
          }
        }
      }
    }
    d_.counts.issued = issued;
    d_.conserved = d_.counts.conserved();
  }

  void check_datasets() {
    std::set<std::string> known;
    std::set<std::string> versions;
    const auto manifests = from_.datasets();
    for (const auto& manifest : manifests) {
      known.insert(manifest.name);
      versions.insert(fmt::format("{}@{}", manifest.name, manifest.version));
    }
    for (const auto& manifest : manifests) {
      for (const auto& parent : missing_parents(manifest, versions)) {
        violated("dataset {} descends from {}, which is not in the store", manifest.name, parent);
      }
      std::uint64_t records = 0;
      reading("dataset " + manifest.name, [&] {
        from_.for_each_record(manifest.name, [&](const dataset_record& r) {
          if (r.index != records++) {
            violated("record {} of dataset {} stands at place {}", r.index, manifest.name, records - 1);
          }
          const auto name = fmt::format("record {} of dataset {}", r.index, manifest.name);
          reading(name, [&] { check_lineage(manifest, name, r); });
          return true;
        });
        if (records != manifest.records) {
          violated("dataset {} holds {} records, its manifest says {}", manifest.name, records, manifest.records);
        }
      });
    }
    reading("whether every record belongs to a dataset", [&] {
      for (const auto& name : from_.record_owners()) {
        if (!known.contains(name)) {
          violated("records of dataset {} are stored but there is no such dataset", name);
        }
      }
    });
  }

  void check_lineage(const dataset_manifest& manifest, const std::string& name, const dataset_record& r) {
    if (r.source) {
      if (const auto fault = lineage_fault(from_, r); !fault.empty()) {
        violated("{} {}", name, fault);
      }
    } else if (!is_foreign(manifest)) {
      violated("{} names no sample", name);
    }
  }

  const store::journal& from_;
  diagnosis d_;
  std::map<group_id, group_summary> groups_;
  std::map<stage_index, rollout::stage_needs> needs_;
  std::set<stage_index> stages_;
  std::set<stage_index> stages_without_steps_; ///< whose list of steps is damaged
  bool groups_whole_ = false;
  std::map<std::pair<stage_index, purpose>, std::uint64_t> cursor_end_;
  std::map<std::tuple<stage_index, purpose, std::uint64_t>, std::uint32_t> attempts_;
};

} // namespace

diagnosis examine(const store::journal& from) {
  return examiner{from}.run();
}

} // namespace troupe::ctl
