// SPDX-License-Identifier: Apache-2.0
// The decoder on our kernels against itself composed of ATen's functions in double precision.
#include "gpu/model/decoder.hpp"
#include "tests/gpu/kernels/oracle.hpp"
#include "tests/gpu/model/small_model.hpp"

#include <ATen/Parallel.h>
#include <gtest/gtest.h>
#include <mutex>
#include <set>
#include <thread>

namespace troupe::gpu {
namespace {

struct packed_input {
  at::Tensor tokens, positions, cu_seqlens;
};

packed_input pack(const std::vector<std::vector<std::int64_t>>& sequences) {
  std::vector<std::int64_t> tokens, positions;
  std::vector<std::int32_t> begins{0};
  for (const auto& s : sequences) {
    for (std::size_t i = 0; i < s.size(); ++i) {
      tokens.push_back(s[i]);
      positions.push_back(static_cast<std::int64_t>(i));
    }
    begins.push_back(static_cast<std::int32_t>(tokens.size()));
  }
  return {at::tensor(tokens, at::kLong), at::tensor(positions, at::kLong), at::tensor(begins, at::kInt)};
}

std::vector<std::vector<std::int64_t>> sequences(std::int64_t count) {
  std::vector<std::vector<std::int64_t>> all;
  for (std::int64_t i = 0; i < count; ++i) {
    all.emplace_back();
    for (std::int64_t j = 0; j < 3 + i * 7 % 31; ++j) {
      all.back().push_back((i * 11 + j * j * 5 + j) % 37);
    }
  }
  return all;
}

at::Tensor logprobs(const at::Tensor& flat, const packed_input& in, decode_mode mode, double temperature = 1.0) {
  const auto w = bind_weights(small_shape(), flat);
  return log_softmax_rows(
      logits_of(w, hidden_full(small_shape(), w, in.tokens, in.positions, in.cu_seqlens, mode), temperature, mode));
}

class Decoder : public testing::TestWithParam<bool> {
protected:
  decode_mode mode() const { return {.deterministic = GetParam()}; }
};

TEST_P(Decoder, AgreesWithItsOracleForwardAndBackward) {
  const auto in = pack(sequences(9));
  const auto flat = small_weights(3)->flat().clone().requires_grad_();
  const auto exact_flat = flat.detach().to(at::kDouble).requires_grad_();
  const auto ours = logprobs(flat, in, mode(), 0.8), exact = logprobs(exact_flat, in, mode(), 0.8);
  EXPECT_LT(gap(ours, exact), 1e-4);
  const auto up = noise({ours.size(0), ours.size(1)}, 5);
  ours.backward(up);
  exact.backward(up.to(at::kDouble));
  const double largest = exact_flat.grad().abs().max().item<double>();
  EXPECT_GT(largest, 1.0);
  EXPECT_LT(gap(flat.grad(), exact_flat.grad()), 1e-5 * largest);
}

TEST(Threads, ShareALoopOfOurs) {
  at::set_num_threads(2);
  std::set<std::thread::id> seen;
  std::mutex lock;
  at::parallel_for(0, 2, 1, [&](std::int64_t, std::int64_t) {
    const std::lock_guard held{lock};
    seen.insert(std::this_thread::get_id());
  });
  at::set_num_threads(1);
  EXPECT_EQ(seen.size(), 2U) << "at::parallel_for was compiled without OpenMP";
}

TEST_P(Decoder, TheBitsDoNotDependOnTheThreads) {
  const auto in = pack(sequences(40));
  const auto run = [&](int threads) {
    at::set_num_threads(threads);
    const auto flat = small_weights(3)->flat().clone().requires_grad_();
    const auto out = logprobs(flat, in, mode());
    out.narrow(1, 3, 2).sum().backward();
    return std::pair{out.detach(), flat.grad()};
  };
  const auto one = run(1), three = run(3);
  at::set_num_threads(1);
  if (GetParam()) {
    EXPECT_TRUE(at::equal(one.first, three.first));
    EXPECT_TRUE(at::equal(one.second, three.second));
  }
  EXPECT_LT(gap(one.first, three.first), 1e-4);
}

INSTANTIATE_TEST_SUITE_P(Modes, Decoder, testing::Bool(),
                         [](const auto& p) { return std::string{p.param ? "Deterministic" : "Fast"}; });

TEST(DecoderDeterministic, APackedSequenceHasTheBitsItHasAlone) {
  const auto all = sequences(12);
  const auto flat = small_weights(4)->flat();
  const auto together = logprobs(flat, pack(all), {.deterministic = true});
  std::int64_t begin = 0;
  for (const auto& one : all) {
    const auto n = static_cast<std::int64_t>(one.size());
    EXPECT_TRUE(at::equal(logprobs(flat, pack({one}), {.deterministic = true}), together.narrow(0, begin, n)));
    begin += n;
  }
}

TEST(DecoderDeterministic, AnEarlierTokenDoesNotSeeALaterOne) {
  const auto flat = small_weights(4)->flat();
  const auto a = logprobs(flat, pack({{1, 2, 3, 4}}), {.deterministic = true});
  const auto b = logprobs(flat, pack({{1, 2, 3, 30}}), {.deterministic = true});
  EXPECT_TRUE(at::equal(a.narrow(0, 0, 3), b.narrow(0, 0, 3)));
  EXPECT_FALSE(at::equal(a.select(0, 3), b.select(0, 3)));
}

} // namespace
} // namespace troupe::gpu
