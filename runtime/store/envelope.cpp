// SPDX-License-Identifier: Apache-2.0
#include "runtime/store/envelope.hpp"

#include "runtime/error.hpp"

#include <cstdint>
#include <cstring>
#include <xxhash.h>

namespace troupe::store {

namespace {

constexpr char format_1 = 1;
constexpr std::size_t header_size = 9;

} // namespace

std::string seal(std::string_view payload) {
  std::string sealed(1, format_1);
  std::uint64_t hash = XXH3_64bits(payload.data(), payload.size());
  for (int i = 0; i < 8; ++i) {
    sealed.push_back(static_cast<char>((hash >> (8 * i)) & 0xff));
  }
  sealed.append(payload);
  return sealed;
}

std::string_view unseal(std::string_view sealed, const std::string& where) {
  if (sealed.size() < header_size || sealed[0] != format_1) {
    throw error{errc::corrupt, where + ": not a record of this store's format"};
  }
  std::uint64_t stored = 0;
  for (int i = 0; i < 8; ++i) {
    stored |= static_cast<std::uint64_t>(static_cast<unsigned char>(sealed[1 + static_cast<std::size_t>(i)]))
              << (8 * i);
  }
  const auto payload = sealed.substr(header_size);
  if (XXH3_64bits(payload.data(), payload.size()) != stored) {
    throw error{errc::corrupt, where + ": the checksum does not hold; the record is damaged"};
  }
  return payload;
}

} // namespace troupe::store
