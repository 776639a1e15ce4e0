// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "runtime/error.hpp"
#include "runtime/wire/message.hpp"

#include <map>
#include <string>

/// HTTP/1.1 for the small things a process says about itself and is asked to do: JSON and text, one request a
/// connection.
namespace troupe::http {

/// Who asks: name and role are those of a certificate that the run's authority signed.
struct caller {
  std::string name; ///< without keys: "local"
  wire::role as = wire::role::admin_read;
  std::string address; ///< host:port of the other end
};

struct request {
  std::string method; ///< GET or POST
  std::string path;   ///< "/v1/logs", without what follows a '?'
  std::map<std::string, std::string> parameters;
  std::string body;
  caller from;
};

struct reply {
  int status = 200;
  std::string body;
  std::string content_type = "application/json";
};

/// What a handler throws, as a reply: {"error":TEXT,"code":N}, N as in troupe::errc, under the status that fits.
reply refuse(const error& e);
reply refuse(int status, errc code, const std::string& words);

/// The error that such a reply carries; from anyone else's error page what can be read out of its status. `whom` begins
/// the message where the page itself says nothing.
error error_in(const reply& answer, const std::string& whom);

} // namespace troupe::http
