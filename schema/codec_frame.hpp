// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "schema/codec.hpp"

#include <algorithm>
#include <array>
#include <capnp/message.h>
#include <capnp/serialize.h>
#include <chrono>
#include <cmath>
#include <cstring>
#include <kj/exception.h>
#include <vector>

/// What every record's codec shares: the frame around one Cap'n Proto message, and checks of single values.
namespace troupe::frame {

inline constexpr std::uint32_t segments_max = 24; // each about as large as all before it: enough for gigabytes

inline std::string to_bytes(capnp::MallocMessageBuilder& message) {
  const auto words = capnp::messageToFlatArray(message);
  const auto bytes = words.asBytes();
  return {reinterpret_cast<const char*>(bytes.begin()), bytes.size()};
}

/// The bytes of a message whose Root `fill` fills in.
template <class Root, class Fill>
std::string make(Fill fill) {
  capnp::MallocMessageBuilder message;
  fill(message.initRoot<Root>());
  return to_bytes(message);
}

/// Opens `bytes` as a Root and hands its reader to `read`; the frame must hold exactly one message.
template <class Root, class Read>
auto open(std::string_view bytes, Read read) {
  if (bytes.size() < 8 || bytes.size() % 8 != 0) {
    throw codec_error{"a record's length must be a positive multiple of 8, not " + std::to_string(bytes.size())};
  }
  std::uint32_t segments = 0;
  std::memcpy(&segments, bytes.data(), sizeof segments);
  if (segments >= segments_max) {
    throw codec_error{"a record of " + std::to_string(segments) + " segments or more; at most " +
                      std::to_string(segments_max) + " are read"};
  }
  // Stored bytes need not be 8-byte aligned. Group records, which are read by the million, fit on the stack.
  std::array<capnp::word, 512> small;
  const std::size_t words = bytes.size() / sizeof(capnp::word);
  std::vector<capnp::word> large(words > small.size() ? words : 0);
  capnp::word* const aligned = large.empty() ? small.data() : large.data();
  std::memcpy(static_cast<void*>(aligned), bytes.data(), bytes.size());
  capnp::ReaderOptions limits;
  limits.traversalLimitInWords = 8 * words + 1024;
  limits.nestingLimit = 16;
  try {
    capnp::FlatArrayMessageReader reader{kj::arrayPtr(aligned, words), limits};
    if (reader.getEnd() != aligned + words) {
      throw codec_error{"a record with bytes after its end"};
    }
    return read(reader.getRoot<Root>());
  } catch (const kj::Exception& e) {
    throw codec_error{std::string{"not a record: "} + e.getDescription().cStr()};
  }
}

template <class Enum>
Enum to_enum(std::uint8_t number, Enum last, const char* what) {
  if (number > static_cast<std::uint8_t>(last)) {
    throw codec_error{std::string{what} + " has the unknown number " + std::to_string(number)};
  }
  return static_cast<Enum>(number);
}

inline double finite(double value, const char* what) {
  if (!std::isfinite(value)) {
    throw codec_error{std::string{what} + " is not a finite number"};
  }
  return value;
}

/// A span of time travels as whole milliseconds: one below 0 as 0, and what is read is at most thirty days, which can
/// be added to any clock.
inline std::uint64_t to_ms(std::chrono::milliseconds t) {
  return static_cast<std::uint64_t>(std::max<std::int64_t>(0, t.count()));
}
inline std::chrono::milliseconds from_ms(std::uint64_t ms) {
  constexpr std::uint64_t most = 30ULL * 24 * 3600 * 1000;
  return std::chrono::milliseconds{static_cast<std::int64_t>(std::min(ms, most))};
}

inline std::string text(capnp::Text::Reader t) {
  return {t.cStr(), t.size()};
}
inline std::string text(capnp::Data::Reader d) {
  return {reinterpret_cast<const char*>(d.begin()), d.size()};
}
inline capnp::Data::Reader data(const std::string& s) {
  return {reinterpret_cast<const capnp::byte*>(s.data()), s.size()};
}
template <class List>
auto size(const List& values) {
  return static_cast<capnp::uint>(values.size());
}

template <class Builder>
void put(Builder to, const group_id& id) {
  to.setStage(id.stage.value);
  to.setPurpose(static_cast<std::uint8_t>(id.why));
  to.setAttempt(id.attempt);
  to.setCursor(id.cursor);
}

template <class Reader>
group_id get_group_id(Reader from) {
  return {stage_index{from.getStage()}, to_enum(from.getPurpose(), purpose::eval, "a group's purpose"),
          from.getCursor(), from.getAttempt()};
}

} // namespace troupe::frame
