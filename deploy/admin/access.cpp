// SPDX-License-Identifier: Apache-2.0
#include "deploy/admin/access.hpp"

#include <nlohmann/json.hpp>

namespace troupe::admin {

namespace {

std::string who(const http::request& asked) {
  return asked.from.name + " (" + wire::to_string(asked.from.as) + ")";
}

} // namespace

void require_reader(const http::request& asked) {
  if (asked.from.as != wire::role::admin_read && asked.from.as != wire::role::admin_operate) {
    throw forbidden{who(asked) + " may not ask " + asked.path + "; the keys of viewer or admin may"};
  }
}

void require_operator(const http::request& asked) {
  if (asked.from.as != wire::role::admin_operate) {
    throw forbidden{who(asked) + " may not order " + asked.path + "; the keys of admin may"};
  }
}

http::reply for_admins(const http::request& asked, const std::function<http::reply()>& answer) {
  try {
    require_reader(asked);
  } catch (const forbidden& e) {
    return e.page();
  }
  return answer();
}

http::reply json_page(const nlohmann::json& body) {
  return {200, body.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace) + "\n"};
}

} // namespace troupe::admin
