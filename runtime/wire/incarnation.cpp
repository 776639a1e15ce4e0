// SPDX-License-Identifier: Apache-2.0
#include "runtime/wire/incarnation.hpp"

#include <cstring>
#include <random>

namespace troupe::wire {

namespace {

template <class Integer>
void append(std::string& to, Integer value) {
  char bytes[sizeof value];
  std::memcpy(bytes, &value, sizeof value);
  to.append(bytes, sizeof value);
}

} // namespace

incarnation new_incarnation() {
  std::random_device device;
  const auto word = [&] { return std::uint64_t{device()} << 32 | device(); };
  return {word(), word()};
}

std::string routing_id_of(const incarnation& life, std::uint32_t client, std::uint64_t connection) {
  std::string id{"T"};
  append(id, life.high);
  append(id, life.low);
  append(id, client);
  append(id, connection);
  return id;
}

} // namespace troupe::wire
