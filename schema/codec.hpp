// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "schema/dataset.hpp"
#include "schema/rollout.hpp"
#include "schema/step.hpp"

#include <stdexcept>
#include <string>
#include <string_view>

/// The one way between the plain structs and their Cap'n Proto form. Encoding is deterministic. Decoding trusts
/// nothing: it checks segment count, length, alignment, enum numbers, that arrays agree and that figures are finite.
/// Thread-safe: no state.
namespace troupe {

/// The bytes are not a record of the wanted kind; the message says what is wrong with them.
class codec_error : public std::runtime_error {
public:
  using std::runtime_error::runtime_error;
};

/// Throws codec_error for what decode would refuse, so that nothing unreadable is ever written.
std::string encode(const group& value);
std::string encode(const prompt& value);
std::string encode(const sample& value);
std::string encode(const judgement& value);
std::string encode(const step_record& value);
std::string encode(const checkpoint_record& value);
std::string encode(const stage_record& value);
std::string encode(const dataset_record& value);
std::string encode(const dataset_manifest& value);

/// T is one of the types above. Throws codec_error.
template <class T>
T decode(std::string_view bytes);

} // namespace troupe
