// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>

namespace troupe::verify {

/// What a prompt's metadata says of how it is to be answered; absent keys are nothing.
struct answering_terms {
  std::optional<std::string> language; ///< "en"
  std::optional<bool> must_decline;
  std::optional<std::string> refusal; ///< the set form of declining
};

/// `metadata` is one JSON object or empty; anything else reads as no terms.
answering_terms read_terms(const std::string& metadata);

} // namespace troupe::verify
