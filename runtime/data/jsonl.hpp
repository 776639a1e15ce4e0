// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "schema/rollout.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace troupe::data {

/// The lines of a text file, without their ends, numbered from 1. Not thread-safe.
class line_reader {
public:
  /// Throws error(not_found) or error(failed) naming the file.
  explicit line_reader(const std::string& path);

  struct line {
    std::uint64_t number = 0;
    std::string_view text; ///< valid while the reader lives
  };
  /// Nothing at the end. A last line without an end counts; `\r\n` ends a line as `\n` does.
  std::optional<line> next();

private:
  std::string content_;
  std::size_t at_ = 0;
  std::uint64_t number_ = 0;
};

/// One problem of a user's file.
struct jsonl_problem {
  std::uint64_t line = 0;
  std::string text;                   ///< "prompt" (or reasoning-gym's "question")
  std::vector<chat_message> messages; ///< "messages"
  std::string answer;                 ///< "answer": a string, or a number as it was written
  std::string completion;             ///< "completion": what an expert would answer; may be absent
  std::string metadata;               ///< "metadata": one JSON object; may be absent
};

struct jsonl_problems {
  std::vector<jsonl_problem> problems;
  std::uint64_t skipped = 0;                ///< lines that did not hold a problem
  std::vector<std::string> skipped_because; ///< the first ten, "file:line: reason"
};

/// Reads {"prompt","answer"} or {"messages","answer"} lines; empty lines are passed over. A line that holds no problem
/// is refused as error(invalid) "file:line: reason; what to do", or counted where `skip_bad_lines` is set. A file
/// without any problem is error(invalid).
jsonl_problems read_problems(const std::string& path, bool skip_bad_lines);

} // namespace troupe::data
