// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "runtime/config/document.hpp"
#include "runtime/config/recipe.hpp"

#include <array>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <utility>
#include <vector>

/// The one table of keys. Reading, writing, suggestions and docs/recipe.md all walk it.
namespace troupe::config {

/// Which types of stage know a key; keys of other places apply everywhere.
using stage_set = std::uint8_t;
constexpr stage_set in(stage_type type) {
  return static_cast<stage_set>(1u << static_cast<unsigned>(type));
}
constexpr stage_set every_stage = 0x0f;
/// Types of stages as recipes name them, in the order of the enumeration.
inline constexpr std::array<std::pair<const char*, stage_type>, 4> stage_types{{
    {"sft", stage_type::sft},
    {"grpo", stage_type::grpo},
    {"rejection_sampling", stage_type::rejection_sampling},
    {"eval", stage_type::eval},
}};

/// One key of a struct `T`.
template <class T>
struct key {
  std::string name;
  stage_set stages = every_stage;
  std::string range; ///< in words, for messages and the reference
  std::string help;
  std::function<void(T&, const node&, const std::string& path)> read; ///< refuses what is out of range
  std::function<std::string(const T&)> write;                         ///< as YAML on one line
  bool hidden = false; ///< accepted when reading, not written: another key says the same
};

const std::vector<key<recipe>>& recipe_keys(); ///< but retention, model, tasks and stages: tables of their own
const std::vector<key<retention_spec>>& retention_keys();
const std::vector<key<model_spec>>& model_keys();
const std::vector<key<task_spec>>& task_keys(); ///< the parameters of its kind come beside them
const std::vector<key<reward_spec>>& reward_keys();
const std::vector<key<mixture_part>>& mixture_keys();
const std::vector<key<stage_spec>>& stage_keys();

/// A name that TRL, verl or others use for something that is spelled otherwise here.
struct foreign_name {
  std::string theirs;
  std::string ours; ///< a key, or a sentence in brackets where we have none
};
const std::vector<foreign_name>& foreign_names();

/// What to say of a key that nobody knows: our name for it, the nearest one, or where to read on.
std::string about_unknown(const std::string& name, std::span<const std::string> known);

std::string to_string(stage_type type);
std::string types_in_words(stage_set stages);   ///< "sft, grpo"
std::string yaml_text(const std::string& text); ///< as a YAML scalar, in quotes only where it needs them
std::string number_text(double value);          ///< shortest text that reads back as the same number
std::string reward_name(const reward_spec& spec);
bool decides_by_default(const reward_spec& spec);

/// The reference of every key, as `docs/recipe.md` has it.
std::string recipe_reference();

} // namespace troupe::config
