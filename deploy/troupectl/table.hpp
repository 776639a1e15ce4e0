// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "deploy/troupectl/field.hpp"

#include <iosfwd>
#include <string>
#include <vector>

namespace troupe::ctl {

/// Rows as aligned columns under their names, numbers to the right, at most 60 characters a cell.
void print_table(const std::vector<row>& rows, const std::vector<std::string>& columns, std::ostream& out);

/// "6.1 MiB"; below 1 KiB "17 B".
std::string size_text(std::uint64_t bytes);

/// Code points: good enough for columns.
std::size_t characters(const std::string& s);

/// A value as a person reads it: no quotes, `-` for null, line breaks as \n, at most `most` characters (0: all).
std::string cell_text(const row& value, std::size_t most = 60);

/// JSON on one line; bytes that are no UTF-8 become U+FFFD.
std::string json_line(const row& value);
/// JSON on many lines.
std::string json_page(const row& value);

/// A JSON array, an element a line, written as they come.
class json_list {
public:
  explicit json_list(std::ostream& out) : out_(out) {}
  void add(const row& value);
  void end(); ///< after the last one

private:
  std::ostream& out_;
  bool empty_ = true;
};

} // namespace troupe::ctl
