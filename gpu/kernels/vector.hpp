// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cmath>
#include <cstring>

/// Sixteen floats at once. Every kernel is compiled for several levels of x86-64 and picks one at load time; on other
/// machines there is one. All functions here are inlined into the kernels, so they take each kernel's level.
#if defined(__x86_64__)
#define TROUPE_MULTIVERSION __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
#else
#define TROUPE_MULTIVERSION
#endif
#define TROUPE_INLINE __attribute__((always_inline)) inline

namespace troupe::gpu::kernel {

inline constexpr long lanes = 16;

constexpr long round_up(long n) {
  return (n + lanes - 1) / lanes * lanes;
}

/// Made of parts that fit the registers of the common machines: one wide vector would live in memory on the narrow
/// ones.
struct floats {
#if defined(__x86_64__)
  static constexpr int parts = 2;
#else
  static constexpr int parts = 4;
#endif
  typedef float part __attribute__((vector_size(64 / parts)));
  part p[parts];
};

TROUPE_INLINE floats load(const float* from) {
  floats v;
  std::memcpy(&v, from, sizeof v);
  return v;
}
TROUPE_INLINE void store(float* to, const floats& v) {
  std::memcpy(to, &v, sizeof v);
}

/// sum += a * b
TROUPE_INLINE void add_product(floats& sum, const floats& a, const floats& b) {
  for (int i = 0; i < floats::parts; ++i) {
    sum.p[i] += a.p[i] * b.p[i];
  }
}
TROUPE_INLINE void add_product(floats& sum, const floats& a, float b) {
  for (int i = 0; i < floats::parts; ++i) {
    sum.p[i] += a.p[i] * b;
  }
}
TROUPE_INLINE void add(floats& sum, const floats& a) {
  for (int i = 0; i < floats::parts; ++i) {
    sum.p[i] += a.p[i];
  }
}

/// Adds the lanes in a fixed order.
TROUPE_INLINE float sum(const floats& v) {
  float x[lanes];
  store(x, v);
  for (int width = lanes / 2; width > 0; width /= 2) {
    for (int i = 0; i < width; ++i) {
      x[i] += x[i + width];
    }
  }
  return x[0];
}

/// Dot product of n floats, always in the same order.
TROUPE_INLINE float dot(const float* a, const float* b, long n) {
  floats acc{};
  long i = 0;
  for (; i + lanes <= n; i += lanes) {
    add_product(acc, load(a + i), load(b + i));
  }
  float rest = 0;
  for (; i < n; ++i) {
    rest += a[i] * b[i];
  }
  return sum(acc) + rest;
}

TROUPE_INLINE float sum_of(const float* x, long n) {
  floats acc{};
  long i = 0;
  for (; i + lanes <= n; i += lanes) {
    add(acc, load(x + i));
  }
  float rest = 0;
  for (; i < n; ++i) {
    rest += x[i];
  }
  return sum(acc) + rest;
}

/// n >= 1; the largest of an array with a NaN is any of its values.
TROUPE_INLINE float largest(const float* x, long n) {
  float top[lanes];
  for (float& t : top) {
    t = -INFINITY;
  }
  long i = 0;
  for (; i + lanes <= n; i += lanes) {
    for (long l = 0; l < lanes; ++l) {
      top[l] = x[i + l] > top[l] ? x[i + l] : top[l];
    }
  }
  for (; i < n; ++i) {
    top[0] = x[i] > top[0] ? x[i] : top[0];
  }
  for (float t : top) {
    top[0] = t > top[0] ? t : top[0];
  }
  return top[0];
}

/// y += s * x, n floats.
TROUPE_INLINE void add_scaled(float* y, const float* x, float s, long n) {
  for (long i = 0; i < n; ++i) {
    y[i] += s * x[i];
  }
}

/// out [d] = sum over j of p[j] * rows[j * stride ...], j ascending in each of two interleaved sums.
TROUPE_INLINE void weighted_sum(float* out, const float* p, const float* rows, long stride, long n, long d) {
  long i = 0;
  for (; i + lanes <= d; i += lanes) {
    floats even{}, odd{};
    long j = 0;
    for (; j + 2 <= n; j += 2) {
      add_product(even, load(rows + j * stride + i), p[j]);
      add_product(odd, load(rows + (j + 1) * stride + i), p[j + 1]);
    }
    if (j < n) {
      add_product(even, load(rows + j * stride + i), p[j]);
    }
    add(even, odd);
    store(out + i, even);
  }
  for (; i < d; ++i) {
    float total = 0;
    for (long j = 0; j < n; ++j) {
      total += p[j] * rows[j * stride + i];
    }
    out[i] = total;
  }
}

} // namespace troupe::gpu::kernel
