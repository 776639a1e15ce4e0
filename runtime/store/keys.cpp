// SPDX-License-Identifier: Apache-2.0
#include "runtime/store/keys.hpp"

namespace troupe::store {

namespace {

template <class Int>
void append(std::string& to, Int value) {
  for (int shift = static_cast<int>(sizeof(Int)) * 8 - 8; shift >= 0; shift -= 8) {
    to.push_back(static_cast<char>((value >> shift) & 0xff));
  }
}

template <class Int>
Int take(std::string_view& from) {
  Int value = 0;
  for (std::size_t i = 0; i < sizeof(Int); ++i) {
    value = static_cast<Int>((static_cast<std::uint64_t>(value) << 8) | static_cast<unsigned char>(from[i]));
  }
  from.remove_prefix(sizeof(Int));
  return value;
}

constexpr std::size_t group_key_size = 17, sample_key_size = 21;

} // namespace

std::string key(stage_index stage) {
  std::string k;
  append(k, stage.value);
  return k;
}

std::string key(stage_index stage, policy_version version) {
  std::string k = key(stage);
  append(k, version.value);
  return k;
}

std::string key(const group_id& id) {
  std::string k = key(id.stage);
  append(k, static_cast<std::uint8_t>(id.why));
  append(k, id.cursor);
  append(k, id.attempt);
  return k;
}

std::string key(const sample_id& id) {
  std::string k = key(id.group);
  append(k, id.index);
  return k;
}

std::string records_begin(std::string_view dataset) {
  std::string k{dataset};
  k.push_back('\0');
  return k;
}

std::string record_key(std::string_view dataset, std::uint64_t index) {
  std::string k = records_begin(dataset);
  append(k, index);
  return k;
}

std::optional<sample_id> parse_payload_key(std::string_view key) {
  const bool of_sample = key.size() == sample_key_size;
  if (!of_sample && key.size() != group_key_size) {
    return std::nullopt;
  }
  sample_id id;
  id.group.stage = stage_index{take<std::uint32_t>(key)};
  const auto why = take<std::uint8_t>(key);
  if (why > static_cast<std::uint8_t>(purpose::eval)) {
    return std::nullopt;
  }
  id.group.why = static_cast<purpose>(why);
  id.group.cursor = take<std::uint64_t>(key);
  id.group.attempt = take<std::uint32_t>(key);
  id.index = of_sample ? take<std::uint32_t>(key) : 0;
  return id;
}

} // namespace troupe::store
