// SPDX-License-Identifier: Apache-2.0
// The reading half of buffer_service: payloads of groups, results of evaluations, datasets.
#include "actors/buffer_service.hpp"
#include "actors/reward_parts.hpp"
#include "runtime/config/stage_graph.hpp"
#include "runtime/error.hpp"
#include "runtime/kill_point.hpp"
#include "runtime/metrics/counts_json.hpp"
#include "runtime/store/sample_checksum.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>

namespace troupe::actors {

sample buffer_service::read_sample(const group& g, std::uint32_t index) const {
  const sample_id id{g.id, index};
  if (g.forgotten_ms != 0) {
    throw error{errc::corrupt, "sample " + to_string(id) +
                                   " was forgotten by retention, and is needed still: no checkpoint that covers it is "
                                   "whole; run troupectl checkpoint verify"};
  }
  auto found = journal_.find_sample(id);
  if (!found) {
    throw error{errc::corrupt, "sample " + to_string(id) + " is missing from the store; run troupectl doctor"};
  }
  if (store::sample_checksum(*found) != g.members[index].checksum) {
    throw error{errc::corrupt, "sample " + to_string(id) + " is not the one its group names; run troupectl doctor"};
  }
  return std::move(*found);
}

prompt buffer_service::read_prompt(const group_id& id) const {
  auto found = journal_.find_prompt(id);
  if (!found) {
    throw error{errc::corrupt, "group " + to_string(id) + " has no stored prompt; run troupectl doctor"};
  }
  return std::move(*found);
}

std::vector<sample> buffer_service::read_samples(const group& g) const {
  std::vector<sample> all;
  for (std::uint32_t i = 0; i < g.members.size(); ++i) {
    all.push_back(read_sample(g, i));
  }
  return all;
}

payload<batch> buffer_service::read_groups(const std::vector<group>& groups) const {
  auto out = std::make_shared<batch>();
  for (const auto& g : groups) {
    batch_group one{.what = g, .asked = {}, .samples = read_samples(g)};
    one.asked = read_prompt(g.id);
    for (std::uint32_t i = 0; i < g.members.size(); ++i) {
      one.judgements.push_back(journal_.find_judgement({g.id, i}).value_or(judgement{}));
    }
    out->groups.push_back(std::move(one));
  }
  out->data_cursor = ledger_.next_cursor(purpose::train);
  return out;
}

read_history_reply buffer_service::read_history() const {
  auto checkpoints = std::make_shared<std::vector<checkpoint_record>>();
  for (std::uint32_t i = 0; i < recipe_.stages.size(); ++i) {
    const auto of_stage = journal_.checkpoints(stage_index{i});
    checkpoints->insert(checkpoints->end(), of_stage.begin(), of_stage.end());
  }
  return {.stages = std::make_shared<std::vector<stage_record>>(journal_.stages()),
          .checkpoints = std::move(checkpoints)};
}

summary_reply buffer_service::summary() const {
  std::map<std::string, std::uint64_t> samples;
  journal_.for_each_group([&](const group& g) {
    for (const auto& m : g.members) {
      ++samples[rollout::fate(g, m)];
    }
    return true;
  });
  auto counts = metrics::counts_json(ledger_.counts());
  counts["conserved"] = ledger_.counts().conserved();
  counts["samples"] = samples;
  return {counts.dump()};
}

read_steps_reply buffer_service::read_steps(const read_steps_request& r) const {
  auto steps = std::make_shared<std::vector<step_record>>(journal_.steps(r.stage));
  std::erase_if(*steps, [&](const step_record& one) { return one.version <= r.after; });
  return {.steps = std::move(steps)};
}

lease_batch_reply buffer_service::read_batch(const read_batch_request& r) const {
  std::vector<group> groups;
  for (const auto& id : r.groups) {
    auto g = journal_.find_group(id);
    if (!g) {
      throw error{errc::corrupt, "group " + to_string(id) + " of a recorded step is missing; run troupectl doctor"};
    }
    groups.push_back(std::move(*g));
  }
  return {.what = read_groups(groups)};
}

read_dataset_reply buffer_service::read_dataset(const read_dataset_request& r) const {
  auto records = std::make_shared<std::vector<dataset_record>>();
  journal_.for_each_record(r.name, [&](const dataset_record& one) {
    records->push_back(one);
    return true;
  });
  if (records->empty()) {
    throw error{errc::failed,
                "dataset " + r.name +
                    " has no records: its rejection_sampling stage kept nothing. A run keeps its recipe: "
                    "start another from a checkpoint of this one (model.path), with a lower min_reward or "
                    "more num_prompts"};
  }
  return {.records = std::move(records)};
}

evaluation_reply buffer_service::evaluation(const evaluation_request& r) const {
  require_stage();
  auto results = std::make_shared<std::map<std::string, task_result>>();
  for (const group* g : ledger_.evaluation(r.evaluation)) {
    if (g->id.stage != r.stage || g->state != group_state::scored) {
      continue;
    }
    auto& of = (*results)[g->task];
    ++of.problems;
    const auto asked = journal_.find_prompt(g->id);
    for (std::uint32_t i = 0; i < g->members.size(); ++i) {
      const auto& m = g->members[i];
      ++of.samples;
      of.correct += m.verdict == verdict_kind::correct ? 1 : 0;
      of.undecided += m.verdict == verdict_kind::undecided ? 1 : 0;
      of.tokens += m.num_tokens;
      if (const auto said = journal_.find_judgement({g->id, i})) {
        for (const auto& part : said->parts) {
          of.part_sums[part.name] += part.value;
        }
      }
      if (i == 0 && asked && of.first.size() < 3) {
        of.first.push_back({prompt_text(*asked), read_sample(*g, 0).text, asked->answer, m.verdict});
      }
    }
  }
  return {.by_task = std::move(results)};
}

build_dataset_reply buffer_service::build_dataset(const build_dataset_request& r, clock_reading at) {
  require_stage();
  const auto& s = recipe_.stages.at(r.stage.value);
  for (const auto& known : journal_.datasets()) {
    if (known.name == s.dataset && known.stage == r.stage) { // written by a life that did not come to end the stage
      return {.made = std::make_shared<dataset_manifest>(known)};
    }
  }
  auto made = std::make_shared<dataset_manifest>();
  store::write w;
  std::vector<group_id> groups;
  std::set<std::pair<std::string, std::string>> seen;
  std::map<std::string, std::uint32_t> per_prompt;
  for (const group* g : ledger_.of(purpose::collect)) {
    if (g->state != group_state::ready) {
      continue;
    }
    groups.push_back(g->id);
    made->policy = g->pinned.value_or(policy_version{});
    const auto asked = read_prompt(g->id);
    const auto text = prompt_text(asked);
    for (std::uint32_t i = 0; i < g->members.size(); ++i) {
      const auto& m = g->members[i];
      ++made->considered;
      if (m.dropped != drop_reason::none || m.verdict != verdict_kind::correct || m.reward + 1e-9 < s.min_reward ||
          m.finish != finish_reason::stop || per_prompt[text] >= s.max_per_prompt) {
        continue;
      }
      const auto said = read_sample(*g, i);
      if (seen.emplace(text, said.text).second) {
        ++per_prompt[text];
        w.records.emplace_back(s.dataset, dataset_record{made->records++, sample_id{g->id, i}, g->task, text, said.text,
                                                         asked.answer, m.reward});
      }
    }
  }
  made->name = s.dataset;
  made->stage = r.stage;
  made->step = r.step.value;
  made->policy_checkpoint = r.policy_checkpoint;
  for (const auto& name : config::datasets_behind(recipe_, r.stage)) {
    made->parents.push_back(name + "@1");
  }
  made->verifiers = verify::rewards{reward_parts(s, recipe_.seed)}.names_and_versions();
  made->filter = "correct, reward >= " + std::to_string(s.min_reward) + ", ended by itself, unique, at most " +
                 std::to_string(s.max_per_prompt) + " a prompt";
  made->seed = recipe_.seed;
  w.dataset = *made;
  kill_point("before_dataset");
  save(ledger_.collect(groups, at.wall_ms), std::move(w), store::durability::disk);
  kill_point("after_dataset_before_stage_end");
  return {.made = std::move(made)};
}

} // namespace troupe::actors
