// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

namespace troupe::actors {

template <class T>
struct of_type {};

/// What `encode` made of a T. Trusts nothing; throws codec_error. Each *_calls.hpp has, beside each `encode`, the
/// function that reads it.
template <class T>
T decode_call(std::string_view bytes) {
  return decode_call(bytes, of_type<T>{});
}

} // namespace troupe::actors
