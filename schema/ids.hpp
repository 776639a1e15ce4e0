// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <compare>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace troupe {

/// An integer that is not just any integer: two ids of different tags do not convert into each other.
template <class Tag, class Rep = std::uint64_t>
struct strong_id {
  Rep value{};

  constexpr strong_id() = default;
  explicit constexpr strong_id(Rep v) : value(v) {}
  auto operator<=>(const strong_id&) const = default;
  constexpr strong_id next() const { return strong_id{static_cast<Rep>(value + 1)}; }
};

/// Position of a stage in its recipe, from 0.
using stage_index = strong_id<struct stage_index_tag, std::uint32_t>;
/// Batches consumed in a stage; the weights a stage starts from are version 0 of that stage.
using policy_version = strong_id<struct policy_version_tag>;
/// Never reused within one store.
using lease_id = strong_id<struct lease_id_tag>;
/// Counts how often a learner took up a stage; what it or another said in an epoch before is refused. Starts at 1.
using epoch = strong_id<struct epoch_tag>;

/// Random 128-bit id of one process life; what a life before a restart still says is refused.
struct incarnation {
  std::uint64_t high = 0;
  std::uint64_t low = 0;
  auto operator<=>(const incarnation&) const = default;
};

/// What a group is for; fixed when it is issued.
enum class purpose : std::uint8_t { train = 0, collect = 1, eval = 2 };

/// A group is named by where its prompt came from, never at random: the same run issues the same ids again.
/// Text form: stage index, first letter of the purpose, cursor, and `.attempt` when it is not 0: `1t42`, `1t42.1`.
struct group_id {
  stage_index stage;
  purpose why = purpose::train;
  std::uint64_t cursor = 0;
  std::uint32_t attempt = 0;
  auto operator<=>(const group_id&) const = default;
};

/// Text form: the group's, a slash, the index: `1t42/3`.
struct sample_id {
  group_id group;
  std::uint32_t index = 0;
  auto operator<=>(const sample_id&) const = default;
};

std::string to_string(purpose p); // "train", "collect", "eval"
std::string to_string(const group_id& id);
std::string to_string(const sample_id& id);
std::string to_string(const incarnation& id); // 32 hex digits

/// The inverse of to_string; nothing for any other text.
std::optional<group_id> parse_group_id(std::string_view text);
std::optional<sample_id> parse_sample_id(std::string_view text);

} // namespace troupe

template <class Tag, class Rep>
struct std::hash<troupe::strong_id<Tag, Rep>> {
  std::size_t operator()(const troupe::strong_id<Tag, Rep>& id) const noexcept { return std::hash<Rep>{}(id.value); }
};
