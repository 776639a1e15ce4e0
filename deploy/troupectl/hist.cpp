// SPDX-License-Identifier: Apache-2.0
#include "deploy/troupectl/histogram.hpp"
#include "deploy/troupectl/table.hpp"
#include "deploy/troupectl/verbs.hpp"
#include "runtime/error.hpp"

#include <algorithm>
#include <cmath>
#include <fmt/format.h>
#include <map>
#include <numeric>
#include <ostream>

namespace troupe::ctl {

namespace {

constexpr std::size_t page_width = 80;
constexpr std::size_t label_max = 40;

struct labelled {
  std::string label;
  std::uint64_t count = 0;
};

void print_bars(const std::vector<labelled>& lines, std::ostream& out) {
  std::size_t label_width = 0, count_width = 0;
  std::uint64_t most = 1;
  for (const auto& l : lines) {
    label_width = std::max(label_width, characters(l.label));
    count_width = std::max(count_width, std::to_string(l.count).size());
    most = std::max(most, l.count);
  }
  const std::size_t room = page_width - label_width - count_width - 4;
  for (const auto& l : lines) {
    const auto drawn = bar(static_cast<double>(l.count) / static_cast<double>(most), room);
    out << l.label << std::string(label_width - characters(l.label), ' ')
        << fmt::format("  {:>{}}", l.count, count_width) << (drawn.empty() ? "" : "  ") << drawn << "\n";
  }
}

std::string number_text(double v) {
  return fmt::format("{:.6g}", v == 0 ? 0.0 : v); // no -0
}

class numbers {
public:
  void add(const row& value) {
    whole_ = whole_ && value.is_number_integer();
    values_.push_back(value.get<double>());
  }

  void print(const std::string& of, std::uint64_t missing, std::uint32_t bins_max, output_format as,
             std::ostream& out) {
    const auto bins = bins_of(values_, bins_max, whole_);
    row all{{"field", of}, {"count", values_.size()}, {"missing", missing}};
    std::sort(values_.begin(), values_.end());
    const double sum = std::accumulate(values_.begin(), values_.end(), 0.0);
    const bool any = !values_.empty();
    all["min"] = any ? row(values_.front()) : row();
    all["mean"] = any ? row(sum / static_cast<double>(values_.size())) : row();
    all["median"] = any ? row(values_[(values_.size() - 1) / 2]) : row();
    all["max"] = any ? row(values_.back()) : row();
    all["bins"] = row::array();
    std::vector<labelled> lines;
    for (const auto& b : bins) {
      all["bins"].push_back({{"from", b.from}, {"to", b.to}, {"count", b.count}});
      const bool holds_end = values_.back() == b.to; // the last bin alone can
      lines.push_back({b.from == b.to         ? number_text(b.from)
                       : whole_ && !holds_end ? fmt::format("{}..{}", number_text(b.from), number_text(b.to - 1))
                       : whole_               ? fmt::format("{}..{}", number_text(b.from), number_text(b.to))
                                              : fmt::format("{} to {}", number_text(b.from), number_text(b.to)),
                       b.count});
    }
    if (as == output_format::json) {
      out << json_line(all) << "\n";
      return;
    }
    out << fmt::format("{}: {} values", of, values_.size());
    if (any) {
      out << fmt::format(", min {}, median {}, mean {:.4g}, max {}", number_text(values_.front()),
                         number_text(all["median"]), all["mean"].get<double>(), number_text(values_.back()));
    }
    out << (missing == 0 ? "" : fmt::format("; {} without a value", missing)) << "\n";
    print_bars(lines, out);
  }

private:
  std::vector<double> values_;
  bool whole_ = true;
};

void print_texts(const std::string& of, const std::map<std::string, std::uint64_t>& counts, std::uint64_t missing,
                 std::uint32_t most, output_format as, std::ostream& out) {
  std::vector<std::pair<std::string, std::uint64_t>> sorted(counts.begin(), counts.end());
  std::stable_sort(sorted.begin(), sorted.end(), [](const auto& a, const auto& b) { return a.second > b.second; });
  std::uint64_t total = 0, rest = 0;
  row all = row::array();
  std::vector<labelled> lines;
  for (const auto& [value, n] : sorted) {
    total += n;
    all.push_back({{"value", value}, {"count", n}});
    if (lines.size() < most) {
      lines.push_back({cell_text(value, label_max), n});
    } else {
      rest += n;
    }
  }
  if (as == output_format::json) {
    out << json_line({{"field", of}, {"count", total}, {"missing", missing}, {"counts", all}}) << "\n";
    return;
  }
  out << fmt::format("{}: {} values, {} different{}\n", of, total, sorted.size(),
                     missing == 0 ? "" : fmt::format("; {} without a value", missing));
  print_bars(lines, out);
  if (rest > 0) {
    out << fmt::format("and {} times {} other values; --bins shows more of them\n", rest, sorted.size() - lines.size());
  }
}

} // namespace

void show_histogram(const opened_store& from, const row_query& query, const std::string& of, std::uint32_t bins,
                    output_format as, std::ostream& out) {
  const auto known = fields_of(query.which.what);
  check_fields(known, {of}, "hist");
  row_query asked = query;
  asked.fields = {of}; // so that its payload is read where it has one
  const bool numeric = find_field(known, of)->type == field_type::number;
  numbers values;
  std::map<std::string, std::uint64_t> counts;
  std::uint64_t missing = 0;
  visit_matching(from, asked, [&](const row& r) {
    const auto it = r.find(of);
    if (it == r.end() || it->is_null() || (numeric && !(it->is_number() && std::isfinite(it->get<double>())))) {
      ++missing;
    } else if (numeric) {
      values.add(*it);
    } else {
      ++counts[it->is_string() ? it->get<std::string>() : cell_text(*it)];
    }
    return true;
  });
  if (numeric) {
    values.print(of, missing, bins, as, out);
  } else {
    print_texts(of, counts, missing, bins, as, out);
  }
}

} // namespace troupe::ctl
