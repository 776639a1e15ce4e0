// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "runtime/http/message.hpp"
#include "runtime/keys/key_files.hpp"
#include "runtime/wire/endpoint.hpp"

#include <chrono>
#include <optional>
#include <string>
#include <vector>

namespace troupe::http {

/// Asks one server. Each call is a connection of its own. Safe to use from several threads.
class client {
public:
  struct options {
    std::string url;                       ///< https://HOST:PORT; http:// on loopback only
    std::optional<keys::credentials> keys; ///< for https
    std::vector<wire::role> of;            ///< roles that the server's certificate may have; empty: any
    std::chrono::milliseconds connect_within{std::chrono::seconds{4}};
    std::chrono::milliseconds answer_within{std::chrono::seconds{30}}; ///< the whole answer, from being connected
    std::size_t answer_max = std::size_t{64} << 20;                    ///< bytes
  };

  /// Throws error(invalid) for a URL that cannot be used, https without keys, and http off loopback.
  explicit client(options opts);

  /// `target` is the path with its query: see `query`. Whatever status the server answers is returned. Throws
  /// error(unavailable), naming the URL, where there is no whole answer in time; error(failed) where either side does
  /// not accept the other's certificate.
  reply get(const std::string& target) const;
  reply post(const std::string& target, const std::string& json) const;

  const std::string& url() const noexcept { return opts_.url; }

private:
  reply ask(const std::string& method, const std::string& target, const std::string& body) const;

  options opts_;
  bool secure_ = false;
  wire::endpoint server_;
};

/// "/v1/logs?name=generator-0&lines=10": names and values percent-encoded.
std::string query(const std::string& path, const std::vector<std::pair<std::string, std::string>>& parameters);

} // namespace troupe::http
