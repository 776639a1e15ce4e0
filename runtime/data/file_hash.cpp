// SPDX-License-Identifier: Apache-2.0
#include "runtime/data/file_hash.hpp"

#include "runtime/error.hpp"

#include <cstring>
#include <fstream>
#include <memory>
#include <vector>
#include <xxhash.h>

namespace troupe::data {

std::uint64_t hash_bytes(std::string_view bytes) noexcept {
  return XXH3_64bits(bytes.data(), bytes.size());
}

std::uint64_t hash_file(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  if (!in) {
    throw error(errc::not_found, path + ": cannot be opened to hash it: " + std::strerror(errno));
  }
  const std::unique_ptr<XXH3_state_t, XXH_errorcode (*)(XXH3_state_t*)> state(XXH3_createState(), XXH3_freeState);
  XXH3_64bits_reset(state.get());
  std::vector<char> buffer(1 << 20);
  while (in.read(buffer.data(), static_cast<std::streamsize>(buffer.size())) || in.gcount() > 0) {
    XXH3_64bits_update(state.get(), buffer.data(), static_cast<std::size_t>(in.gcount()));
  }
  if (in.bad()) {
    throw error(errc::failed, path + ": cannot be read to its end: " + std::strerror(errno));
  }
  return XXH3_64bits_digest(state.get());
}

} // namespace troupe::data
