// SPDX-License-Identifier: Apache-2.0
#include "runtime/data/jsonl.hpp"
#include "runtime/error.hpp"
#include "tests/fuzz/input_folder.hpp"

/// A user's problems: read strictly, the file is refused with an error or every problem has a question; read leniently,
/// no fewer problems come out.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const troupe::fuzz::input_folder folder;
  const auto path = folder.write("problems.jsonl", troupe::fuzz::as_text(data, size));
  std::size_t strict = 0;
  try {
    const auto read = troupe::data::read_problems(path, false);
    strict = read.problems.size();
    for (const auto& problem : read.problems) {
      troupe::fuzz::require(!problem.text.empty() || !problem.messages.empty(), "a problem asks something");
    }
  } catch (const troupe::error&) {
    strict = 0;
  }
  try {
    troupe::fuzz::require(troupe::data::read_problems(path, true).problems.size() >= strict,
                          "skipping loses no problem");
  } catch (const troupe::error&) {
    troupe::fuzz::require(strict == 0, "what is read strictly is read leniently");
  }
  return 0;
}
