// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace troupe::wire {

enum class host_kind : std::uint8_t { name, ipv4, ipv6 };

/// Nothing for what is neither an address in numbers nor a name that DNS could know.
std::optional<host_kind> kind_of_host(const std::string& host);

/// Where a process listens, or whom it dials.
struct endpoint {
  std::string host; ///< an address in numbers or a name; empty: none
  std::uint16_t port = 0;

  bool given() const { return !host.empty(); }
  bool is_loopback() const; ///< 127.0.0.0/8, ::1, or the name localhost
  bool is_any() const;      ///< 0.0.0.0 or ::, every address of a machine
  std::string text() const; ///< `host:port`, an IPv6 address in brackets; empty for none
};

/// Reads what text() writes; nothing for anything else.
std::optional<endpoint> parse_endpoint(std::string_view text);

} // namespace troupe::wire
