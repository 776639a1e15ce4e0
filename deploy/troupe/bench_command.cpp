// SPDX-License-Identifier: Apache-2.0
#include "deploy/command_line.hpp"
#include "deploy/troupe/bench_store.hpp"
#include "deploy/troupe/bench_wire.hpp"
#include "deploy/troupe/commands.hpp"
#include "deploy/troupe/device_option.hpp"
#include "deploy/troupe/measure.hpp"
#include "gpu/engine.hpp"

#include <chrono>
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>

namespace troupe::program {

namespace {

constexpr std::uint32_t prompt_tokens = 8;
constexpr std::uint32_t new_tokens = 33;

struct options {
  std::uint32_t threads = 1;
  std::uint32_t batch = 128;
  double seconds = 5;
  std::string device = "cpu";
};

/// The model of r1-tiny: hidden 128, 2 layers, 4 heads, SwiGLU 512, 40 tokens of vocabulary.
gpu::model_shape tiny() {
  return {.vocab_size = 40, .max_position_embeddings = 64, .rope_theta = 1000};
}

int bench_decode(const options& o) {
  const auto backend = gpu::open_backend({.device = o.device, .threads = o.threads});
  const auto sampler = backend->make_sampler(backend->new_weights(tiny(), 1), o.batch);
  std::uint64_t before = 0;
  double took = 0;
  for (std::uint64_t round = 0; took < o.seconds; ++round) {
    for (std::uint32_t i = 0; i < o.batch; ++i) {
      sampler->submit({.tag = i,
                       .seed = round,
                       .index = i,
                       .prompt = std::vector<std::int32_t>(prompt_tokens, 3),
                       .options = {.max_new_tokens = new_tokens},
                       .partial = {}});
    }
    const auto began = std::chrono::steady_clock::now();
    while (sampler->pending() > 0) {
      sampler->step();
    }
    if (round == 0) { // warm-up
      before = sampler->tokens_sampled();
    } else {
      took += since(began);
    }
  }
  std::cout << nlohmann::json{{"bench", "decode"},
                              {"device", o.device},
                              {"threads", o.threads},
                              {"batch", o.batch},
                              {"tokens_per_second", static_cast<double>(sampler->tokens_sampled() - before) / took}}
                   .dump()
            << "\n";
  return 0;
}

int bench_train(const options& o) {
  const auto backend = gpu::open_backend({.device = o.device, .threads = o.threads});
  const auto trainer = backend->make_trainer(backend->new_weights(tiny(), 1), "");
  std::vector<gpu::training_sequence> batch;
  for (std::uint32_t i = 0; i < o.batch; ++i) {
    batch.push_back({.prompt = std::vector<std::int32_t>(prompt_tokens, 3),
                     .completion = std::vector<std::int32_t>(new_tokens, static_cast<std::int32_t>(i % 30)),
                     .loss_mask = std::vector<std::uint8_t>(new_tokens, 1),
                     .sampler_logprobs = std::vector<float>(new_tokens, -3.0F),
                     .advantage = i % 2 == 0 ? 1.0 : -1.0});
  }
  double took = 0;
  std::uint64_t rounds = 0;
  trainer->train_grpo(batch, {}, {});
  for (; took < o.seconds; ++rounds) {
    const auto began = std::chrono::steady_clock::now();
    trainer->train_grpo(batch, {}, {});
    took += since(began);
  }
  std::cout << nlohmann::json{{"bench", "train"},
                              {"device", o.device},
                              {"threads", o.threads},
                              {"batch", o.batch},
                              {"tokens_per_second",
                               static_cast<double>(rounds * o.batch * (prompt_tokens + new_tokens)) / took}}
                   .dump()
            << "\n";
  return 0;
}

} // namespace

void add_bench(CLI::App& app, body& chosen) {
  auto* command =
      app.add_subcommand("bench", "Figures of this machine, one JSON object.\nExample: troupe bench decode");
  command->require_subcommand(1);
  const auto add = [&](const char* name, const char* help, int (*run)(const options&)) {
    auto* one = command->add_subcommand(name, help);
    auto o = std::make_shared<options>();
    one->add_option("--threads", o->threads, "intra-op")->check(positive());
    one->add_option("--batch", o->batch, "sequences at once")->check(positive());
    one->add_option("--seconds", o->seconds, "to measure")->check(positive());
    add_device(*one, o->device);
    one->callback([&chosen, o, run] { chosen = [o, run] { return run(*o); }; });
  };
  add("decode", "Sampling: prompt and completion tokens as in r1-tiny", bench_decode);
  add("train", "GRPO updates on batches of the same shape", bench_train);
  auto* store = command->add_subcommand("store", "The journal: inserts beside raw RocksDB, leases, opening, memory");
  auto o = std::make_shared<store_bench>();
  store->add_option("--folder", o->folder, "on the disk to measure; default: the temporary folder");
  store->add_option("--writers", o->writers, "threads of the durable inserts")->check(positive());
  store->add_option("--seconds", o->seconds, "of each phase")->check(positive());
  store->add_option("--rounds", o->rounds, "of journal and raw RocksDB in turn")->check(positive());
  store->add_option("--groups", o->groups, "in the store whose opening is measured")->check(positive());
  store->add_option("--soak-seconds", o->soak_seconds, "insert so long at full rate and watch memory; 0: do not");
  store->callback([&chosen, o] { chosen = [o] { return bench_store(*o); }; });
  auto* wire = command->add_subcommand("wire", "Between processes: bytes beside plain ZeroMQ, weights, memory");
  auto w = std::make_shared<wire_bench>();
  wire->add_option("--rounds", w->rounds, "of our wire and plain ZeroMQ in turn; 0: leave it out");
  wire->add_option("--round-seconds", w->round_seconds, "each")->check(positive());
  wire->add_option("--weights-mb", w->weights_mb, "a version's size; 0: leave it out")->check(CLI::Range(0, 8000));
  wire->add_option("--versions", w->versions, "published one after the other")->check(positive());
  wire->add_option("--clients", w->clients, "of one server; 0: leave it out");
  wire->add_option("--seconds", w->seconds, "of watching its memory")->check(positive());
  wire->callback([&chosen, w] { chosen = [w] { return bench_wire(*w); }; });
}

} // namespace troupe::program
