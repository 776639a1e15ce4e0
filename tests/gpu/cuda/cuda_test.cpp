// SPDX-License-Identifier: Apache-2.0
// The model on a CUDA device, beside the same on the CPU. Skipped, with the reason, where there is none.
#include "gpu/engine.hpp"
#include "runtime/error.hpp"

#include <cmath>
#include <filesystem>
#include <gtest/gtest.h>
#include <unistd.h>

namespace troupe::gpu {
namespace {

const model_shape shape{.hidden_size = 64,
                        .num_hidden_layers = 2,
                        .num_attention_heads = 4,
                        .num_key_value_heads = 2,
                        .intermediate_size = 128,
                        .vocab_size = 37,
                        .max_position_embeddings = 64,
                        .initializer_range = 0.2};

/// NVIDIA's driver makes /dev/nvidia0, /dev/nvidia1, ...
bool driver_shows_a_device() {
  for (const auto& entry : std::filesystem::directory_iterator{"/dev"}) {
    const auto name = entry.path().filename().string();
    if (name.starts_with("nvidia") && name.find_first_not_of("0123456789", 6) == std::string::npos && name.size() > 6) {
      return true;
    }
  }
  return false;
}

class Cuda : public ::testing::Test {
protected:
  void SetUp() override {
    if (!driver_shows_a_device()) { // where there is one, a module that does not load is a failure
      GTEST_SKIP() << "no CUDA device: there is no /dev/nvidia0 or the like, so nothing was tested on one";
    }
    device_ = open_backend({.device = "cuda"});
    cpu_ = open_backend({.device = "cpu"});
    on_device_ = device_->new_weights(shape, 1);
    on_cpu_ = cpu_->new_weights(shape, 1);
  }

  static std::vector<training_sequence> batch_of(const std::vector<sample_result>& sampled) {
    std::vector<training_sequence> batch;
    for (const auto& r : sampled) {
      const auto& s = r.completion;
      batch.push_back({.prompt = prompt_,
                       .completion = s.tokens,
                       .loss_mask = s.loss_mask,
                       .sampler_logprobs = s.logprobs,
                       .advantage = s.index % 2 == 0 ? 1.0 : -1.0});
    }
    return batch;
  }
  std::vector<sample_result> sample(std::uint32_t n) {
    const auto sampler = device_->make_sampler(on_device_, 3); // fewer slots than requests
    for (std::uint32_t i = 0; i < n; ++i) {
      sampler->submit({.tag = i, .seed = 5, .index = i, .prompt = prompt_, .options = {.max_new_tokens = 8 + i}});
    }
    std::vector<sample_result> all;
    while (sampler->pending() > 0) {
      for (auto& r : sampler->step()) {
        all.push_back(std::move(r));
      }
    }
    return all;
  }

  static inline const std::vector<std::int32_t> prompt_{1, 2, 3, 4};
  std::shared_ptr<backend> device_, cpu_;
  std::shared_ptr<const weights> on_device_, on_cpu_;
};

TEST_F(Cuda, TheSamplerReportsWhatTheTrainersForwardComputes) {
  for (const auto& r : sample(7)) {
    auto ids = prompt_;
    ids.insert(ids.end(), r.completion.tokens.begin(), r.completion.tokens.end());
    const auto here = device_->score(*on_device_, ids, 1.0);
    const auto there = cpu_->score(*on_cpu_, ids, 1.0);
    for (std::size_t i = 0; i < r.completion.logprobs.size(); ++i) {
      EXPECT_NEAR(here[prompt_.size() - 1 + i], r.completion.logprobs[i], 1e-3);
      EXPECT_NEAR(there[prompt_.size() - 1 + i], r.completion.logprobs[i], 1e-3);
    }
  }
}

TEST_F(Cuda, AGrpoStepMovesThePolicyAsOnTheCpu) {
  const auto batch = batch_of(sample(6));
  const auto here = device_->make_trainer(on_device_, "");
  const auto there = cpu_->make_trainer(on_cpu_, "");
  const grpo_options loss{.mini_batches = 2};
  const optimizer_options how{.learning_rate = 1e-3};
  const auto figures = here->train_grpo(batch, loss, how);
  const auto expected = there->train_grpo(batch, loss, how);
  EXPECT_NEAR(figures.at("loss"), expected.at("loss"), 1e-3);
  EXPECT_NEAR(figures.at("grad_norm"), expected.at("grad_norm"), 1e-2 * std::max(1.0, expected.at("grad_norm")));
  EXPECT_LT(figures.at("sampling/sampling_logp_difference/max"), 1e-3);
  EXPECT_NE(here->publish(policy_version{1})->checksum(), on_device_->checksum());
}

TEST_F(Cuda, ACheckpointIsReadAsItWasWritten) {
  const auto trainer = device_->make_trainer(on_device_, "");
  trainer->train_grpo(batch_of(sample(6)), {}, {.learning_rate = 1e-3});
  const auto trained = trainer->publish(policy_version{1});
  const auto folder = std::filesystem::temp_directory_path() / ("troupe-cuda-" + std::to_string(::getpid()));
  std::filesystem::create_directories(folder);
  trainer->save(folder);
  EXPECT_EQ(device_->load_weights(folder, {})->checksum(), trained->checksum());
  EXPECT_EQ(cpu_->load_weights(folder, {})->checksum(), trained->checksum());
  EXPECT_EQ(device_->make_trainer(device_->load_weights(folder, {}), folder)->publish({})->checksum(),
            trained->checksum());
  std::filesystem::remove_all(folder);
}

} // namespace
} // namespace troupe::gpu
