// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "runtime/wire/request_book.hpp"
#include "runtime/wire/server.hpp"
#include "schema/codec.hpp"

#include <new>
#include <string>

/// How answers of actors travel: kind 0 and the encoded reply, or an error's code as the kind and its words.
namespace troupe::actors {

wire::message success(std::string encoded);
wire::message failure_of(const error& e);

/// The encoded reply. Throws what the other side, or the wire itself, answered instead of one.
const std::string& reply_in(const wire::outcome& how);

/// A request's one part. Throws error(invalid).
const wire::part& only_part(const wire::message& request);

/// Runs `body`, which answers; what it throws becomes the answer.
template <class Body>
void answered(const wire::respond& answer, Body body) {
  try {
    body();
  } catch (const codec_error& e) {
    answer(failure_of(error{errc::invalid, e.what()}));
  } catch (const error& e) {
    answer(failure_of(e));
  } catch (const std::bad_alloc&) {
    answer(failure_of(error{errc::resource_exhausted, "no memory for this request"}));
  } catch (const std::exception& e) {
    answer(failure_of(error{errc::failed, e.what()}));
  }
}

} // namespace troupe::actors
