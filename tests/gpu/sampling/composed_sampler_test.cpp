// SPDX-License-Identifier: Apache-2.0
// The road without kernels of ours, which other devices take, walked on the CPU in double precision.
#include "gpu/sampling/torch_sampler.hpp"
#include "tests/gpu/model/small_model.hpp"

#include <ATen/ATen.h>
#include <algorithm>
#include <gtest/gtest.h>

namespace troupe::gpu {
namespace {

std::vector<sample_result> sample_all(const std::shared_ptr<const flat_weights>& w) {
  torch_sampler s{w, 3, {}}; // fewer slots than requests: refilled while others run
  for (std::uint32_t i = 0; i < 7; ++i) {
    sample_request r{.tag = i, .seed = 40, .index = i, .prompt = {1, 2, static_cast<std::int32_t>(3 + i)}};
    r.options.max_new_tokens = 4 + i * 3;
    s.submit(std::move(r));
  }
  std::vector<sample_result> all;
  while (s.pending() > 0) {
    for (auto& r : s.step()) {
      all.push_back(std::move(r));
    }
  }
  std::sort(all.begin(), all.end(), [](const auto& a, const auto& b) { return a.tag < b.tag; });
  return all;
}

TEST(ComposedSampler, SamplesWhatTheKernelsSample) {
  const auto single = small_weights(3);
  const auto wide = std::make_shared<flat_weights>(policy_version{}, single->shape(), single->flat().to(at::kDouble));
  const auto expected = sample_all(single);
  const auto got = sample_all(wide);
  ASSERT_EQ(got.size(), 7U);
  for (std::size_t i = 0; i < got.size(); ++i) {
    ASSERT_EQ(got[i].completion.tokens, expected[i].completion.tokens) << "request " << i;
    for (std::size_t t = 0; t < got[i].completion.logprobs.size(); ++t) {
      EXPECT_NEAR(got[i].completion.logprobs[t], expected[i].completion.logprobs[t], 1e-4);
    }
  }
}

} // namespace
} // namespace troupe::gpu
