// SPDX-License-Identifier: Apache-2.0
#pragma once

// The macro must be that of the library's own build: it decides what a Request holds.
#define CPPHTTPLIB_OPENSSL_SUPPORT
#include "runtime/http/connection.hpp"

#include <httplib.h>
#include <string>

/// cpp-httplib parses and writes HTTP over our own connections, since its own have a deadline for each byte, not for
/// the whole. For this folder's .cpp files alone.
namespace troupe::http {

/// What httplib reads from and writes to.
class parsed_stream final : public httplib::Stream {
public:
  parsed_stream(connection& over, std::string remote) : over_(over), remote_(std::move(remote)) {}

  bool is_readable() const override { return true; }
  bool is_writable() const override { return true; }
  ssize_t read(char* to, std::size_t most) override { return over_.read(to, most); }
  ssize_t write(const char* from, std::size_t size) override { return over_.write(from, size); }
  void get_remote_ip_and_port(std::string& ip, int& port) const override {
    ip = remote_;
    port = 0;
  }
  void get_local_ip_and_port(std::string& ip, int& port) const override {
    ip.clear();
    port = 0;
  }
  socket_t socket() const override { return 0; } // httplib refuses numbers that select(2) could not take; it need not

private:
  connection& over_;
  std::string remote_;
};

} // namespace troupe::http
