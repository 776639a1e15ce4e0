// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "runtime/wire/request_book.hpp"

#include <string>

/// How answers of actors travel: kind 0 and the encoded reply, or an error's code as the kind and its words.
namespace troupe::actors {

wire::message success(std::string encoded);
wire::message failure_of(const error& e);

/// The encoded reply. Throws what the other side, or the wire itself, answered instead of one.
const std::string& reply_in(const wire::outcome& how);

} // namespace troupe::actors
