// SPDX-License-Identifier: Apache-2.0
#include "runtime/weights/changed_words.hpp"

#include "runtime/check.hpp"
#include "runtime/data/file_hash.hpp"
#include "runtime/error.hpp"

#include <bit>
#include <cstring>
#include <vector>
#include <zstd.h>

static_assert(std::endian::native == std::endian::little, "words travel as they lie in memory");

namespace troupe::weights {

namespace {

constexpr int zstd_level = 1; // what is sent once is not worth more
constexpr std::uint32_t magic = 0x57434854;

/// Little-endian, before the compressed body: gaps between changed positions as varints, then the four byte planes of
/// the new values, one after the other, since exponents repeat where mantissas do not.
struct header {
  std::uint32_t mark = magic;
  std::uint32_t padding = 0;
  std::uint64_t words = 0;
  std::uint64_t changed = 0;
  std::uint64_t gap_bytes = 0;
};

[[noreturn]] void refuse(const std::string& what) {
  throw error{errc::corrupt, "changes of weights: " + what + "; ask for the whole version"};
}

void put_varint(std::string& to, std::uint64_t value) {
  for (; value >= 0x80; value >>= 7) {
    to += static_cast<char>(value | 0x80);
  }
  to += static_cast<char>(value);
}

std::uint64_t take_varint(const std::uint8_t*& at, const std::uint8_t* end) {
  std::uint64_t value = 0;
  for (unsigned shift = 0; shift < 64; shift += 7) {
    if (at == end) {
      refuse("they end within a position");
    }
    const std::uint8_t byte = *at++;
    value |= static_cast<std::uint64_t>(byte & 0x7f) << shift;
    if (byte < 0x80) {
      return value;
    }
  }
  refuse("a position of more than 64 bits");
}

header read_header(std::span<std::uint32_t> words, std::string_view changes) {
  header h;
  if (changes.size() < sizeof h) {
    refuse(std::to_string(changes.size()) + " bytes are no header");
  }
  std::memcpy(&h, changes.data(), sizeof h);
  if (h.mark != magic || h.padding != 0) {
    refuse("not in this format");
  }
  if (h.words != words.size() || h.changed > h.words || h.gap_bytes > 10 * h.changed) {
    refuse("they are of " + std::to_string(h.words) + " words, the version here has " + std::to_string(words.size()));
  }
  return h;
}

} // namespace

std::string encode_changes(std::span<const std::uint32_t> base, std::span<const std::uint32_t> now) {
  TROUPE_CHECK(base.size() == now.size(), base.size(), " words against ", now.size());
  std::string gaps;
  std::vector<std::uint32_t> values;
  std::size_t after = 0; // the position behind the last change
  for (std::size_t i = 0; i < now.size(); ++i) {
    if (base[i] != now[i]) {
      put_varint(gaps, i - after);
      values.push_back(now[i]);
      after = i + 1;
    }
  }
  std::string body = std::move(gaps);
  header h{.words = now.size(), .changed = values.size(), .gap_bytes = body.size()};
  for (unsigned plane = 0; plane < 4; ++plane) {
    for (const auto value : values) {
      body += static_cast<char>(value >> (8 * plane));
    }
  }
  std::string out(sizeof h + ZSTD_compressBound(body.size()), '\0');
  std::memcpy(out.data(), &h, sizeof h);
  const auto size = ZSTD_compress(out.data() + sizeof h, out.size() - sizeof h, body.data(), body.size(), zstd_level);
  TROUPE_CHECK(!ZSTD_isError(size), ZSTD_getErrorName(size));
  out.resize(sizeof h + size);
  return out;
}

void apply_changes(std::span<std::uint32_t> words, std::string_view changes) {
  const auto h = read_header(words, changes);
  const std::size_t body_bytes = h.gap_bytes + 4 * h.changed;
  std::vector<std::uint8_t> body(body_bytes);
  const auto size = ZSTD_decompress(body.data(), body.size(), changes.data() + sizeof h, changes.size() - sizeof h);
  if (ZSTD_isError(size) || size != body_bytes) {
    refuse(ZSTD_isError(size) ? ZSTD_getErrorName(size) : "shorter than they say");
  }
  const std::uint8_t* gap = body.data();
  const std::uint8_t* const planes = gap + h.gap_bytes;
  std::uint64_t at = 0;
  for (std::uint64_t i = 0; i < h.changed; ++i) {
    const auto distance = take_varint(gap, planes);
    if (distance >= words.size() - at) {
      refuse("a position behind the last word");
    }
    at += distance;
    std::uint32_t value = 0;
    for (unsigned plane = 0; plane < 4; ++plane) {
      value |= static_cast<std::uint32_t>(planes[plane * h.changed + i]) << (8 * plane);
    }
    words[at++] = value;
  }
  if (gap != planes) {
    refuse("bytes that are no position");
  }
}

std::uint64_t checksum(std::span<const std::uint32_t> words) {
  return data::hash_bytes({reinterpret_cast<const char*>(words.data()), words.size_bytes()});
}

} // namespace troupe::weights
