// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

/// How a version of the weights travels between processes. A version is a flat array of 32-bit words, whatever they
/// mean.
namespace troupe::weights {

/// The words of `now` that differ from those of `base`, both of one length: where, and their new values. Applied twice,
/// or to a base that has some of them already, it gives the same: values are written, never added.
/// 1 % changed words cost about 1.3 % of the bytes before zstd, which then takes what is left in them.
std::string encode_changes(std::span<const std::uint32_t> base, std::span<const std::uint32_t> now);

/// Writes the changes into `words`, which must have as many as were encoded. Throws error(corrupt) for bytes that are
/// no changes of so many words; then some may be written, so the words are of no use.
void apply_changes(std::span<std::uint32_t> words, std::string_view changes);

/// xxh3 over the words, as they lie in memory.
std::uint64_t checksum(std::span<const std::uint32_t> words);

} // namespace troupe::weights
