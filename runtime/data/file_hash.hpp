// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace troupe::data {

/// XXH3, 64 bits, seed 0. Not against an adversary: it finds damage, and names things evenly.
std::uint64_t hash_bytes(std::string_view bytes) noexcept;

/// hash_bytes of a file's content, read in pieces. Throws error(not_found) or error(failed) naming the file.
std::uint64_t hash_file(const std::string& path);

} // namespace troupe::data
