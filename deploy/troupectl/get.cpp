// SPDX-License-Identifier: Apache-2.0
// The verbs that walk over rows: get, count; and the walk itself.
#include "deploy/troupectl/table.hpp"
#include "deploy/troupectl/verbs.hpp"
#include "deploy/troupectl/where.hpp"
#include "runtime/error.hpp"

#include <fmt/format.h>
#include <map>
#include <ostream>

namespace troupe::ctl {

namespace {

bool needs_payload(std::span<const field> known, const std::string& name) {
  const field* f = find_field(known, name);
  return f != nullptr && f->payload;
}

} // namespace

void check_fields(std::span<const field> known, const std::vector<std::string>& names, const char* option) {
  for (const auto& name : names) {
    if (find_field(known, name) == nullptr) {
      throw error{errc::invalid,
                  fmt::format("{}: there is no field '{}'; there are: {}", option, name, field_names(known))};
    }
  }
}

std::vector<std::string> columns_of(const row_query& query) {
  std::vector<std::string> columns = query.fields;
  for (const auto& f : fields_of(query.which.what)) {
    if (query.fields.empty() && f.column) {
      columns.push_back(f.name);
    }
  }
  return columns;
}

row only(const row& r, const std::vector<std::string>& columns) {
  row out = row::object();
  for (const auto& name : columns) {
    const auto it = r.find(name);
    out[name] = it == r.end() ? row() : *it;
  }
  return out;
}

void visit_matching(const opened_store& from, const row_query& asked, const row_visitor& visit) {
  row_query query = asked;
  const auto known = fields_of(query.which.what);
  const where filter = query.where.empty() ? where{} : where{query.where, known};
  check_fields(known, query.fields, "--fields");
  for (const auto& name : filter.reads()) {
    query.which.with_payloads = query.which.with_payloads || needs_payload(known, name);
  }
  for (const auto& name : query.fields) {
    query.which.with_payloads = query.which.with_payloads || needs_payload(known, name);
  }
  std::uint64_t seen = 0;
  for_each_row(from, query.which, [&](const row& r) {
    if (!filter.matches(r)) {
      return true;
    }
    if (query.forgotten != nullptr && query.which.what == noun::samples && !r["forgotten"].is_null()) {
      ++*query.forgotten;
      return true;
    }
    return visit(r) && (query.limit == 0 || ++seen < query.limit);
  });
}

void get_rows(const opened_store& from, const row_query& query, output_format as, std::ostream& out) {
  std::vector<row> rows;
  if (as == output_format::table) {
    const auto columns = columns_of(query);
    visit_matching(from, query, [&](const row& r) {
      rows.push_back(only(r, columns));
      return true;
    });
    print_table(rows, columns, out);
    return;
  }
  json_list list{out};
  visit_matching(from, query, [&](const row& r) {
    list.add(query.fields.empty() ? r : only(r, query.fields));
    return true;
  });
  list.end();
}

void count_rows(const opened_store& from, const row_query& query, const std::string& by, output_format as,
                std::ostream& out) {
  const auto known = fields_of(query.which.what);
  row_query asked = query;
  if (!by.empty()) {
    check_fields(known, {by}, "--by");
    asked.which.with_payloads = needs_payload(known, by);
  }
  std::uint64_t total = 0;
  std::map<std::string, std::uint64_t> counts;
  visit_matching(from, asked, [&](const row& r) {
    ++total;
    if (!by.empty()) {
      const auto it = r.find(by);
      ++counts[cell_text(it == r.end() ? row() : *it)];
    }
    return true;
  });
  if (as == output_format::json) {
    row answer{{"count", total}};
    if (!by.empty()) {
      answer["by"] = by;
      answer["counts"] = counts;
    }
    out << json_line(answer) << "\n";
  } else if (by.empty()) {
    out << total << "\n";
  } else {
    std::vector<row> rows;
    for (const auto& [value, n] : counts) {
      rows.push_back({{by, value}, {"count", n}});
    }
    print_table(rows, {by, "count"}, out);
  }
}

} // namespace troupe::ctl
