// SPDX-License-Identifier: Apache-2.0
#include "runtime/verify/metadata.hpp"

#include <nlohmann/json.hpp>

namespace troupe::verify {

answering_terms read_terms(const std::string& metadata) {
  answering_terms terms;
  const auto object = nlohmann::json::parse(metadata, nullptr, false);
  if (!object.is_object()) {
    return terms;
  }
  const auto text = [&](const char* key) {
    return object.contains(key) && object[key].is_string() ? std::optional(object[key].get<std::string>())
                                                           : std::nullopt;
  };
  terms.language = text("language");
  terms.refusal = text("refusal");
  if (object.contains("must_decline") && object["must_decline"].is_boolean()) {
    terms.must_decline = object["must_decline"].get<bool>();
  }
  return terms;
}

} // namespace troupe::verify
