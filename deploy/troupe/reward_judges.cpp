// SPDX-License-Identifier: Apache-2.0
#include "deploy/troupe/reward_judges.hpp"

#include "runtime/verify/rewards.hpp"

#include <map>
#include <memory>

namespace troupe::program {

namespace {

std::vector<verify::reward_options> parts_of(const config::stage_spec& stage, std::uint64_t seed) {
  auto specs = stage.rewards;
  if (specs.empty()) {
    specs = {{.name = "exact", .verifier = "exact", .decides = true},
             {.name = "format", .verifier = "format", .weight = 0.1}};
  }
  std::vector<verify::reward_options> parts;
  for (const auto& r : specs) {
    parts.push_back(
        {.name = r.name,
         .judge = {.verifier = r.verifier, .command = r.command, .url = r.url, .timeout_s = r.timeout_s, .seed = seed},
         .weight = r.weight,
         .decides = r.decides,
         .tasks = r.tasks});
  }
  return parts;
}

} // namespace

actors::judge_group make_group_judge(const config::recipe& recipe) {
  const auto by_stage = std::make_shared<std::map<stage_index, std::unique_ptr<verify::rewards>>>();
  return [by_stage, &recipe](const actors::generated_group& g) {
    auto& rewards = (*by_stage)[g.what.id.stage];
    if (!rewards) {
      rewards = std::make_unique<verify::rewards>(parts_of(recipe.stages.at(g.what.id.stage.value), recipe.seed));
    }
    std::vector<verify::question> questions;
    for (const auto& s : g.samples) {
      questions.push_back({&g.asked, s.text, to_string(sample_id{g.what.id, s.index})});
    }
    return rewards->judge_all(questions);
  };
}

} // namespace troupe::program
