// SPDX-License-Identifier: Apache-2.0
#include "tests/actors/small_run.hpp"

#include <cstdlib>
#include <stdexcept>
#include <utility>

namespace troupe::actors {

namespace fs = std::filesystem;

namespace {

class letters : public task::prompt_source {
public:
  explicit letters(bool as_messages = false) : as_messages_(as_messages) {}
  task::example at(split from, std::uint64_t index) const override {
    const auto n = std::to_string(index);
    task::example one{
        .question = {.task = "letters", .from = from, .index = index, .text = "p" + n + "?", .answer = "a" + n},
        .demonstration = "d" + n};
    if (as_messages_) {
      one.question.messages = {{"system", "be brief"}, {"user", std::exchange(one.question.text, "")}};
    }
    return one;
  }
  std::optional<std::uint64_t> size(split from) const override {
    return from == split::validation ? std::optional<std::uint64_t>{3} : std::nullopt;
  }

private:
  bool as_messages_;
};

} // namespace

scratch_folder::scratch_folder() : path_((fs::temp_directory_path() / "troupe-actors-XXXXXX").string()) {
  if (::mkdtemp(path_.data()) == nullptr) {
    throw std::runtime_error{"cannot make " + path_};
  }
}

scratch_folder::~scratch_folder() {
  std::error_code ignored; // the test has ended; a folder that stays is the system's to clean
  fs::remove_all(path_, ignored);
}

config::recipe small_recipe() {
  config::recipe r{.name = "small", .seed = 7, .lease_s = 60};
  const std::vector<config::mixture_part> letters_only{{.task = "letters"}};
  const std::vector<config::reward_spec> exact_only{{.name = "exact", .verifier = "exact", .decides = true}};
  r.stages.push_back({.name = "warm",
                      .type = config::stage_type::sft,
                      .data = letters_only,
                      .rewards = exact_only,
                      .max_steps = 4,
                      .per_step_examples = 3});
  r.stages.push_back({.name = "rl",
                      .type = config::stage_type::grpo,
                      .data = letters_only,
                      .rewards = exact_only,
                      .max_steps = 4,
                      .num_generations = 2,
                      .groups_per_batch = 2,
                      .max_staleness = 1});
  r.stages.push_back({.name = "pick",
                      .type = config::stage_type::rejection_sampling,
                      .data = letters_only,
                      .rewards = exact_only,
                      .num_generations = 2,
                      .dataset = "kept"});
  return r;
}

source_map small_sources() {
  return {{"letters", std::make_shared<letters>()}};
}

source_map conversations() {
  return {{"letters", std::make_shared<letters>(true)}};
}

group two_samples(std::uint64_t cursor) {
  group g{.id = {grpo_stage, purpose::train, cursor, 0}, .task = "letters", .prompt_index = cursor};
  g.members.resize(2);
  return g;
}

sample answer_ab(std::uint32_t index, std::uint64_t version) {
  return {.index = index,
          .tokens = {'a', 'b', 0},
          .logprobs = {-1, -1, -1},
          .loss_mask = {1, 1, 1},
          .segments = {{segment_source::policy, 0, 3, policy_version{version}}},
          .finish = finish_reason::stop,
          .text = "ab"};
}

judgement judged(bool correct) {
  const auto verdict = correct ? verdict_kind::correct : verdict_kind::incorrect;
  const double value = correct ? 1 : 0;
  return {.verdict = verdict,
          .reward = value,
          .parts = {{.name = "exact", .value = value, .weight = 1, .verdict = verdict}}};
}

std::shared_ptr<batch> two_groups(std::uint64_t first) {
  auto all = std::make_shared<batch>();
  for (const auto cursor : {first, first + 1}) {
    batch_group one{.what = two_samples(cursor),
                    .asked = small_sources().at("letters")->at(split::train, cursor).question};
    for (std::uint32_t i = 0; i < 2; ++i) {
      const auto said = judged(i == 0);
      one.what.members[i] = {.submitted = true, .num_tokens = 3, .verdict = said.verdict, .reward = said.reward};
      one.samples.push_back(answer_ab(i));
      one.judgements.push_back(said);
    }
    all->groups.push_back(std::move(one));
  }
  all->data_cursor = first + 2;
  return all;
}

} // namespace troupe::actors
