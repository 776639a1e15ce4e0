// SPDX-License-Identifier: Apache-2.0
#include "runtime/http/message.hpp"

#include <nlohmann/json.hpp>

namespace troupe::http {
namespace {

int status_of(errc code) {
  switch (code) {
  case errc::invalid:
    return 400;
  case errc::not_found:
    return 404;
  case errc::conflict:
  case errc::fenced:
    return 409;
  case errc::unavailable:
    return 503;
  case errc::resource_exhausted:
    return 507;
  case errc::failed:
  case errc::corrupt:
    break;
  }
  return 500;
}

/// Of an answer that does not carry ours.
errc code_of(int status) {
  switch (status) {
  case 400:
  case 405:
  case 413:
  case 414:
    return errc::invalid;
  case 404:
    return errc::not_found;
  case 409:
    return errc::conflict;
  case 502:
  case 503:
  case 504:
    return errc::unavailable;
  default:
    return errc::failed;
  }
}

} // namespace

reply refuse(int status, errc code, const std::string& words) {
  const nlohmann::json body{{"error", words}, {"code", static_cast<int>(code)}};
  return {status, body.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace) + "\n"};
}

reply refuse(const error& e) {
  return refuse(status_of(e.code()), e.code(), e.what());
}

error error_in(const reply& answer, const std::string& whom) {
  const auto said = nlohmann::json::parse(answer.body, nullptr, false);
  if (said.is_object() && said.contains("error") && said["error"].is_string()) {
    const int code = said.contains("code") && said["code"].is_number_integer() ? said["code"].get<int>() : 0;
    return {errc_of(code).value_or(code_of(answer.status)), said["error"].get<std::string>()};
  }
  return {code_of(answer.status), whom + " answered with HTTP status " + std::to_string(answer.status)};
}

} // namespace troupe::http
