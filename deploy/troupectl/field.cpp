// SPDX-License-Identifier: Apache-2.0
#include "deploy/troupectl/field.hpp"

namespace troupe::ctl {

const field* find_field(std::span<const field> known, std::string_view name) {
  for (const auto& f : known) {
    const bool family = f.name.ends_with('/') && name.size() > f.name.size() && name.starts_with(f.name);
    if (family || (f.name == name && !f.name.ends_with('/'))) {
      return &f;
    }
  }
  return nullptr;
}

std::string field_names(std::span<const field> known) {
  std::string out;
  for (const auto& f : known) {
    out += (out.empty() ? "" : ", ") + f.name + (f.name.ends_with('/') ? "NAME" : "");
  }
  return out;
}

} // namespace troupe::ctl
