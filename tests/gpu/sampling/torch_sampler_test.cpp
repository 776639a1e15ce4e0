// SPDX-License-Identifier: Apache-2.0
#include "gpu/sampling/torch_sampler.hpp"
#include "runtime/error.hpp"
#include "tests/gpu/model/small_model.hpp"

#include <ATen/ATen.h>
#include <algorithm>
#include <gmock/gmock.h>

namespace troupe::gpu {
namespace {

using testing::ElementsAre;
using ids = std::vector<std::int32_t>;
constexpr decode_mode exact{.deterministic = true};

sample_request request(std::uint32_t i) {
  sample_request r{.tag = i, .seed = 40 + i % 3, .index = i};
  for (std::uint32_t j = 0; j < 2 + i * 5 % 9; ++j) {
    r.prompt.push_back(static_cast<std::int32_t>((i * 7 + j * 3) % 37));
  }
  r.options.max_new_tokens = 5 + i * 3 % 17;
  r.options.temperature = i % 2 == 0 ? 1.0 : 0.7;
  return r;
}

/// Everything sampled, ordered by tag.
std::vector<sample_result> drain(torch_sampler& s) {
  std::vector<sample_result> all;
  while (s.pending() > 0) {
    for (auto& r : s.step()) {
      all.push_back(std::move(r));
    }
  }
  std::sort(all.begin(), all.end(), [](const auto& a, const auto& b) { return a.tag < b.tag; });
  return all;
}

sample alone(std::shared_ptr<const flat_weights> w, sample_request r, decode_mode mode = exact) {
  torch_sampler s{std::move(w), 1, mode};
  s.submit(std::move(r));
  return drain(s).at(0).completion;
}

/// Log-probabilities of a completion by one pass over the whole sequence, as training computes them.
std::vector<float> full_logprobs(const flat_weights& w, const sample_request& r, const sample& done, decode_mode mode) {
  std::vector<std::int64_t> all{r.prompt.begin(), r.prompt.end()};
  all.insert(all.end(), done.tokens.begin(), done.tokens.end());
  const auto n = static_cast<std::int64_t>(all.size()), prompt = static_cast<std::int64_t>(r.prompt.size());
  const auto bound = bind_weights(w.shape(), w.flat());
  const auto tokens = at::tensor(all, at::kLong);
  const auto hidden = hidden_full(w.shape(), bound, tokens, at::arange(n, at::kLong),
                                  at::tensor({0, static_cast<int>(n)}, at::kInt), mode);
  const auto rows = log_softmax_rows(logits_of(bound, hidden, r.options.temperature, mode));
  const auto chosen =
      rows.narrow(0, prompt - 1, n - prompt).gather(1, tokens.narrow(0, prompt, n - prompt).unsqueeze(1)).contiguous();
  return {chosen.const_data_ptr<float>(), chosen.const_data_ptr<float>() + n - prompt};
}

TEST(TorchSampler, ReportsTheLogprobsThatTrainingComputes) {
  const auto w = small_weights(3);
  for (const decode_mode mode : {exact, decode_mode{}}) {
    torch_sampler s{w, 4, mode};
    for (std::uint32_t i = 0; i < 8; ++i) {
      s.submit(request(i));
    }
    for (const auto& r : drain(s)) {
      const auto r0 = request(static_cast<std::uint32_t>(r.tag));
      const auto full = full_logprobs(*w, r0, r.completion, mode);
      if (mode.deterministic) {
        EXPECT_EQ(r.completion.logprobs, full) << "sample " << r.tag; // bit for bit
      }
      for (std::size_t i = 0; i < full.size(); ++i) {
        EXPECT_NEAR(r.completion.logprobs[i], full[i], 1e-4);
      }
    }
  }
}

TEST(TorchSampler, BatchMakeUpDoesNotChangeASample) {
  const auto w = small_weights(3);
  std::vector<sample> one_by_one;
  for (std::uint32_t i = 0; i < 8; ++i) {
    one_by_one.push_back(alone(w, request(i)));
  }
  EXPECT_NE(one_by_one[0].tokens, one_by_one[3].tokens);
  for (const std::uint32_t batch_size : {1U, 3U, 8U, 70U}) {
    torch_sampler s{w, batch_size, exact};
    for (std::uint32_t i = 0; i < 70; ++i) {
      s.submit(request(i));
    }
    const auto all = drain(s);
    ASSERT_EQ(all.size(), 70U);
    for (std::size_t i = 0; i < 8; ++i) {
      EXPECT_EQ(all[i].completion, one_by_one[i]) << "sample " << i << " of batches of " << batch_size;
    }
  }
}

TEST(TorchSampler, ASwapStartsANewSegment) {
  torch_sampler s{small_weights(3, 5), 2, exact};
  auto r = request(0);
  r.options.max_new_tokens = 6;
  s.submit(r);
  s.step();
  s.step();
  s.set_weights(small_weights(4, 6));
  const auto done = drain(s).at(0).completion;
  EXPECT_THAT(done.segments, ElementsAre(segment{segment_source::policy, 0, 2, policy_version{5}},
                                         segment{segment_source::policy, 2, 6, policy_version{6}}));
  EXPECT_EQ(done.tokens.size(), 6U);
  EXPECT_EQ(done.finish, finish_reason::length);
  EXPECT_EQ(s.tokens_sampled(), 6U);
}

TEST(TorchSampler, AnotherSamplerContinuesAPartialBitForBit) {
  const auto w = small_weights(3, 2);
  const auto whole = alone(w, request(6));
  torch_sampler first{w, 4, exact};
  first.submit(request(6));
  first.submit(request(1));
  first.step();
  first.step();
  const auto cancelled = first.cancel_all();
  ASSERT_EQ(cancelled.size(), 2U);
  EXPECT_EQ(first.pending(), 0U);
  EXPECT_EQ(cancelled[0].completion.finish, finish_reason::cancelled);
  EXPECT_EQ(cancelled[0].completion.tokens.size(), 2U);
  auto rest = request(6);
  rest.partial = cancelled[0].completion;
  EXPECT_EQ(alone(w, rest), whole); // the same version: still one segment
  const auto newer = alone(small_weights(9, 3), rest);
  EXPECT_EQ(newer.segments.size(), 2U);
  EXPECT_EQ(newer.segments[1].begin, 2U);
  EXPECT_EQ(newer.segments[1].version, policy_version{3});
}

TEST(TorchSampler, WhatIsCancelledMakesRoomAndChangesNoOther) {
  const auto w = small_weights(3);
  torch_sampler s{w, 2, exact};
  for (std::uint32_t i = 0; i < 4; ++i) { // 0 and 1 run, 2 and 3 are queued
    s.submit(request(i));
  }
  s.step();
  s.cancel(0);
  s.cancel(3);
  s.cancel(77);
  EXPECT_EQ(s.pending(), 2U);
  const auto rest = drain(s);
  ASSERT_EQ(rest.size(), 2U);
  for (const auto& r : rest) {
    EXPECT_EQ(r.completion, alone(w, request(static_cast<std::uint32_t>(r.tag)))) << r.tag;
  }
  EXPECT_EQ(rest[0].tag, 1U);
  EXPECT_EQ(rest[1].tag, 2U);
}

TEST(TorchSampler, CancelReturnsQueuedRequestsToo) {
  torch_sampler s{small_weights(3), 1, exact};
  s.submit(request(0));
  s.submit(request(1));
  s.step();
  const auto all = s.cancel_all();
  ASSERT_EQ(all.size(), 2U);
  EXPECT_EQ(all[1].tag, 1U);
  EXPECT_EQ(all[1].completion.index, 1U);
  EXPECT_TRUE(all[1].completion.tokens.empty());
  EXPECT_EQ(all[1].completion.finish, finish_reason::cancelled);
  EXPECT_TRUE(s.step().empty());
}

/// Every layer adds nothing and the head turns token t into t + 1: a model that counts, modulo 8.
std::shared_ptr<const flat_weights> counting_model() {
  const model_shape shape{.hidden_size = 8,
                          .num_hidden_layers = 1,
                          .num_attention_heads = 2,
                          .num_key_value_heads = 2,
                          .intermediate_size = 4,
                          .vocab_size = 8,
                          .max_position_embeddings = 12,
                          .tie_word_embeddings = false};
  auto flat = at::zeros({parameter_count(weight_layout(shape))});
  auto w = bind_weights(shape, flat);
  w.embedding.copy_(at::eye(8));
  w.final_norm.fill_(1);
  w.head.copy_(at::roll(at::eye(8), {1}, {0}));
  return std::make_shared<flat_weights>(policy_version{}, shape, flat);
}

TEST(TorchSampler, GreedyCountsUntilAStopToken) {
  const auto done = alone(counting_model(), {.prompt = {6, 1}, .options = {.temperature = 0, .stop_tokens = {5}}});
  EXPECT_EQ(done.tokens, (ids{2, 3, 4, 5}));
  EXPECT_EQ(done.finish, finish_reason::stop);
  EXPECT_EQ(done.loss_mask, (std::vector<std::uint8_t>{1, 1, 1, 1}));
  // The head gives sqrt(8) to the next token, 0 to seven others: 2.82843 - ln(16.9188 + 7) = -0.34624
  EXPECT_NEAR(done.logprobs[0], -0.34624, 1e-5);
}

TEST(TorchSampler, PromptAndCompletionFitThePositions) {
  const auto done = alone(counting_model(), {.prompt = {1, 2, 3}, .options = {.temperature = 0}});
  EXPECT_EQ(done.tokens.size(), 9U); // 12 - 3
  EXPECT_EQ(done.finish, finish_reason::length);
}

TEST(TorchSampler, RawLogprobsAreTheModelsOwn) {
  sample_request r{.prompt = {1}, .options = {.temperature = 0.25, .top_k = 1, .max_new_tokens = 1}};
  EXPECT_NEAR(alone(counting_model(), r).logprobs[0], -8.54e-5, 1e-6); // -ln(1 + 7 e^-11.3137)
  r.options.raw_logprobs = true;
  EXPECT_NEAR(alone(counting_model(), r).logprobs[0], -0.34624, 1e-5);
}

TEST(TorchSampler, SamplesWithTheModelsShares) {
  torch_sampler s{counting_model(), 64, exact};
  for (std::uint32_t i = 0; i < 2000; ++i) {
    s.submit({.tag = i, .seed = 11, .index = i, .prompt = {1}, .options = {.max_new_tokens = 1}});
  }
  const auto all = drain(s);
  const auto twos = std::count_if(all.begin(), all.end(), [](const auto& r) { return r.completion.tokens[0] == 2; });
  EXPECT_NEAR(static_cast<double>(twos) / 2000, 0.7073, 0.041); // 16.9188 / 23.9188, four standard errors of 0.0102
}

TEST(TorchSampler, ACompletePartialComesBackUnchanged) {
  auto r = request(0);
  r.partial = alone(small_weights(3), r);
  const auto before = r.partial;
  torch_sampler s{small_weights(4, 1), 1, exact};
  s.submit(r);
  s.submit({.tag = 7, .prompt = {1}, .options = {.max_new_tokens = 0}});
  const auto all = drain(s);
  ASSERT_EQ(all.size(), 2U);
  EXPECT_EQ(all[0].completion, before);
  EXPECT_TRUE(all[1].completion.tokens.empty());
  EXPECT_EQ(s.tokens_sampled(), 0U);
}

TEST(TorchSampler, RefusesWhatItCannotSample) {
  EXPECT_THROW(torch_sampler(counting_model(), 0, exact), error);
  torch_sampler s{counting_model(), 1, exact};
  sample partial;
  partial.tokens = {1};
  const std::vector<std::pair<sample_request, const char*>> wrong{
      {{.prompt = {}}, "empty prompt"},
      {{.prompt = {8}}, "token 8 is outside the model's vocabulary of 8"},
      {{.prompt = {-1}}, "token -1"},
      {{.prompt = ids(12, 1)}, "max_position_embeddings is 12"},
      {{.prompt = {1}, .options = {.temperature = -1}}, "temperature"},
      {{.prompt = {1}, .options = {.top_p = 0}}, "top_p"},
      {{.prompt = {1}, .options = {.stop_tokens = {9}}}, "stop token 9"},
      {{.prompt = {1}, .partial = partial}, "1 tokens"},
  };
  for (const auto& [r, what] : wrong) {
    try {
      s.submit(r);
      ADD_FAILURE() << "accepted, though " << what;
    } catch (const error& e) {
      EXPECT_THAT(e.what(), testing::HasSubstr(what));
    }
  }
  EXPECT_EQ(s.pending(), 0U);
}

} // namespace
} // namespace troupe::gpu
