// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "runtime/error.hpp"
#include "runtime/wire/message.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace troupe::wire {

inline constexpr std::uint16_t protocol_version = 1;
/// What stands for the envelope when bytes are counted as credit, so that empty messages are bounded, too.
inline constexpr std::size_t envelope_cost = 256;
/// A longer first frame is refused unread.
inline constexpr std::size_t envelope_bytes_max = 4096;
inline constexpr std::size_t parts_max = 64; ///< no limit may be set above this

/// What a message between client and server is for.
enum class purport : std::uint8_t {
  hello = 1,   ///< client: who I am; repeated while it lives
  welcome = 2, ///< server: who I am, and how many bytes may be outstanding
  request = 3,
  reply = 4,
  refuse = 5, ///< server: no, and why
  greet = 6,  ///< server: say hello first, I do not know you
  cancel = 7, ///< client: I no longer wait for this request
};

/// The first frame of every message; schema/wire.capnp says what each field means.
struct envelope {
  std::uint16_t version = protocol_version;
  purport what = purport::hello;
  role as = role::generator;
  std::uint16_t kind = 0;
  std::uint8_t code = 0; ///< errc, or 0
  incarnation life;
  std::uint32_t client = 0;
  std::uint64_t sequence = 0;
  std::uint64_t settled = 0;
  std::uint64_t credit = 0;
  std::string name;
  std::string text;
  std::vector<std::uint64_t> part_sizes;
  std::uint64_t checksum = 0;
};

/// Thread-safe: no state. Name and text are cut to what fits into an envelope.
std::string encode(const envelope& value);

/// Trusts nothing; the bytes need not be aligned. Throws codec_error. Of another version, what is known of it.
envelope decode_envelope(std::string_view bytes);

/// Writes sizes and checksum of the parts into the envelope.
void describe(envelope& head, const std::vector<part>& parts);

bool sizes_match(const envelope& head, const std::vector<part>& parts) noexcept;
std::uint64_t checksum(const std::vector<part>& parts) noexcept;

/// A refuse as the error it stands for.
error to_error(const envelope& refusal);

} // namespace troupe::wire
