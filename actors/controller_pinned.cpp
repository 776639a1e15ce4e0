// SPDX-License-Identifier: Apache-2.0
// The controller's stages that train nothing: evaluations and rejection sampling, each with one pinned version.
#include "actors/controller.hpp"
#include "actors/deadlines.hpp"
#include "actors/failure.hpp"
#include "runtime/error.hpp"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

namespace troupe::actors {

payload<sampling_plan> controller::plan_of(const config::stage_spec& spec) {
  return std::make_shared<sampling_plan>(sampling_plan{.temperature = spec.temperature,
                                                       .top_p = spec.top_p,
                                                       .top_k = spec.top_k,
                                                       .max_new_tokens = spec.max_completion_length});
}

controller::evaluation controller::evaluation_of(stage_index index, const stage_record& record) const {
  const auto& spec = parts_.recipe->stages.at(index.value);
  evaluation what{.from = spec.eval_split, .problems = spec.num_problems, .samples = spec.num_samples};
  const auto parent = graph_.parent(index);
  what.of_stage = parent ? parts_.recipe->stages.at(parent->value).name : "model";
  if (parent) {
    const auto& known = checkpoints_.at(*parent);
    const auto of =
        std::find_if(known.begin(), known.end(), [&](const auto& c) { return c.folder == record.start_checkpoint; });
    what.step = of == known.end() ? policy_version{} : of->version;
  }
  return what;
}

void controller::pinned_stage(stage_index index, stage_record record) {
  const auto& spec = parts_.recipe->stages.at(index.value);
  ask<done_reply>(parts_.learner, deadline::step_of(*parts_.recipe), publish_request{index, record.start_checkpoint});
  ask<done_reply>(parts_.buffer, deadline::buffer, begin_stage_request{index, policy_version{}});
  parts_.display->update(progress_);
  if (spec.type == config::stage_type::eval) {
    const auto done = evaluate(index, spec, evaluation_of(index, record));
    if (!done.finished) {
      return;
    }
    const auto accuracy = done.accuracy;
    char note[64];
    std::snprintf(note, sizeof note, "%s accuracy %.3f", to_string(spec.eval_split).c_str(), accuracy.value_or(0));
    if (spec.eval_split == split::heldout) {
      progress_.heldout = accuracy;
    }
    finish_stage(record, note);
    return;
  }
  pin(index, policy_version{}, true);
  ask<issue_reply>(parts_.buffer, deadline::buffer,
                   issue_request{.why = purpose::collect,
                                 .from = split::train,
                                 .count = spec.num_prompts,
                                 .num_samples = spec.num_generations,
                                 .pinned = policy_version{},
                                 .sampling = plan_of(spec)});
  const bool finished = wait_for_pinned(spec);
  pin(index, policy_version{}, false);
  if (!finished) {
    return;
  }
  const auto made =
      ask<build_dataset_reply>(parts_.buffer, deadline::buffer,
                               build_dataset_request{index, record.start_checkpoint, evaluation_of(index, record).step})
          .made;
  const double share =
      made->considered == 0 ? 0 : static_cast<double>(made->records) / static_cast<double>(made->considered);
  parts_.log->record({{"kind", "dataset"},
                      {"stage", spec.name},
                      {"dataset", made->name},
                      {"records", made->records},
                      {"considered", made->considered},
                      {"kept_share", share}});
  parts_.log->report("datasets", spec.name,
                     {{{"name", made->name},
                       {"stage", spec.name},
                       {"from", record.start_checkpoint},
                       {"records", made->records},
                       {"considered", made->considered},
                       {"kept_share", share}}});
  char note[96];
  std::snprintf(note, sizeof note, "kept %llu of %llu samples as %s", static_cast<unsigned long long>(made->records),
                static_cast<unsigned long long>(made->considered), made->name.c_str());
  finish_stage(record, note);
}

void controller::report_evaluation(const config::stage_spec& spec, const evaluation& what,
                                   const std::map<std::string, task_result>& results) {
  nlohmann::json answers = nlohmann::json::array();
  for (const auto& [task, r] : results) {
    const double n = std::max<double>(1, static_cast<double>(r.samples));
    const double p = static_cast<double>(r.correct) / n;
    nlohmann::json line{{"kind", "eval"},
                        {"stage", what.of_stage},
                        {"evaluated_by", spec.name},
                        {"step", what.step.value},
                        {"task", task},
                        {"split", to_string(what.from)},
                        {"n", r.samples},
                        {"pass@1", p},
                        {"stderr", std::sqrt(p * (1 - p) / n)},
                        {"undecided", r.undecided},
                        {"temperature", spec.temperature},
                        {"mean_length", static_cast<double>(r.tokens) / n}};
    for (const auto& [part, sum] : r.part_sums) {
      line["rewards/" + part + "/mean"] = sum / n;
    }
    parts_.log->record(line);
    for (const auto& a : r.first) {
      answers.push_back({{"stage", what.of_stage},
                         {"task", task},
                         {"prompt", a.prompt},
                         {"completion", a.completion},
                         {"answer", a.answer},
                         {"verdict", to_string(a.verdict)}});
    }
  }
  if (what.from == split::heldout) {
    parts_.log->report("answers", spec.name, answers);
  }
}

} // namespace troupe::actors
