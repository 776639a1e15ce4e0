// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "schema/ids.hpp"

#include <optional>
#include <string>
#include <string_view>

/// Keys of the journal: big-endian numbers of fixed width, so that RocksDB's byte order is their order.
namespace troupe::store {

std::string key(stage_index stage);                                    // 4 bytes
std::string key(stage_index stage, policy_version version);            // 12
std::string key(const group_id& id);                                   // 17
std::string key(const sample_id& id);                                  // 21
std::string record_key(std::string_view dataset, std::uint64_t index); // name, a zero byte, 8
std::string records_begin(std::string_view dataset);

/// The group or sample that a key of 17 or 21 bytes names (a group's as its sample 0); nothing for any other.
std::optional<sample_id> parse_payload_key(std::string_view key);

} // namespace troupe::store
