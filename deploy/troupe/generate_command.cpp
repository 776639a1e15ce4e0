// SPDX-License-Identifier: Apache-2.0
#include "deploy/command_line.hpp"
#include "deploy/troupe/commands.hpp"
#include "deploy/troupe/device_option.hpp"
#include "deploy/troupe/json_lines.hpp"
#include "gpu/engine.hpp"
#include "runtime/data/random.hpp"
#include "runtime/error.hpp"
#include "runtime/text/tokenizer.hpp"

#include <algorithm>
#include <iostream>
#include <memory>

namespace troupe::program {

namespace {

struct generate_options {
  std::string model;
  std::string device = "cpu";
  std::uint32_t num_samples = 1;
  std::uint64_t seed = 0;
  gpu::sampling_options sampling{.raw_logprobs = true};
};

std::vector<std::int32_t> prompt_ids(const nlohmann::json& in, const text::tokenizer& tokenizer) {
  if (in.contains("ids")) {
    return require<std::vector<std::int32_t>>(in, "ids");
  }
  if (in.contains("messages")) {
    throw error{errc::invalid, "`messages` needs a chat template, which this tokenizer folder does not have; "
                               "give `prompt` or `ids`"};
  }
  return tokenizer.encode(require<std::string>(in, "prompt"), true);
}

nlohmann::json sample_line(const nlohmann::json& in, gpu::sampler& sampler, const text::tokenizer& tokenizer,
                           const generate_options& o, std::uint64_t line) {
  const auto ids = prompt_ids(in, tokenizer);
  if (ids.empty()) {
    throw error{errc::invalid, "the prompt is empty; give at least one token"};
  }
  for (std::uint32_t i = 0; i < o.num_samples; ++i) {
    sampler.submit({.tag = i,
                    .seed = data::counter_random{o.seed, line}.next(),
                    .index = i,
                    .prompt = ids,
                    .options = o.sampling,
                    .partial = {}});
  }
  std::vector<nlohmann::json> samples(o.num_samples);
  while (sampler.pending() > 0) {
    for (const auto& done : sampler.step()) {
      const auto& s = done.completion;
      samples[done.tag] = {{"text", text::completion_text(tokenizer, s)},
                           {"ids", s.tokens},
                           {"logprobs", s.logprobs},
                           {"finish_reason", to_string(s.finish)}};
    }
  }
  return {{"samples", samples}};
}

} // namespace

void add_generate(CLI::App& app, body& chosen) {
  auto* command = app.add_subcommand("generate", "Sample completions of JSON lines {\"id\",\"prompt\" or \"ids\"}.\n"
                                                 "Example: echo '{\"id\":1,\"prompt\":\"12+34=\"}' | "
                                                 "troupe generate --model DIR --num-samples 4");
  auto o = std::make_shared<generate_options>();
  command->add_option("--model", o->model, "Hugging Face folder")->required();
  command->add_option("--num-samples", o->num_samples, "samples of each prompt")->check(positive());
  command->add_option("--max-new-tokens", o->sampling.max_new_tokens, "at most so many tokens")->check(positive());
  command->add_option("--temperature", o->sampling.temperature, "0 is greedy")->check(not_negative());
  command->add_option("--top-p", o->sampling.top_p, "1 is off")->check(CLI::Range(0.0, 1.0));
  command->add_option("--top-k", o->sampling.top_k, "0 is off");
  command->add_option("--seed", o->seed, "of the random numbers");
  add_dtype(*command);
  add_device(*command, o->device);
  command->callback([&chosen, o] {
    chosen = [o] {
      const auto tokenizer = text::load_tokenizer(o->model);
      o->sampling.stop_tokens = text::read_stop_tokens(o->model, *tokenizer);
      const auto model = open_model(o->model, o->device);
      const auto sampler = model.backend->make_sampler(model.weights, std::min(o->num_samples, 256u));
      std::uint64_t line = 0;
      return answer_lines(std::cin, std::cout,
                          [&](const nlohmann::json& in) { return sample_line(in, *sampler, *tokenizer, *o, line++); });
    };
  });
}

} // namespace troupe::program
