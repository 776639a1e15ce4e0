// SPDX-License-Identifier: Apache-2.0
#include "deploy/troupe/reward_judges.hpp"

#include "actors/reward_parts.hpp"

#include <map>
#include <memory>

namespace troupe::program {

actors::judge_group make_group_judge(const config::recipe& recipe) {
  const auto by_stage = std::make_shared<std::map<stage_index, std::unique_ptr<verify::rewards>>>();
  return [by_stage, &recipe](const actors::generated_group& g) {
    auto& rewards = (*by_stage)[g.what.id.stage];
    if (!rewards) {
      rewards =
          std::make_unique<verify::rewards>(actors::reward_parts(recipe.stages.at(g.what.id.stage.value), recipe.seed));
    }
    std::vector<verify::question> questions;
    for (const auto& s : g.samples) {
      questions.push_back({&g.asked, s.text, to_string(sample_id{g.what.id, s.index})});
    }
    return rewards->judge_all(questions);
  };
}

} // namespace troupe::program
