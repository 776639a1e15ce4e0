// SPDX-License-Identifier: Apache-2.0
// Through the plain face alone: this binary does not link LibTorch.
#include "gpu/engine.hpp"
#include "runtime/error.hpp"

#include <filesystem>
#include <fstream>
#include <gmock/gmock.h>
#include <set>
#include <unistd.h>

namespace troupe::gpu {
namespace {

using testing::HasSubstr;

const model_shape shape{.hidden_size = 16,
                        .num_hidden_layers = 1,
                        .num_attention_heads = 2,
                        .num_key_value_heads = 2,
                        .intermediate_size = 24,
                        .vocab_size = 11,
                        .max_position_embeddings = 32,
                        .initializer_range = 0.3};

TEST(OpenBackend, RefusesADeviceThatItDoesNotHave) {
  for (const auto& [device, code, what] : {std::tuple{"cuda:99", errc::unavailable, "device cuda:99"},
                                           {"gpu", errc::invalid, "it must be cpu, cuda or cuda:N"},
                                           {"cuda:x", errc::invalid, "cuda:x"}}) {
    try {
      open_backend({.device = device});
      ADD_FAILURE() << "opened " << device;
    } catch (const error& e) {
      EXPECT_EQ(e.code(), code);
      EXPECT_THAT(e.what(), HasSubstr(what));
    }
  }
}

TEST(OpenBackend, TheCpuLoadsNoCudaLibraryButTheTwoSmallOnes) {
  open_backend({.deterministic = true});
  std::ifstream maps{"/proc/self/maps"};
  std::set<std::string> cuda;
  for (std::string line; std::getline(maps, line);) {
    const auto name = line.substr(line.rfind('/') + 1);
    if (line.find("/nvidia/") != std::string::npos || name.starts_with("libcu") || name.find("_cuda") != name.npos) {
      cuda.insert(name);
    }
  }
  EXPECT_THAT(cuda, testing::ElementsAre("libcudart.so.13", "libcupti.so.13"));
}

TEST(OpenBackend, SamplesScoresAndTrainsThroughTheModule) {
  const auto backend = open_backend({.deterministic = true});
  const auto w = backend->new_weights(shape, 1);
  // embedding 176, attention 4 * 256, mlp 3 * 384, norms 3 * 16
  EXPECT_EQ(w->words().size(), 2400U);
  EXPECT_EQ(w->checksum(), backend->new_weights(shape, 1)->checksum());
  const auto sampler = backend->make_sampler(w, 2);
  sampler->submit({.tag = 3, .seed = 1, .prompt = {1, 2, 3}, .options = {.max_new_tokens = 7}});
  std::vector<sample_result> done;
  while (sampler->pending() > 0) {
    for (auto& r : sampler->step()) {
      done.push_back(std::move(r));
    }
  }
  ASSERT_EQ(done.size(), 1U);
  const auto& completion = done[0].completion;
  std::vector<std::int32_t> ids{1, 2, 3};
  ids.insert(ids.end(), completion.tokens.begin(), completion.tokens.end());
  const auto scored = backend->score(*w, ids, 1.0);
  ASSERT_EQ(scored.size(), 9U);
  EXPECT_EQ(std::vector<float>(scored.begin() + 2, scored.end()), completion.logprobs); // bit for bit
  const auto trainer = backend->make_trainer(w, "");
  EXPECT_EQ(trainer->publish(policy_version{4})->checksum(), w->checksum());
  trainer->train_sft(
      std::vector<training_sequence>{
          {.prompt = {1, 2, 3}, .completion = completion.tokens, .loss_mask = completion.loss_mask}},
      {.learning_rate = 0.01});
  const auto trained = trainer->publish(policy_version{5});
  EXPECT_EQ(trained->version(), policy_version{5});
  EXPECT_NE(trained->checksum(), w->checksum());
  const auto folder = std::filesystem::temp_directory_path() / ("troupe-open-" + std::to_string(::getpid()));
  std::filesystem::create_directories(folder);
  trainer->save(folder);
  EXPECT_EQ(backend->load_weights(folder, {})->checksum(), trained->checksum());
  EXPECT_EQ(backend->make_trainer(backend->load_weights(folder, {}), folder)->publish({})->checksum(),
            trained->checksum());
  std::filesystem::remove_all(folder);
}

TEST(OpenBackend, WordsOfAnotherProcessAreTheWeightsTheyWere) {
  const auto backend = open_backend({.deterministic = true});
  const auto w = backend->new_weights(shape, 1);
  const auto words = w->words();
  const auto owner = std::make_shared<std::vector<std::uint32_t>>(words.begin(), words.end());
  const std::weak_ptr<void> kept = owner;
  auto other = backend->weights_from_words(shape, policy_version{7}, *owner, owner);
  EXPECT_EQ(other->version(), policy_version{7});
  EXPECT_EQ(other->checksum(), w->checksum());
  EXPECT_EQ(other->words().data(), owner->data()); // no copy
  const std::vector<std::int32_t> ids{1, 2, 3, 4};
  EXPECT_EQ(backend->score(*other, ids, 1.0), backend->score(*w, ids, 1.0));
  EXPECT_EQ(kept.use_count(), 2);
  other.reset();
  EXPECT_EQ(kept.use_count(), 1);
  EXPECT_THROW(backend->weights_from_words(shape, {}, std::span{*owner}.first(2399), owner), error);
  EXPECT_THROW(backend->weights_from_words({.vocab_size = 0}, {}, *owner, owner), error);
}

TEST(OpenBackend, ErrorsOfTheModuleKeepTheirCode) {
  const auto backend = open_backend({.deterministic = true});
  const auto w = backend->new_weights(shape, 1);
  EXPECT_TRUE(backend->score(*w, std::vector<std::int32_t>{4}, 1.0).empty());
  try {
    backend->score(*w, std::vector<std::int32_t>{1, 11}, 1.0);
    FAIL() << "scored a token outside the vocabulary";
  } catch (const error& e) { // thrown within the module, caught here
    EXPECT_EQ(e.code(), errc::invalid);
    EXPECT_THAT(e.what(), HasSubstr("id 11"));
  }
  EXPECT_THROW(backend->load_weights("/nowhere", {}), error);
}

} // namespace
} // namespace troupe::gpu
