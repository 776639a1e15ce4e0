// SPDX-License-Identifier: Apache-2.0
#include "runtime/data/durable_file.hpp"
#include "runtime/error.hpp"
#include "runtime/text/tokenizer.hpp"

#include <filesystem>
#include <nlohmann/json.hpp>

namespace troupe::text {

std::vector<std::int32_t> read_stop_tokens(const std::string& folder, const tokenizer& by) {
  using nlohmann::json;
  const auto name = (std::filesystem::path(folder) / "generation_config.json").string();
  json named;
  if (std::filesystem::exists(name)) {
    const auto config = json::parse(data::read_file(name), nullptr, false);
    if (!config.is_object()) {
      throw error(errc::invalid, name + ": is not a JSON object; the file is damaged");
    }
    named = config.value("eos_token_id", json());
  }
  if (named.is_null()) {
    named = by.end_token() < 0 ? json::array() : json(by.end_token());
  }
  std::vector<std::int32_t> stops;
  for (const auto& id : named.is_array() ? named : json::array({named})) {
    if (!id.is_number_integer() || id < 0 || id >= by.vocabulary_size()) {
      throw error(errc::invalid, name + ": eos_token_id has " + id.dump() + "; it must be ids of the vocabulary of " +
                                     std::to_string(by.vocabulary_size()) + " tokens, or be left out");
    }
    stops.push_back(id.get<std::int32_t>());
  }
  return stops;
}

} // namespace troupe::text
