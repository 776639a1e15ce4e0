// SPDX-License-Identifier: Apache-2.0
#include "runtime/metrics/scalars.hpp"

#include <nlohmann/json.hpp>

namespace troupe::metrics {

tensorboard::scalars scalars_of(const nlohmann::json& line) {
  std::string prefix;
  for (const char* part : {"stage", "task", "split"}) {
    if (const auto it = line.find(part); it != line.end() && it->is_string()) {
      prefix += it->get<std::string>() + "/";
    }
  }
  tensorboard::scalars out;
  for (const auto& [name, value] : line.items()) {
    if (value.is_number() && name != "step") {
      out.emplace_back(prefix + name, value.get<double>());
    }
  }
  return out;
}

std::int64_t step_of(const nlohmann::json& line) {
  const auto it = line.find("step");
  return it != line.end() && it->is_number() ? it->get<std::int64_t>() : 0;
}

} // namespace troupe::metrics
