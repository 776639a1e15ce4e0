// SPDX-License-Identifier: Apache-2.0
#include "deploy/troupe/reward_judges.hpp"

#include "actors/reward_parts.hpp"
#include "runtime/error.hpp"

#include <cstdlib>
#include <map>
#include <memory>
#include <sstream>
#include <unistd.h>

namespace troupe::program {

namespace {

/// As execvp would find it.
bool is_program(const std::string& name) {
  if (name.find('/') != std::string::npos) {
    return ::access(name.c_str(), X_OK) == 0;
  }
  const char* path = std::getenv("PATH");
  std::istringstream folders{path == nullptr ? "/bin:/usr/bin" : path};
  for (std::string folder; std::getline(folders, folder, ':');) {
    if (::access(((folder.empty() ? "." : folder) + "/" + name).c_str(), X_OK) == 0) {
      return true;
    }
  }
  return false;
}

} // namespace

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

void require_programs(const config::recipe& recipe) {
  for (const auto& stage : recipe.stages) {
    for (const auto& part : stage.rewards) {
      if (!part.command.empty() && !is_program(part.command.front())) {
        throw error{errc::invalid, "stages." + stage.name + ".rewards." + part.name + ": there is no program " +
                                       part.command.front() + " that can be run; give its path, or install it"};
      }
    }
  }
}

} // namespace troupe::program
