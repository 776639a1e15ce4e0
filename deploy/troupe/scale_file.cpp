// SPDX-License-Identifier: Apache-2.0
#include "deploy/troupe/scale_file.hpp"

#include "runtime/data/durable_file.hpp"

#include <filesystem>
#include <nlohmann/json.hpp>

namespace troupe::program {

using nlohmann::json;

std::string scale_file(const std::string& run) {
  return run + "/scale.json";
}

scale_wish read_scale(const std::string& run) {
  scale_wish wish;
  const auto path = scale_file(run);
  const auto file = std::filesystem::exists(path) ? json::parse(data::read_file(path), nullptr, false) : json();
  if (!file.is_object()) {
    return wish;
  }
  for (const auto& [name, value] : file.items()) {
    if (value.is_number_unsigned()) {
      wish.members[name] = value.get<std::uint64_t>();
    }
  }
  const auto drained = file.value("drained", json::object()); // items() of a temporary would outlive it
  for (const auto& [name, pid] : drained.items()) {
    if (pid.is_number_integer()) {
      wish.drained[name] = pid.get<std::int64_t>();
    }
  }
  return wish;
}

void write_scale(const std::string& run, const scale_wish& wish) {
  json file = wish.members;
  if (!wish.drained.empty()) {
    file["drained"] = wish.drained;
  }
  data::write_file_durably(scale_file(run), (file.is_null() ? json::object() : file).dump() + "\n");
}

} // namespace troupe::program
