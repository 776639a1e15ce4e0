// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <nlohmann/json.hpp>
#include <span>
#include <string>
#include <string_view>

namespace troupe::ctl {

/// One thing as a flat object, its fields in the order of their table.
using row = nlohmann::ordered_json;

enum class field_type : std::uint8_t { number, text, boolean };

/// A field that rows of one kind may have.
struct field {
  std::string name; ///< ends in `/` when it stands for a family: `rewards/` for `rewards/accuracy`, ...
  field_type type = field_type::text;
  bool column = true;   ///< shown where no `--fields` is given
  bool payload = false; ///< needs the stored prompt, sample or judgement, not only the group
};

/// The field that `name` means; null when there is none.
const field* find_field(std::span<const field> known, std::string_view name);
/// "a, b, rewards/NAME"
std::string field_names(std::span<const field> known);

} // namespace troupe::ctl
