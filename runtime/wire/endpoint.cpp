// SPDX-License-Identifier: Apache-2.0
#include "runtime/wire/endpoint.hpp"

#include <algorithm>
#include <arpa/inet.h>
#include <charconv>

namespace troupe::wire {

namespace {

constexpr std::size_t host_characters_max = 253;
constexpr std::string_view digits = "0123456789";
constexpr std::string_view name_characters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-";

/// The last label is no number: "10.0.0" is a mistyped address.
bool is_host_name(std::string_view host) {
  if (host.size() > host_characters_max) {
    return false;
  }
  for (std::size_t begin = 0;;) {
    const auto end = std::min(host.find('.', begin), host.size());
    const auto label = host.substr(begin, end - begin);
    if (label.empty() || label.size() > 63 || label.front() == '-' || label.back() == '-' ||
        label.find_first_not_of(name_characters) != std::string_view::npos) {
      return false;
    }
    if (end == host.size()) {
      return label.find_first_not_of(digits) != std::string_view::npos;
    }
    begin = end + 1;
  }
}

} // namespace

std::optional<host_kind> kind_of_host(const std::string& host) {
  if (host.find('\0') != std::string::npos) {
    return std::nullopt;
  }
  in6_addr address{};
  if (::inet_pton(AF_INET, host.c_str(), &address) == 1) {
    return host_kind::ipv4;
  }
  if (::inet_pton(AF_INET6, host.c_str(), &address) == 1) {
    return host_kind::ipv6;
  }
  return is_host_name(host) ? std::optional{host_kind::name} : std::nullopt;
}

bool endpoint::is_loopback() const {
  in6_addr six{};
  switch (kind_of_host(host).value_or(host_kind::name)) {
  case host_kind::ipv4:
    return host.starts_with("127.");
  case host_kind::ipv6:
    return ::inet_pton(AF_INET6, host.c_str(), &six) == 1 && IN6_IS_ADDR_LOOPBACK(&six) != 0;
  case host_kind::name:
    break;
  }
  return host == "localhost";
}

bool endpoint::is_any() const {
  in6_addr six{};
  return host == "0.0.0.0" || (::inet_pton(AF_INET6, host.c_str(), &six) == 1 && IN6_IS_ADDR_UNSPECIFIED(&six) != 0);
}

std::string endpoint::text() const {
  if (!given()) {
    return "";
  }
  const bool six = host.find(':') != std::string::npos;
  return (six ? "[" + host + "]" : host) + ":" + std::to_string(port);
}

std::optional<endpoint> parse_endpoint(std::string_view text) {
  const auto colon = text.rfind(':');
  if (colon == std::string_view::npos) {
    return std::nullopt;
  }
  auto host = text.substr(0, colon);
  const auto port_text = text.substr(colon + 1);
  const bool bracketed = host.size() > 2 && host.front() == '[' && host.back() == ']';
  if (bracketed) {
    host = host.substr(1, host.size() - 2);
  }
  endpoint to{std::string{host}, 0};
  const auto kind = kind_of_host(to.host);
  const auto* const end = port_text.data() + port_text.size();
  const auto [stopped, failed] = std::from_chars(port_text.data(), end, to.port);
  if (!kind || bracketed != (kind == host_kind::ipv6) || failed != std::errc() || stopped != end) {
    return std::nullopt;
  }
  return to;
}

} // namespace troupe::wire
