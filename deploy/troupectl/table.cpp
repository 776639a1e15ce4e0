// SPDX-License-Identifier: Apache-2.0
#include "deploy/troupectl/table.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <fmt/format.h>
#include <ostream>

namespace troupe::ctl {

std::size_t characters(const std::string& s) {
  return static_cast<std::size_t>(std::count_if(s.begin(), s.end(), [](char c) { return (c & 0xc0) != 0x80; }));
}

namespace {

std::string shortened(const std::string& s, std::size_t most) {
  if (most == 0 || characters(s) <= most) {
    return s;
  }
  std::size_t end = 0;
  for (std::size_t kept = 0; end < s.size(); ++end) {
    if ((s[end] & 0xc0) != 0x80 && ++kept == most) {
      break;
    }
  }
  return s.substr(0, end) + "…";
}

/// Control characters would move the cursor or colour the terminal.
std::string printable(const std::string& s) {
  std::string out;
  for (const char c : s) {
    if (c == '\n') {
      out += "\\n";
    } else if (c == '\t') {
      out += "\\t";
    } else if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) {
      out += fmt::format("\\x{:02x}", static_cast<unsigned char>(c));
    } else {
      out += c;
    }
  }
  return out;
}

} // namespace

std::string size_text(std::uint64_t bytes) {
  constexpr std::array units{"KiB", "MiB", "GiB", "TiB"};
  if (bytes < 1024) {
    return fmt::format("{} B", bytes);
  }
  double value = static_cast<double>(bytes) / 1024;
  std::size_t unit = 0;
  for (; value >= 1024 && unit + 1 < units.size(); ++unit) {
    value /= 1024;
  }
  return fmt::format("{:.1f} {}", value, units[unit]);
}

std::string cell_text(const row& value, std::size_t most) {
  if (value.is_null()) {
    return "-";
  }
  if (value.is_string()) {
    return shortened(printable(value.get_ref<const std::string&>()), most);
  }
  if (value.is_boolean()) {
    return value.get<bool>() ? "yes" : "no";
  }
  if (value.is_number_float()) {
    return fmt::format("{:.4g}", value.get<double>());
  }
  return shortened(json_line(value), most);
}

void print_table(const std::vector<row>& rows, const std::vector<std::string>& columns, std::ostream& out) {
  std::vector<std::vector<std::string>> cells{columns};
  std::vector<std::uint8_t> right(columns.size(), rows.empty() ? 0 : 1);
  for (const auto& r : rows) {
    auto& line = cells.emplace_back();
    for (std::size_t i = 0; i < columns.size(); ++i) {
      const auto it = r.find(columns[i]);
      const row value = it == r.end() ? row() : *it;
      right[i] = right[i] != 0 && (value.is_number() || value.is_null()) ? 1 : 0;
      line.push_back(cell_text(value));
    }
  }
  std::vector<std::size_t> widths(columns.size(), 0);
  for (const auto& line : cells) {
    for (std::size_t i = 0; i < line.size(); ++i) {
      widths[i] = std::max(widths[i], characters(line[i]));
    }
  }
  for (const auto& line : cells) {
    std::string text;
    for (std::size_t i = 0; i < line.size(); ++i) {
      const std::string pad(widths[i] - characters(line[i]), ' ');
      text += (i == 0 ? "" : "  ") + (right[i] != 0 ? pad + line[i] : line[i] + pad);
    }
    text.erase(text.find_last_not_of(' ') + 1);
    out << text << "\n";
  }
}

std::string json_line(const row& value) {
  return value.dump(-1, ' ', false, row::error_handler_t::replace);
}

std::string json_page(const row& value) {
  return value.dump(2, ' ', false, row::error_handler_t::replace);
}

void json_list::add(const row& value) {
  out_ << (empty_ ? "[\n " : ",\n ") << json_line(value);
  empty_ = false;
}

void json_list::end() {
  out_ << (empty_ ? "[]\n" : "\n]\n");
}

} // namespace troupe::ctl
