// SPDX-License-Identifier: Apache-2.0
#include "deploy/troupectl/where.hpp"
#include "runtime/error.hpp"
#include "tests/fuzz/input_folder.hpp"

#include <vector>

/// A filter from the command line is refused with an error, or it answers for any row; `not (...)` answers the
/// opposite.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using troupe::ctl::field_type;
  static const std::vector<troupe::ctl::field> known{{"reward", field_type::number},
                                                     {"task", field_type::text},
                                                     {"skipped", field_type::boolean},
                                                     {"rewards/", field_type::number}};
  static const troupe::ctl::row full{{"reward", 0.5}, {"task", "sort"}, {"skipped", true}, {"rewards/format", 1}};
  static const troupe::ctl::row empty{{"reward", nullptr}, {"task", nullptr}};
  const std::string expression{troupe::fuzz::as_text(data, size)};
  try {
    const troupe::ctl::where filter{expression, known};
    const troupe::ctl::where opposite{"not (" + expression + ")", known};
    for (const auto& row : {full, empty}) {
      troupe::fuzz::require(filter.matches(row) != opposite.matches(row), "not turns the answer around");
    }
  } catch (const troupe::error&) {
    return 0;
  }
  return 0;
}
