// SPDX-License-Identifier: Apache-2.0
#include "actors/sampling_seed.hpp"
#include "actors/sampling_station.hpp"
#include "deploy/command_line.hpp"
#include "deploy/troupe/commands.hpp"
#include "deploy/troupe/device_option.hpp"
#include "runtime/error.hpp"
#include "runtime/task/sources.hpp"
#include "runtime/verify/consensus.hpp"
#include "runtime/verify/rewards.hpp"

#include <algorithm>
#include <cmath>
#include <fstream>
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>

namespace troupe::program {

namespace {

struct eval_options {
  std::string model;
  std::string task;
  std::string answers;
  std::string device = "cpu";
  std::uint32_t num_samples = 1;
  std::uint32_t k = 1;
  std::uint64_t limit = 512;
  std::uint64_t seed = 1;
  bool skip_bad_lines = false;
  gpu::sampling_options sampling;
};

/// 1 - C(n - c, k) / C(n, k): the chance that one of k samples is right, estimated from c right of n.
/// Source: Chen et al., "Evaluating Large Language Models Trained on Code" (arXiv 2107.03374), section 2.1.
double pass_at_k(std::uint64_t n, std::uint64_t c, std::uint64_t k) {
  if (n - c < k) {
    return 1;
  }
  double all_wrong = 1;
  for (std::uint64_t j = n - c + 1; j <= n; ++j) {
    all_wrong *= 1 - static_cast<double>(k) / static_cast<double>(j);
  }
  return 1 - all_wrong;
}

struct problem {
  prompt asked;
  std::vector<std::string> texts;
  std::vector<verdict_kind> verdicts;
};

std::shared_ptr<const task::prompt_source> source_of(const eval_options& o) {
  const bool file = o.task.find(".jsonl") != std::string::npos;
  return task::make_source(
      {.name = o.task, .kind = file ? "" : o.task, .path = file ? o.task : "", .skip_bad_lines = o.skip_bad_lines});
}

std::vector<problem> sample_all(const eval_options& o) {
  const auto source = source_of(o);
  for (const auto& remark : source->remarks()) {
    std::cerr << "troupe eval: " << remark << '\n';
  }
  const auto tokenizer = text::load_tokenizer(o.model);
  const auto model = open_model(o.model, o.device);
  const auto sampler = model.backend->make_sampler(model.weights, 128);
  std::vector<problem> problems;
  auto sampling = o.sampling;
  sampling.stop_tokens = text::read_stop_tokens(o.model, *tokenizer);
  const auto n = std::min(o.limit, source->size(split::heldout).value_or(o.limit));
  for (std::uint64_t i = 0; i < n; ++i) {
    problems.push_back({source->at(split::heldout, i).question, std::vector<std::string>(o.num_samples), {}});
    for (std::uint32_t j = 0; j < o.num_samples; ++j) {
      sampler->submit({.tag = i * o.num_samples + j,
                       .seed = actors::problem_seed(o.seed, problems.back().asked),
                       .index = j,
                       .prompt = tokenizer->encode(prompt_text(problems.back().asked), true),
                       .options = sampling,
                       .partial = {}});
    }
  }
  while (sampler->pending() > 0) {
    for (const auto& done : sampler->step()) {
      problems[done.tag / o.num_samples].texts[done.tag % o.num_samples] =
          text::completion_text(*tokenizer, done.completion);
    }
  }
  return problems;
}

int evaluate(const eval_options& o) {
  if (o.k > o.num_samples) {
    throw error{errc::invalid, "--k " + std::to_string(o.k) + " needs at least as many --num-samples"};
  }
  auto problems = sample_all(o);
  verify::rewards rewards{{{.name = "exact", .judge = {.verifier = "exact"}, .decides = true}}};
  std::ofstream answers;
  if (!o.answers.empty()) {
    answers.open(o.answers);
    if (!answers) {
      throw error{errc::invalid, "cannot write " + o.answers};
    }
  }
  double first = 0, any = 0, consensus = 0, squares = 0;
  for (auto& p : problems) {
    std::uint64_t right = 0;
    for (const auto& text : p.texts) {
      const verify::question q{&p.asked, text, ""};
      p.verdicts.push_back(rewards.judge_all({&q, 1}).front().verdict);
      right += p.verdicts.back() == verdict_kind::correct ? 1 : 0;
      if (answers.is_open()) {
        answers << nlohmann::json{{"prompt", prompt_text(p.asked)},
                                  {"completion", text},
                                  {"answer", p.asked.answer},
                                  {"verdict", to_string(p.verdicts.back())}}
                       .dump()
                << "\n";
      }
    }
    const double share = static_cast<double>(right) / o.num_samples;
    first += share;
    squares += share * share;
    any += pass_at_k(o.num_samples, right, o.k);
    consensus += verify::consensus_right(p.texts, p.verdicts) ? 1 : 0;
  }
  const double n = std::max<double>(1, static_cast<double>(problems.size()));
  const double mean = first / n;
  std::cout << nlohmann::json{{"task", o.task},
                              {"split", "heldout"},
                              {"problems", problems.size()},
                              {"num_samples", o.num_samples},
                              {"pass@1", mean},
                              {"pass@" + std::to_string(o.k), o.k == 1 ? mean : any / n},
                              {"cons@" + std::to_string(o.num_samples), consensus / n},
                              {"stderr", std::sqrt(std::max(0.0, squares / n - mean * mean) / n)}}
                   .dump()
            << "\n";
  return 0;
}

} // namespace

void add_eval(CLI::App& app, body& chosen) {
  auto* command = app.add_subcommand("eval", "Accuracy of a model on a task's held-out problems.\n"
                                             "Example: troupe eval --model DIR --task addition --num-samples 4 --k 4");
  auto o = std::make_shared<eval_options>();
  command->add_option("--model", o->model, "Hugging Face folder")->required();
  command->add_option("--task", o->task, "kind of generator, or a .jsonl file")->required();
  command->add_flag("--skip-bad-lines", o->skip_bad_lines, "count and skip lines of the file that hold no problem");
  command->add_option("--num-samples", o->num_samples, "samples of each problem")->check(positive());
  command->add_option("--k", o->k, "of pass@k")->check(positive());
  command->add_option("--temperature", o->sampling.temperature, "0 is greedy")->check(not_negative());
  command->add_option("--top-p", o->sampling.top_p, "1 is off")->check(CLI::Range(0.0, 1.0));
  command->add_option("--max-new-tokens", o->sampling.max_new_tokens, "at most so many tokens");
  command->add_option("--limit", o->limit, "at most so many problems");
  command->add_option("--seed", o->seed, "of the random numbers");
  command->add_option("--answers", o->answers, "write every answer as a JSON line here");
  add_device(*command, o->device);
  command->callback([&chosen, o] { chosen = [o] { return evaluate(*o); }; });
}

} // namespace troupe::program
