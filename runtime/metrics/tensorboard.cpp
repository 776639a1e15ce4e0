// SPDX-License-Identifier: Apache-2.0
#include "runtime/metrics/tensorboard.hpp"

#include <array>
#include <bit>
#include <cstring>

namespace troupe::metrics::tensorboard {

namespace {

constexpr std::uint32_t reflected_polynomial = 0x82f63b78U;

constexpr std::array<std::uint32_t, 256> crc_table = [] {
  std::array<std::uint32_t, 256> table{};
  for (std::uint32_t i = 0; i < table.size(); ++i) {
    std::uint32_t crc = i;
    for (int bit = 0; bit < 8; ++bit) {
      crc = (crc >> 1) ^ ((crc & 1U) != 0 ? reflected_polynomial : 0U);
    }
    table[i] = crc;
  }
  return table;
}();

template <class T>
void append_little_endian(std::string& out, T value) {
  static_assert(std::endian::native == std::endian::little);
  char bytes[sizeof value];
  std::memcpy(bytes, &value, sizeof value);
  out.append(bytes, sizeof value);
}

template <class T>
T read_little_endian(std::string_view bytes) {
  T value{};
  std::memcpy(&value, bytes.data(), sizeof value);
  return value;
}

enum class wire_type : std::uint8_t { varint = 0, fixed64 = 1, bytes = 2, fixed32 = 5 };

void append_varint(std::string& out, std::uint64_t value) {
  for (; value >= 0x80; value >>= 7) {
    out.push_back(static_cast<char>((value & 0x7f) | 0x80));
  }
  out.push_back(static_cast<char>(value));
}

void append_key(std::string& out, unsigned field, wire_type type) {
  append_varint(out, (field << 3) | static_cast<unsigned>(type));
}

void append_bytes(std::string& out, unsigned field, std::string_view bytes) {
  append_key(out, field, wire_type::bytes);
  append_varint(out, bytes.size());
  out.append(bytes);
}

std::string begin_event(double wall_time) {
  std::string event;
  append_key(event, 1, wire_type::fixed64);
  append_little_endian(event, wall_time);
  return event;
}

} // namespace

std::uint32_t crc32c(std::string_view bytes) noexcept {
  std::uint32_t crc = ~0U;
  for (const char c : bytes) {
    crc = (crc >> 8) ^ crc_table[(crc ^ static_cast<unsigned char>(c)) & 0xff];
  }
  return ~crc;
}

std::uint32_t masked(std::uint32_t crc) noexcept {
  return std::rotr(crc, 15) + 0xa282ead8U;
}

std::string encode_version(double wall_time) {
  std::string event = begin_event(wall_time);
  append_bytes(event, 3, "brain.Event:2");
  return event;
}

std::string encode_scalars(double wall_time, std::int64_t step, const scalars& values) {
  std::string summary;
  for (const auto& [tag, number] : values) {
    std::string value;
    append_bytes(value, 1, tag);
    append_key(value, 2, wire_type::fixed32);
    append_little_endian(value, static_cast<float>(number));
    append_bytes(summary, 1, value);
  }
  std::string event = begin_event(wall_time);
  append_key(event, 2, wire_type::varint);
  append_varint(event, static_cast<std::uint64_t>(step));
  append_bytes(event, 5, summary);
  return event;
}

std::string frame(std::string_view event) {
  std::string out;
  append_little_endian(out, static_cast<std::uint64_t>(event.size()));
  append_little_endian(out, masked(crc32c(out)));
  out.append(event);
  append_little_endian(out, masked(crc32c(event)));
  return out;
}

std::vector<double> wall_times(std::string_view file) {
  constexpr std::size_t header = 12;
  constexpr std::size_t footer = 4;
  constexpr std::size_t smallest_event = 9; // key and double of wall_time
  std::vector<double> times;
  while (file.size() >= header) {
    const auto length = read_little_endian<std::uint64_t>(file);
    const bool header_holds = read_little_endian<std::uint32_t>(file.substr(8)) == masked(crc32c(file.substr(0, 8)));
    if (!header_holds || length < smallest_event || length > file.size() - header ||
        file.size() - header - length < footer) {
      break;
    }
    const auto event = file.substr(header, length);
    if (read_little_endian<std::uint32_t>(file.substr(header + length)) != masked(crc32c(event))) {
      break;
    }
    times.push_back(read_little_endian<double>(event.substr(1)));
    file.remove_prefix(header + length + footer);
  }
  return times;
}

} // namespace troupe::metrics::tensorboard
