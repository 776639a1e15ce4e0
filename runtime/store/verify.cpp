// SPDX-License-Identifier: Apache-2.0
#include "runtime/store/verify.hpp"

#include "runtime/error.hpp"
#include "runtime/store/envelope.hpp"
#include "schema/codec.hpp"

namespace troupe::store {

namespace {

void check_value(family f, std::string_view sealed, const std::string& where) {
  const auto payload = unseal(sealed, where);
  switch (f) {
  case family::meta:
    return;
  case family::group:
    decode<group>(payload);
    return;
  case family::prompt:
    decode<prompt>(payload);
    return;
  case family::sample:
    decode<sample>(payload);
    return;
  case family::judgement:
    decode<judgement>(payload);
    return;
  case family::step:
    decode<step_record>(payload);
    return;
  case family::checkpoint:
    decode<checkpoint_record>(payload);
    return;
  case family::stage:
    decode<stage_record>(payload);
    return;
  case family::dataset:
    decode<dataset_manifest>(payload);
    return;
  case family::record:
    decode<dataset_record>(payload);
    return;
  }
}

std::string hex(std::string_view key) {
  std::string text;
  for (const unsigned char c : key) {
    constexpr const char* digits = "0123456789abcdef";
    text.push_back(digits[c >> 4]);
    text.push_back(digits[c & 15]);
  }
  return text;
}

} // namespace

std::vector<std::string> verify(const database& db) {
  std::vector<std::string> damaged;
  for (std::size_t i = 0; i < family_count; ++i) {
    const auto f = static_cast<family>(i);
    try {
      db.scan(f, "", [&](std::string_view key, std::string_view sealed) {
        try {
          check_value(f, sealed, name_of(f) + " " + hex(key));
        } catch (const codec_error& e) {
          damaged.push_back(name_of(f) + " " + hex(key) + ": " + e.what());
        } catch (const error& e) {
          damaged.push_back(e.what());
        }
        return true;
      });
    } catch (const error& e) { // RocksDB's own checksum: what stands behind it cannot be read
      damaged.push_back(name_of(f) + ": " + e.what());
    }
  }
  return damaged;
}

} // namespace troupe::store
