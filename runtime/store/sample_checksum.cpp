// SPDX-License-Identifier: Apache-2.0
#include "runtime/store/sample_checksum.hpp"

#include "runtime/data/file_hash.hpp"
#include "schema/codec.hpp"

namespace troupe::store {

std::uint64_t sample_checksum(const sample& s) {
  return data::hash_bytes(encode(s));
}

} // namespace troupe::store
