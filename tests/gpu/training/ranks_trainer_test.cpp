// SPDX-License-Identifier: Apache-2.0
// Several ranks train what one rank trains. Each rank is a thread; they meet in Gloo over the loopback interface.
#include "gpu/model/hf_folder.hpp"
#include "gpu/training/torch_trainer.hpp"
#include "runtime/error.hpp"
#include "tests/gpu/model/small_model.hpp"
#include "tests/gpu/training/ranks.hpp"

#include <ATen/ATen.h>
#include <cmath>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <gmock/gmock.h>
#include <limits>
#include <sstream>
#include <utility>

namespace troupe::gpu {
namespace {

/// Largest difference of a parameter, and of a figure relative to max(1, |figure|), between one rank and several after
/// three steps in fp32. Measured: 9.1e-6 and 3.9e-6 at most; the rest is room for another order of additions.
constexpr double parameter_tolerance = 2e-5;
constexpr double figure_tolerance = 5e-5;
constexpr int steps = 3;
const optimizer_options how{.learning_rate = 1e-3, .weight_decay = 0.01, .max_grad_norm = 0.5};

/// Twelve sequences of unlike lengths, some tokens masked; of two or more ranks, shared out unevenly.
std::vector<training_sequence> batch_for(std::uint32_t ranks, int step) {
  std::vector<training_sequence> batch;
  for (std::int32_t i = 0; i < 12; ++i) {
    training_sequence s{.prompt = {i, 30 - i, step}, .advantage = i % 3 == 0 ? 1.5 : -0.5};
    for (std::int32_t j = 0; j < 2 + (i * 5) % 13; ++j) {
      s.completion.push_back((i * 11 + j * j * 5 + step) % 37);
      s.loss_mask.push_back(j == 1 ? 0 : 1);
      s.sampler_logprobs.push_back(-3.0F - 0.1F * static_cast<float>(j));
    }
    s.rank = static_cast<std::uint32_t>(i * i) % ranks;
    batch.push_back(s);
  }
  return batch;
}

using train_step = std::function<figures(trainer&, std::uint32_t ranks, int step)>;

struct outcome {
  at::Tensor parameters;
  std::vector<figures> said;
};

outcome run(trainer& t, std::uint32_t ranks, const train_step& step) {
  outcome result;
  for (int i = 0; i < steps; ++i) {
    result.said.push_back(step(t, ranks, i));
  }
  result.parameters = dynamic_cast<const flat_weights&>(*t.publish(policy_version{1})).flat();
  return result;
}

void expect_alike(const outcome& one, const outcome& several, const std::string& what) {
  const double parameters = (one.parameters - several.parameters).abs().max().item<double>();
  EXPECT_LE(parameters, parameter_tolerance) << what;
  double largest = 0;
  for (std::size_t i = 0; i < one.said.size(); ++i) {
    ASSERT_EQ(one.said[i].size(), several.said[i].size()) << what;
    for (const auto& [name, value] : one.said[i]) {
      const double difference = std::abs(value - several.said[i].at(name)) / std::max(1.0, std::abs(value));
      EXPECT_LE(difference, figure_tolerance) << what << ": " << name << " of step " << i;
      largest = std::max(largest, difference);
    }
  }
  std::printf("%s: parameters differ by %.2g, figures by %.2g\n", what.c_str(), parameters, largest);
}

/// 1 rank against 2 and 3; and the ranks against each other, bit for bit.
void expect_ranks_change_nothing(const std::string& what, const train_step& step) {
  const auto alone = make_torch_trainer(small_weights(3), "", {});
  alone->set_reference_to_policy();
  const auto one = run(*alone, 1, step);
  ASSERT_GT((one.parameters - small_weights(3)->flat()).abs().max().item<double>(), 100 * parameter_tolerance);
  for (const std::uint32_t size : {2U, 3U}) {
    std::vector<outcome> each(size);
    all_well(on_ranks(size, [&](const std::shared_ptr<torch_collective>& ranks) {
      const auto t = make_torch_trainer(small_weights(3), "", {}, ranks);
      t->set_reference_to_policy();
      each[ranks->rank()] = run(*t, size, step);
    }));
    expect_alike(one, each[0], what + ", " + std::to_string(size) + " ranks");
    for (const auto& other : each) {
      EXPECT_TRUE(at::equal(other.parameters, each[0].parameters));
      EXPECT_EQ(other.said, each[0].said);
    }
  }
}

train_step grpo(grpo_options options) {
  options.epsilon = options.epsilon_high = 0.05; // so narrow that some tokens are clipped
  options.max_completion_length = 16;
  return [options](trainer& t, std::uint32_t ranks, int step) {
    const auto f = t.train_grpo(batch_for(ranks, step), options, how);
    EXPECT_GT(f.at("grad_norm"), how.max_grad_norm) << "the gradient is never clipped";
    return f;
  };
}

TEST(RanksTrainer, SftIsThatOfOneRank) {
  expect_ranks_change_nothing("sft", [](trainer& t, std::uint32_t ranks, int step) {
    const auto f = t.train_sft(batch_for(ranks, step), how);
    EXPECT_GT(f.at("grad_norm"), how.max_grad_norm) << "the gradient is never clipped";
    return f;
  });
}

TEST(RanksTrainer, DapoIsThatOfOneRank) {
  expect_ranks_change_nothing("dapo", grpo({.loss = "dapo", .mini_batches = 2}));
}

TEST(RanksTrainer, GrpoIsThatOfOneRank) {
  expect_ranks_change_nothing("grpo", grpo({.loss = "grpo", .beta = 0.05, .mini_batches = 2}));
}

TEST(RanksTrainer, DrGrpoIsThatOfOneRank) {
  expect_ranks_change_nothing("dr_grpo", grpo({.loss = "dr_grpo", .mini_batches = 2}));
}

TEST(RanksTrainer, SeveralPassesWithTruncatedImportanceAreThoseOfOneRank) {
  expect_ranks_change_nothing("two passes", grpo({.rollout_is = true, .num_iterations = 2, .mini_batches = 2}));
}

TEST(RanksTrainer, ARankWithoutASequenceTakesPart) {
  expect_ranks_change_nothing("all on rank 0", [](trainer& t, std::uint32_t, int step) {
    return t.train_grpo(batch_for(1, step), {.mini_batches = 2}, how);
  });
}

TEST(RanksTrainer, AllSkipWhatOneOfThemCannotUse) {
  all_well(on_ranks(2, [&](const std::shared_ptr<torch_collective>& ranks) {
    const auto t = make_torch_trainer(small_weights(3), "", {}, ranks);
    auto batch = batch_for(2, 0);
    batch[1].sampler_logprobs[0] = std::numeric_limits<float>::quiet_NaN(); // rank 1's
    ASSERT_EQ(batch[1].rank, 1U);
    const auto f = t->train_grpo(batch, {.rollout_is = true}, how);
    EXPECT_EQ(f.at("skipped"), 1.0);
    EXPECT_EQ(t->publish(policy_version{})->checksum(), small_weights(3)->checksum());
    EXPECT_EQ(t->train_grpo(batch_for(2, 0), {.rollout_is = true}, how).at("skipped"), 0.0);
  }));
}

TEST(RanksTrainer, WhatOneRankMustRefuseAllRefuse) {
  auto batch = batch_for(2, 0);
  batch[1].completion[0] = 99; // rank 1's; the vocabulary has 37
  const auto ended = on_ranks(2, [&](const std::shared_ptr<torch_collective>& ranks) {
    make_torch_trainer(small_weights(3), "", {}, ranks)->train_grpo(batch, {}, how);
  });
  for (const auto& one : ended) {
    try {
      all_well({one});
      ADD_FAILURE() << "trained on it";
    } catch (const error& e) {
      EXPECT_EQ(e.code(), errc::invalid) << e.what();
    }
  }
}

TEST(RanksTrainer, RanksThatStartFromOtherWeightsAreAConflict) {
  const auto ended = on_ranks(2, [&](const std::shared_ptr<torch_collective>& ranks) {
    make_torch_trainer(small_weights(3 + ranks->rank()), "", {}, ranks);
  });
  for (const auto& one : ended) {
    try {
      all_well({one});
      ADD_FAILURE() << "went on";
    } catch (const error& e) {
      EXPECT_EQ(e.code(), errc::conflict) << e.what();
    }
  }
}

std::string fresh_folder(const std::string& name) {
  const auto folder = std::filesystem::path{testing::TempDir()} / ("troupe_ranks_" + name);
  std::filesystem::remove_all(folder);
  std::filesystem::create_directories(folder);
  return folder.string();
}

std::string bytes_of(const std::string& file) {
  std::ostringstream all;
  all << std::ifstream(file, std::ios::binary).rdbuf();
  return all.str();
}

const grpo_options with_reference{.beta = 0.05, .mini_batches = 2};

figures take_step(trainer& t, std::uint32_t ranks, int step) {
  return t.train_grpo(batch_for(ranks, step), with_reference, how);
}

/// Goes on from `folder` with `size` ranks for one step.
outcome continued(const std::string& folder, std::uint32_t size, const std::string& save_to = {}) {
  outcome result;
  const auto from = read_hf_folder(folder, policy_version{1});
  const auto go_on = [&](trainer& t, std::uint32_t rank) {
    t.gather();
    if (!save_to.empty() && rank == 0) {
      t.save(save_to);
    }
    const auto said = take_step(t, size, 7);
    if (rank == 0) {
      result = {dynamic_cast<const flat_weights&>(*t.publish(policy_version{1})).flat(), {said}};
    }
  };
  if (size == 1) {
    go_on(*make_torch_trainer(from, folder, {}), 0);
  } else {
    all_well(on_ranks(size, [&](const std::shared_ptr<torch_collective>& ranks) {
      go_on(*make_torch_trainer(from, folder, {}, ranks), ranks->rank());
    }));
  }
  return result;
}

TEST(RanksTrainer, ACheckpointOfTwoRanksGoesOnWithOneAndThree) {
  const auto folder = fresh_folder("two"), again = fresh_folder("again");
  all_well(on_ranks(2, [&](const std::shared_ptr<torch_collective>& ranks) {
    const auto t = make_torch_trainer(small_weights(3), "", {}, ranks);
    t->set_reference_to_policy();
    take_step(*t, 2, 0);
    take_step(*t, 2, 1);
    t->gather();
    if (ranks->rank() == 0) {
      t->save(folder);
    }
  }));
  const auto two = continued(folder, 2), one = continued(folder, 1);
  expect_alike(one, two, "one step of 2 ranks after a checkpoint of 2");
  expect_alike(one, continued(folder, 3, again), "one step of 3 ranks after a checkpoint of 2");
  // What 3 ranks write after they read it is the same file again: no bit is lost by sharding, and no padding is kept.
  for (const char* file : {"/optimizer.safetensors", "/model.safetensors"}) {
    EXPECT_EQ(bytes_of(folder + file), bytes_of(again + file)) << file;
  }
}

TEST(RanksTrainer, ARankThatDiesInAStepLeavesTheOthersUnavailable) {
  const auto began = std::chrono::steady_clock::now();
  const auto ended = on_ranks(3, [&](std::shared_ptr<torch_collective> ranks) {
    const bool dies = ranks->rank() == 2;
    const auto t = make_torch_trainer(small_weights(3), "", {}, std::exchange(ranks, nullptr));
    t->train_sft(batch_for(3, 0), how);
    if (!dies) { // else trainer and collective go
      t->train_sft(batch_for(3, 1), how);
    }
  });
  EXPECT_LT(std::chrono::steady_clock::now() - began, std::chrono::seconds{30}); // the deadline is 60
  for (const std::size_t rank : {0, 1}) {
    try {
      all_well({ended[rank]});
      ADD_FAILURE() << "rank " << rank << " went on";
    } catch (const error& e) {
      EXPECT_EQ(e.code(), errc::unavailable) << e.what();
    }
  }
}

} // namespace
} // namespace troupe::gpu
