// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace troupe::store {

enum class family : std::uint8_t { meta, group, prompt, sample, judgement, step, checkpoint, stage, dataset, record };
inline constexpr std::size_t family_count = 10;
std::string name_of(family f);

struct change {
  family in = family::meta;
  std::string key;
  std::optional<std::string> sealed; ///< nothing: the key is deleted
};

/// Changes that become visible together or not at all.
using transition = std::vector<change>;

} // namespace troupe::store
