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

} // namespace troupe::store
