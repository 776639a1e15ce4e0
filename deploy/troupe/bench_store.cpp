// SPDX-License-Identifier: Apache-2.0
#include "deploy/troupe/bench_store.hpp"

#include "deploy/troupe/measure.hpp"
#include "runtime/rollout/ledger.hpp"
#include "runtime/store/database.hpp"
#include "runtime/store/envelope.hpp"
#include "runtime/store/journal.hpp"
#include "runtime/store/keys.hpp"
#include "schema/codec.hpp"

#include <atomic>
#include <chrono>
#include <filesystem>
#include <functional>
#include <iostream>
#include <nlohmann/json.hpp>
#include <random>
#include <thread>
#include <unistd.h>
#include <vector>

namespace troupe::program {

namespace {

using clock = std::chrono::steady_clock;
constexpr std::uint32_t tokens = 1024; // with their log-probabilities and text: 12 KB
constexpr std::uint32_t group_size = 8;
constexpr std::uint32_t groups_a_batch = 32; // 256 samples
constexpr std::uint64_t soak_keys = 20'000;  // written over and over, so that the disk stays bounded too

/// Removed with everything in it at the end.
class folder {
public:
  explicit folder(const std::string& wanted)
      : path_((wanted.empty() ? std::filesystem::temp_directory_path() : std::filesystem::path{wanted}) /
              ("troupe-bench-store-" + std::to_string(::getpid()))) {
    std::filesystem::create_directories(path_);
  }
  ~folder() {
    std::error_code ignored; // what cannot be removed stays where the user said to put it
    std::filesystem::remove_all(path_, ignored);
  }
  folder(const folder&) = delete;
  folder& operator=(const folder&) = delete;
  std::string sub(const std::string& name) const { return (path_ / name).string(); }

private:
  std::filesystem::path path_;
};

group_id id_of(std::uint64_t n) {
  return {stage_index{1}, purpose::train, n, 0};
}

group group_of(std::uint64_t n) {
  group g{.id = id_of(n), .state = group_state::ready, .task = "addition"};
  g.members.resize(group_size);
  for (auto& m : g.members) {
    m = {.submitted = true, .num_tokens = tokens, .verdict = verdict_kind::correct, .reward = 1};
  }
  return g;
}

/// Tokens of a vocabulary of 32,000 and log-probabilities, random: little to compress.
sample sample_of(std::uint64_t seed) {
  std::mt19937_64 random{seed};
  sample s{.index = 0};
  for (std::uint32_t i = 0; i < tokens; ++i) {
    s.tokens.push_back(static_cast<std::int32_t>(random() % 32'000));
    s.logprobs.push_back(-static_cast<float>(random() % 1000) / 100);
    s.loss_mask.push_back(1);
    s.text += static_cast<char>('a' + random() % 26);
    s.text += i % 6 == 5 ? " " : "xy";
  }
  s.segments = {{segment_source::policy, 0, tokens, policy_version{1}}};
  return s;
}

/// Calls `insert` with 0, 1, 2, ... from so many threads for so long; calls a second.
double rate(std::uint32_t threads, double seconds, const std::function<void(std::uint64_t)>& insert) {
  std::atomic<std::uint64_t> next = 0;
  std::atomic<bool> over = false;
  const auto began = clock::now();
  std::vector<std::thread> all;
  for (std::uint32_t i = 0; i < threads; ++i) {
    all.emplace_back([&] {
      while (!over) {
        insert(next++);
        over = over || since(began) > seconds;
      }
    });
  }
  for (auto& t : all) {
    t.join();
  }
  return static_cast<double>(next) / since(began);
}

sample_id numbered(std::uint64_t n) {
  return {id_of(n / group_size), static_cast<std::uint32_t>(n % group_size)};
}

/// One sample and its group: what the buffer writes when a sample is submitted.
store::write submission(std::uint64_t n, const sample& s) {
  return {.groups = {group_of(n / group_size)}, .samples = {{numbered(n), s}}};
}

nlohmann::json durable_insert(const store_bench& o, const folder& in, const sample& s) {
  store::journal journal{in.sub("journal"), store::open_mode::create};
  store::database raw{in.sub("raw"), store::open_mode::create, {}};
  const auto sealed_sample = store::seal(encode(s));
  const auto sealed_group = store::seal(encode(group_of(0)));
  std::vector<double> ours;
  std::vector<double> theirs;
  std::vector<double> ratios;
  for (std::uint32_t round = 0; round < o.rounds; ++round) {
    theirs.push_back(rate(o.writers, o.seconds, [&](std::uint64_t n) {
      const auto id = numbered(n);
      const store::transition both{{store::family::group, store::key(id.group), sealed_group},
                                   {store::family::sample, store::key(id), sealed_sample}};
      raw.write({&both}, true);
    }));
    ours.push_back(rate(o.writers, o.seconds,
                        [&](std::uint64_t n) { journal.commit(submission(n, s), store::durability::disk); }));
    ratios.push_back(ours.back() / theirs.back());
  }
  return {{"sample_bytes", sealed_sample.size()}, {"writers", o.writers},    {"journal_per_second", median(ours)},
          {"rocksdb_per_second", median(theirs)}, {"ratio", median(ratios)}, {"ratios", ratios}};
}

double unsynced_insert_ms(const store_bench& o, const folder& in, const sample& s) {
  store::journal journal{in.sub("journal"), store::open_mode::existing};
  std::vector<double> took;
  const auto began = clock::now();
  for (std::uint64_t n = 0; since(began) < o.seconds; ++n) {
    const auto what = submission(n, s);
    const auto before = clock::now();
    journal.commit(what, store::durability::wal);
    took.push_back(since(before) * 1000);
  }
  return median(took);
}

/// The learner's way: the ledger chooses 32 groups of 8, their states are written, the samples are read.
nlohmann::json lease_batch(const folder& in, const sample& s) {
  constexpr std::uint64_t rounds = 30;
  store::journal journal{in.sub("lease"), store::open_mode::create};
  rollout::ledger ledger{lease_id{1}};
  for (std::uint64_t n = 0; n < rounds * groups_a_batch; ++n) {
    ledger.restore(group_of(n), 0);
    store::write w{.groups = {group_of(n)}};
    for (std::uint32_t i = 0; i < group_size; ++i) {
      w.samples.push_back({{id_of(n), i}, s});
    }
    journal.commit(w, store::durability::none);
  }
  ledger.begin_stage({.stage = stage_index{1},
                      .gate = {.max_staleness = 1'000'000, .groups_per_batch = groups_a_batch},
                      .drop_stale = false,
                      .num_generations = group_size},
                     policy_version{0});
  ledger.begin_epoch(epoch{1}, 0);
  const rollout::caller learner{.worker = "learner"};
  std::vector<double> leases;
  std::vector<double> reads;
  for (std::uint64_t round = 0; round < rounds; ++round) {
    auto began = clock::now();
    const auto leased = ledger.lease_batch(learner, epoch{1});
    journal.commit({.groups = leased.groups}, store::durability::wal);
    leases.push_back(since(began) * 1000);
    for (int times = 0; times < 2; ++times) { // the first reading warms
      began = clock::now();
      for (const auto& g : leased.groups) {
        for (std::uint32_t i = 0; i < group_size; ++i) {
          if (!journal.find_sample({g.id, i})) {
            std::cerr << "troupe bench store: sample " << to_string(sample_id{g.id, i}) << " is gone\n";
            return {};
          }
        }
      }
    }
    reads.push_back(since(began) * 1000);
    ledger.commit_batch(learner, epoch{1}, leased.lease.value(), policy_version{round + 1});
  }
  return {{"samples", groups_a_batch * group_size}, {"lease_ms_p50", median(leases)}, {"read_ms_p50", median(reads)}};
}

nlohmann::json open_large(const store_bench& o, const folder& in) {
  const auto where = in.sub("large");
  {
    store::journal journal{where, store::open_mode::create};
    for (std::uint64_t n = 0; n < o.groups;) {
      store::write w;
      for (; n < o.groups && w.groups.size() < 1000; ++n) {
        w.groups.push_back(group_of(n));
      }
      journal.commit(w, store::durability::none);
    }
  }
  auto began = clock::now();
  const store::journal journal{where, store::open_mode::existing};
  const double opened = since(began);
  began = clock::now();
  std::uint64_t seen = 0;
  journal.for_each_group([&](const group&) { return ++seen > 0; });
  return {{"groups", seen}, {"open_seconds", opened}, {"read_all_groups_seconds", since(began)}};
}

/// Memory at a fifth of the time, when buffers and caches have filled, and at the end.
nlohmann::json soak(const store_bench& o, const folder& in, const sample& s) {
  store::journal journal{in.sub("soak"), store::open_mode::create};
  const auto insert = [&](std::uint64_t n) { journal.commit(submission(n % soak_keys, s), store::durability::disk); };
  rate(o.writers, o.soak_seconds / 5, insert);
  const auto filled = resident_bytes();
  const auto inserts = rate(o.writers, o.soak_seconds * 4 / 5, insert);
  const auto end = resident_bytes();
  return {{"seconds", o.soak_seconds},
          {"inserts_per_second", inserts},
          {"resident_mb_filled", static_cast<double>(filled) / 1e6},
          {"resident_mb_end", static_cast<double>(end) / 1e6},
          {"growth", static_cast<double>(end) / static_cast<double>(filled) - 1}};
}

} // namespace

int bench_store(const store_bench& o) {
  const folder in{o.folder};
  const auto s = sample_of(1);
  nlohmann::json figures{{"bench", "store"}};
  figures["durable_insert"] = durable_insert(o, in, s);
  figures["unsynced_insert_ms_p50"] = unsynced_insert_ms(o, in, s);
  figures["batch"] = lease_batch(in, s);
  figures["open"] = open_large(o, in);
  if (o.soak_seconds > 0) {
    figures["soak"] = soak(o, in, s);
  }
  std::cout << figures.dump() << "\n";
  return 0;
}

} // namespace troupe::program
