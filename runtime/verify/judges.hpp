// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "runtime/verify/judge.hpp"

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace troupe::verify {

struct judge_options {
  std::string verifier;             ///< one of judge_names(); empty with command or url
  std::vector<std::string> command; ///< the user's own program
  std::string url;                  ///< the user's own endpoint
  double timeout_s = 10.0;          ///< of one completion, for command and url
  std::uint64_t seed = 0;           ///< of `random`
};

/// What a judge that comes with Troupe says of an answer.
struct judge_description {
  std::string name;
  std::string about;
  bool decides = false; ///< by default: its verdict counts as the sample's
};
/// All, sorted by name.
const std::vector<judge_description>& judges();
/// Their names.
const std::vector<std::string>& judge_names();

/// Whether a judge's verdict counts as the sample's unless the recipe says otherwise.
bool decides_by_default(std::string_view verifier);

/// Throws error(invalid) for an unknown name, and for more or fewer than one of verifier, command and url.
std::unique_ptr<judge> make_judge(const judge_options& opts);

} // namespace troupe::verify
