// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

namespace troupe::actors {

/// What `encode` made of a T, one of those that the *_calls.hpp encode. Trusts nothing; throws codec_error.
template <class T>
T decode_call(std::string_view bytes);

} // namespace troupe::actors
