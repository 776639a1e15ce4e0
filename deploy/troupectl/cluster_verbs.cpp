// SPDX-License-Identifier: Apache-2.0
#include "deploy/troupectl/cluster_verbs.hpp"

#include "deploy/troupectl/table.hpp"
#include "deploy/troupectl/where.hpp"
#include "runtime/error.hpp"

#include <array>
#include <istream>
#include <ostream>

namespace troupe::ctl {

using nlohmann::json;

namespace {

const std::array<field, 7> worker_fields{{{"name", field_type::text},
                                          {"role", field_type::text},
                                          {"state", field_type::text},
                                          {"pid", field_type::number},
                                          {"host", field_type::text},
                                          {"version", field_type::number},
                                          {"leases", field_type::number}}};

std::vector<std::string> names_of(std::span<const field> fields) {
  std::vector<std::string> names;
  for (const auto& f : fields) {
    names.push_back(f.name);
  }
  return names;
}

void ask(const std::string& words, const std::string& url, const terminal& at, std::ostream& err) {
  if (at.answers == nullptr) {
    throw error{errc::invalid, words + ": nobody is there to be asked; say --yes"};
  }
  err << words << ", at " << url << "? [y/N] " << std::flush;
  std::string answer;
  std::getline(*at.answers, answer);
  if (answer != "y" && answer != "yes") {
    throw error{errc::failed, words + ": not done"};
  }
}

/// An object as lines of name and value.
void print_facts(const json& of, std::ostream& out) {
  for (const auto& [name, value] : of.items()) {
    out << name << "  " << cell_text(row(value), 0) << "\n";
  }
}

} // namespace

void list_workers(const cluster& of, const row_query& query, output_format as, std::ostream& out) {
  check_fields(worker_fields, query.fields, "--fields");
  const where filter = query.where.empty() ? where{} : where{query.where, worker_fields};
  const auto columns = query.fields.empty() ? names_of(worker_fields) : query.fields;
  std::vector<row> rows;
  for (const auto& member : of.get("/v1/cluster").value("members", json::array())) {
    const auto one = only(row(member), names_of(worker_fields));
    if (filter.matches(one) && (query.limit == 0 || rows.size() < query.limit)) {
      rows.push_back(only(one, columns));
    }
  }
  as == output_format::json ? void(out << json_line(row(rows)) << "\n") : print_table(rows, columns, out);
}

void show_why(const cluster& of, output_format as, std::ostream& out) {
  const auto said = of.get("/v1/why");
  if (as == output_format::json) {
    out << json_line(row(said)) << "\n";
    return;
  }
  const auto summary = said.value("summary", json());
  out << cell_text(row(summary), 0) << "\n";
  for (const auto& line : said.value("lines", json::array())) {
    if (line != summary) {
      out << "  " << cell_text(row(line), 0) << "\n";
    }
  }
}

void show_logs(const cluster& of, const std::string& member, std::uint64_t lines, output_format as, std::ostream& out) {
  const auto said = of.get(http::query("/v1/logs", {{"name", member}, {"lines", std::to_string(lines)}}));
  if (as == output_format::json) {
    out << json_line(row(said)) << "\n";
    return;
  }
  for (const auto& line : said.value("lines", json::array())) {
    out << cell_text(row(line), 0) << "\n";
  }
}

void give_order(const cluster& of, const order& what, const arguments_read& a, const terminal& at, std::ostream& out,
                std::ostream& err) {
  if (!a.yes) {
    ask(what.words, of.url(), at, err);
  }
  const auto done = of.post(what.target, what.body);
  if (a.as() == output_format::json) {
    out << json_line(row(done)) << "\n";
  } else {
    print_facts(done, out);
  }
}

} // namespace troupe::ctl
