// SPDX-License-Identifier: Apache-2.0
#include "runtime/config/plan.hpp"

#include "runtime/config/document.hpp"
#include "runtime/config/recipe_schema.hpp"
#include "runtime/config/stage_graph.hpp"
#include "runtime/task/sources.hpp"
#include "runtime/text/utf8.hpp"

#include <algorithm>
#include <cstdio>

namespace troupe::config {
namespace {

std::uint64_t tasks_in(const stage_spec& s) {
  return static_cast<std::uint64_t>(
      std::count_if(s.data.begin(), s.data.end(), [](const mixture_part& one) { return !one.task.empty(); }));
}

stage_plan plan_of(const recipe& r, const stage_spec& s) {
  stage_plan to{s.name, s.type, "the model", 0, 0, 0, 0};
  const auto validations =
      trains(s.type) && s.eval_steps > 0 ? s.max_steps / s.eval_steps * tasks_in(s) * s.eval_limit : 0;
  switch (s.type) {
  case stage_type::sft:
    to.steps = s.max_steps;
    to.prompts = std::uint64_t{s.max_steps} * s.per_step_examples;
    to.tokens = to.prompts * r.model.max_position_embeddings;
    break;
  case stage_type::grpo:
    to.steps = s.max_steps;
    to.prompts = std::uint64_t{s.max_steps} * s.groups_per_batch;
    to.samples = to.prompts * answers_of(s);
    break;
  case stage_type::rejection_sampling:
    to.prompts = s.num_prompts;
    to.samples = to.prompts * answers_of(s);
    break;
  case stage_type::eval:
    to.prompts = s.num_problems * tasks_in(s);
    to.samples = to.prompts * answers_of(s);
    break;
  }
  to.samples += validations;
  to.tokens += to.samples * s.max_completion_length;
  return to;
}

/// Bytes at the peak: a copy of the weights for each generator, the published one, and for each rank of the learner its
/// own with gradient and, of several, what it sends; two moments over all ranks; caches of the generators; what the
/// learner's batch keeps for the backward pass.
std::uint64_t memory_of(const recipe& r, const plan& p) {
  const auto& m = r.model;
  const std::uint64_t weights = 4 * p.parameters;
  bool reference = false;
  std::uint64_t batch_tokens = 0;
  for (const auto& s : r.stages) {
    reference = reference || (s.type == stage_type::grpo && s.beta > 0);
    const std::uint64_t sequences =
        s.type == stage_type::sft ? s.per_step_examples
        : s.type == stage_type::grpo
            ? (std::uint64_t{s.groups_per_batch} * s.num_generations + s.mini_batches - 1) / s.mini_batches
            : 0;
    batch_tokens = std::max(batch_tokens, sequences * m.max_position_embeddings);
  }
  const std::uint64_t head_width = m.hidden_size / m.num_attention_heads;
  const std::uint64_t cache = std::uint64_t{r.generator_batch_size} * m.max_position_embeddings * m.num_hidden_layers *
                              2 * m.num_key_value_heads * head_width * 4;
  const std::uint64_t kept_per_layer = 8ull * m.hidden_size + 4ull * m.intermediate_size +
                                       std::uint64_t{m.num_attention_heads} * m.max_position_embeddings;
  const std::uint64_t activations = batch_tokens * 4 * (m.num_hidden_layers * kept_per_layer + 3 * p.vocabulary);
  const std::uint64_t each_rank = 2 + (reference ? 1 : 0) + (r.learners > 1 ? 1 : 0);
  return weights * (r.generators + 1 + 2 + r.learners * each_rank) + r.generators * cache + activations;
}

std::uint64_t length_of(const prompt& asked) {
  std::uint64_t length = text::characters(asked.text).size();
  for (const auto& message : asked.messages) {
    length += text::characters(message.content).size();
  }
  return length;
}

/// The longest of the finite splits, and of the first 1024 train prompts.
std::uint64_t longest_prompt(const task::prompt_source& source) {
  std::uint64_t longest = 0;
  for (const auto from : {split::train, split::validation, split::heldout}) {
    const auto looked_at = std::min<std::uint64_t>(source.size(from).value_or(1024), 100000);
    for (std::uint64_t i = 0; i < looked_at; ++i) {
      longest = std::max(longest, length_of(source.at(from, i).question));
    }
  }
  return longest;
}

std::string grouped(std::uint64_t number) {
  auto text = std::to_string(number);
  for (auto at = static_cast<std::ptrdiff_t>(text.size()) - 3; at > 0; at -= 3) {
    text.insert(static_cast<std::size_t>(at), " ");
  }
  return text;
}

} // namespace

sources open_sources(const recipe& r) {
  sources opened;
  for (const auto& t : r.tasks) {
    opened[t.name] = task::make_source(
        {t.name, t.kind, t.path, t.skip_bad_lines, t.seed, t.validation_size, t.heldout_size, t.parameters});
  }
  return opened;
}

std::uint64_t count_parameters(const model_spec& m, std::uint64_t vocabulary) {
  const std::uint64_t width = m.hidden_size;
  const std::uint64_t keys = width / m.num_attention_heads * m.num_key_value_heads;
  const std::uint64_t layer = 2 * width * width + 2 * width * keys + 3 * width * m.intermediate_size + 2 * width;
  return vocabulary * width + m.num_hidden_layers * layer + width;
}

void check_prompts(const recipe& r, const sources& from) {
  std::map<std::string, std::uint64_t> longest;
  for (const auto& s : r.stages) {
    const auto where = s.line > 0 ? r.file + ":" + std::to_string(s.line) : r.file;
    const auto path = "stages." + s.name;
    for (const auto& part : s.data) {
      if (part.task.empty()) {
        continue;
      }
      const auto& source = *from.at(part.task);
      const auto needs = [&](split which, std::uint64_t count) {
        const auto has = source.size(which);
        if (has && *has < count) {
          refuse(where, path,
                 "needs " + std::to_string(count) + " " + to_string(which) + " prompts of task " + part.task +
                     ", which has " + std::to_string(*has) + "; add prompts, or ask for fewer");
        }
      };
      needs(s.type == stage_type::eval ? s.eval_split : split::train, s.type == stage_type::eval ? s.num_problems : 1);
      if (trains(s.type) && s.eval_steps > 0) {
        needs(split::validation, 1);
      }
      if (s.type == stage_type::sft && source.at(split::train, 0).demonstration.empty()) {
        refuse(where, path + ".data",
               "task " + part.task + " has no demonstrations to learn from; give each line a \"completion\"");
      }
      if (r.model.path.empty()) { // a token a character; another tokenizer has its own lengths
        auto [known, fresh] = longest.try_emplace(part.task, 0);
        known->second = fresh ? longest_prompt(source) : known->second;
        const auto total = known->second + s.max_completion_length;
        if (total > r.model.max_position_embeddings) {
          refuse(where, path + ".max_completion_length",
                 "is " + std::to_string(s.max_completion_length) + "; with the longest prompt of task " + part.task +
                     " (" + std::to_string(known->second) + ") it passes model.max_position_embeddings (" +
                     std::to_string(r.model.max_position_embeddings) + "); lower it, or raise that to " +
                     std::to_string(total));
        }
      }
    }
  }
}

plan make_plan(const recipe& r, std::uint64_t vocabulary) {
  plan p;
  p.vocabulary = vocabulary;
  p.parameters = r.model.path.empty() ? count_parameters(r.model, vocabulary) : 0;
  const stage_graph graph(r);
  for (std::uint32_t i = 0; i < r.stages.size(); ++i) {
    p.stages.push_back(plan_of(r, r.stages[i]));
    if (const auto parent = graph.parent(stage_index(i))) {
      p.stages.back().starts_from = r.stages[parent->value].name;
    }
  }
  p.memory_bytes = memory_of(r, p);
  return p;
}

std::string to_text(const recipe& r, const plan& p) {
  std::string text =
      "recipe     " + r.name + " (" + r.file + "), seed " + std::to_string(r.seed) + ", device " + r.device + "\n";
  text += r.model.path.empty() ? "model      new: " + grouped(p.parameters) + " parameters, " +
                                     std::to_string(p.vocabulary) + " tokens\n"
                               : "model      " + r.model.path + "\n";
  text += "memory     about " + grouped((p.memory_bytes + (1 << 20) - 1) >> 20) + " MiB" +
          (r.model.path.empty() ? "" : " beside the weights") + "\n\n";
  char line[256];
  const auto row = [&](const char* name, const char* type, const char* start, const std::string& steps,
                       const std::string& prompts, const std::string& samples, const std::string& tokens) {
    std::snprintf(line, sizeof line, "%-22s %-20s %-18s %7s %10s %10s %13s\n", name, type, start, steps.c_str(),
                  prompts.c_str(), samples.c_str(), tokens.c_str());
    text += line;
  };
  row("stage", "type", "starts from", "steps", "prompts", "answers", "tokens <=");
  for (const auto& s : p.stages) {
    row(s.name.c_str(), to_string(s.type).c_str(), s.starts_from.c_str(), grouped(s.steps), grouped(s.prompts),
        grouped(s.samples), grouped(s.tokens));
  }
  return text;
}

} // namespace troupe::config
