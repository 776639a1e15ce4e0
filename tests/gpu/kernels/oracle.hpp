// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ATen/ATen.h>

namespace troupe::gpu {

/// Random numbers that depend on nothing but the seed.
inline at::Tensor noise(std::initializer_list<std::int64_t> sizes, std::uint64_t seed) {
  auto t = at::empty(sizes, at::kFloat);
  auto* out = t.data_ptr<float>();
  for (std::int64_t i = 0; i < t.numel(); ++i) {
    std::uint64_t x = (seed * 1000003 + static_cast<std::uint64_t>(i) + 1) * 0x9e3779b97f4a7c15ULL;
    x = (x ^ (x >> 29)) * 0xbf58476d1ce4e5b9ULL;
    out[i] = static_cast<float>(static_cast<double>(x >> 40) / (1 << 23) - 1.0); // in [-1, 1)
  }
  return t;
}

inline double gap(const at::Tensor& a, const at::Tensor& b) {
  return (a.to(at::kDouble) - b.to(at::kDouble)).abs().max().item<double>();
}

} // namespace troupe::gpu
