// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "runtime/error.hpp"
#include "runtime/http/message.hpp"

#include <functional>
#include <nlohmann/json_fwd.hpp>

/// Who may ask what of a run: viewers (admin_read) may look, operators (admin_operate) may also give orders, members of
/// the run itself may do neither here.
namespace troupe::admin {

/// Becomes a 403.
class forbidden : public error {
public:
  explicit forbidden(const std::string& words) : error(errc::failed, words) {}
  http::reply page() const { return http::refuse(403, code(), what()); }
};

void require_reader(const http::request& asked);
void require_operator(const http::request& asked);

/// `answer`, where the caller may look; else a 403.
http::reply for_admins(const http::request& asked, const std::function<http::reply()>& answer);

http::reply json_page(const nlohmann::json& body);

} // namespace troupe::admin
