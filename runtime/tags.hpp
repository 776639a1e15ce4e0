// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <string_view>

/// How a completion is written: `<think>reasoning</think><answer>answer</answer>`. Each tag is one token in every
/// tokenizer we make.
namespace troupe::tag {

inline constexpr std::string_view think = "<think>";
inline constexpr std::string_view think_end = "</think>";
inline constexpr std::string_view answer = "<answer>";
inline constexpr std::string_view answer_end = "</answer>";
inline constexpr std::array<std::string_view, 4> all{think, think_end, answer, answer_end};

} // namespace troupe::tag
