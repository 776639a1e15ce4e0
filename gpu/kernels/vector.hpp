// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstring>

/// Sixteen floats at once, in the compiler's own vector type: it splits them where the machine's are narrower. Every
/// kernel is compiled for several levels of x86-64 and picks one at load time; on other machines there is one.
#if defined(__x86_64__)
#define TROUPE_MULTIVERSION __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
#else
#define TROUPE_MULTIVERSION
#endif


namespace troupe::gpu::kernel {

inline constexpr int lanes = 16;
typedef float floats __attribute__((vector_size(64)));

__attribute__((always_inline)) inline floats load(const float* from) {
  floats v;
  std::memcpy(&v, from, sizeof v);
  return v;
}

__attribute__((always_inline)) inline void store(float* to, floats v) { std::memcpy(to, &v, sizeof v); }

/// Adds the lanes in a fixed order.
__attribute__((always_inline)) inline float sum(floats v) {
  float half[8];
  for (int i = 0; i < 8; ++i) {
    half[i] = v[i] + v[i + 8];
  }
  return ((half[0] + half[4]) + (half[1] + half[5])) + ((half[2] + half[6]) + (half[3] + half[7]));
}

/// Dot product of n floats, always in the same order.
__attribute__((always_inline)) inline float dot(const float* a, const float* b, long n) {
  floats acc{};
  long i = 0;
  for (; i + lanes <= n; i += lanes) {
    acc += load(a + i) * load(b + i);
  }
  float rest = 0;
  for (; i < n; ++i) {
    rest += a[i] * b[i];
  }
  return sum(acc) + rest;
}

/// y += s * x, n floats.
__attribute__((always_inline)) inline void add_scaled(float* y, const float* x, float s, long n) {
  long i = 0;
  for (; i + lanes <= n; i += lanes) {
    store(y + i, load(y + i) + load(x + i) * s);
  }
  for (; i < n; ++i) {
    y[i] += s * x[i];
  }
}

} // namespace troupe::gpu::kernel

