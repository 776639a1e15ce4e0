// SPDX-License-Identifier: Apache-2.0
#include "runtime/verify/question_line.hpp"
#include "tests/fuzz/input_folder.hpp"

#include <cmath>

/// The answers of a user's verifier: whatever it prints becomes a finding, never an exception, and the reward is
/// finite.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto finding = troupe::verify::read_finding(troupe::fuzz::as_text(data, size), "1");
  troupe::fuzz::require(std::isfinite(finding.value), "a reward is finite");
  return 0;
}
