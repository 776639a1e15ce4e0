// SPDX-License-Identifier: Apache-2.0
#include "gpu/sampling/choose.hpp"

#include "gpu/kernels/log_softmax.hpp"
#include "runtime/data/random.hpp"

#include <algorithm>
#include <numeric>
#include <vector>

namespace troupe::gpu {

double token_uniform(std::uint64_t seed, std::uint32_t index, std::uint64_t position) {
  return data::counter_random{seed, index, position}.uniform();
}

namespace {

/// The tokens that top-k and top-p leave, most likely first; of equals, the lower id first. p: [V].
std::vector<std::int32_t> candidates(std::span<const float> p, const sampling_options& how) {
  std::vector<std::int32_t> order(p.size());
  std::iota(order.begin(), order.end(), 0);
  const auto of = [&](std::int32_t token) { return p[static_cast<std::size_t>(token)]; };
  const auto before = [&](std::int32_t a, std::int32_t b) { return of(a) > of(b) || (of(a) == of(b) && a < b); };
  const std::size_t most = how.top_k == 0 ? order.size() : std::min<std::size_t>(how.top_k, order.size());
  std::partial_sort(order.begin(), order.begin() + static_cast<std::ptrdiff_t>(most), order.end(), before);
  order.resize(most);
  double total = 0; // top-p is a share of what top-k left
  for (const auto token : order) {
    total += of(token);
  }
  double mass = 0;
  for (std::size_t i = 0; i < order.size(); ++i) {
    mass += of(order[i]);
    if (mass >= how.top_p * total) {
      order.resize(i + 1);
    }
  }
  return order;
}

/// The first of the `n` tokens `token_of(0)`, `token_of(1)`, ... whose cumulated share passes `uniform`.
template <class TokenOf>
std::int32_t draw(std::span<const float> p, std::size_t n, TokenOf token_of, double uniform) {
  double total = 0;
  for (std::size_t i = 0; i < n; ++i) {
    total += p[static_cast<std::size_t>(token_of(i))];
  }
  double left = uniform * total;
  std::int32_t last = token_of(0); // rounding may leave a crumb beyond the last token that can be chosen
  for (std::size_t i = 0; i < n; ++i) {
    const auto token = token_of(i);
    if (p[static_cast<std::size_t>(token)] > 0) {
      last = token;
      left -= p[static_cast<std::size_t>(token)];
      if (left < 0) {
        break;
      }
    }
  }
  return last;
}

} // namespace

choice choose_token(std::span<const float> logprobs, const sampling_options& how, double uniform) {
  const auto choose = [&](std::int32_t token) { return choice{token, logprobs[static_cast<std::size_t>(token)]}; };
  if (how.temperature == 0) {
    return choose(static_cast<std::int32_t>(std::max_element(logprobs.begin(), logprobs.end()) - logprobs.begin()));
  }
  thread_local std::vector<float> p;
  p.resize(logprobs.size());
  kernel::exponentials(p.data(), logprobs.data(), static_cast<long>(p.size()));
  if (how.top_k == 0 && how.top_p >= 1) {
    return choose(draw(
        p, p.size(), [](std::size_t i) { return static_cast<std::int32_t>(i); }, uniform));
  }
  const auto order = candidates(p, how);
  return choose(draw(
      p, order.size(), [&](std::size_t i) { return order[i]; }, uniform));
}

} // namespace troupe::gpu
