// SPDX-License-Identifier: Apache-2.0
#include "deploy/troupectl/follow.hpp"

#include "deploy/troupectl/table.hpp"

#include <algorithm>
#include <chrono>
#include <ostream>
#include <set>
#include <sstream>
#include <thread>

namespace troupe::ctl {

namespace {

constexpr std::uint64_t looked_back = 1000; ///< rows

/// What tells one state of one row from every other.
std::vector<std::string> key_fields(noun what) {
  return what == noun::steps      ? std::vector<std::string>{"stage", "version", "branch"}
         : what == noun::datasets ? std::vector<std::string>{"name", "version", "records"}
         : what == noun::leases   ? std::vector<std::string>{"lease", "groups", "samples"}
                                  : std::vector<std::string>{"id", "changed"};
}

std::vector<std::string> words_for(const arguments_read& a, const std::vector<std::string>& shown,
                                   const std::vector<std::string>& keys) {
  std::string fields;
  for (const auto* part : {&shown, &keys}) {
    for (const auto& name : *part) {
      fields += (fields.empty() ? "" : ",") + name;
    }
  }
  std::vector<std::string> words{
      "tail", a.noun, "-n", std::to_string(std::max(a.last, looked_back)), "--fields=" + fields, "--output", "json"};
  if (!a.query.where.empty()) {
    words.push_back("--where=" + a.query.where);
  }
  return words;
}

void show_rows(const std::vector<row>& rows, const std::vector<std::string>& columns, output_format as, bool header,
               std::ostream& out) {
  if (as == output_format::json) {
    for (const auto& r : rows) {
      out << json_line(only(r, columns)) << "\n";
    }
  } else {
    std::ostringstream table;
    print_table(rows, columns, table);
    const auto text = table.str();
    out << (header ? text : text.substr(text.find('\n') + 1));
  }
  out << std::flush;
}

} // namespace

int follow(const arguments_read& a, const tail_asked& ask, std::ostream& out, std::ostream& err) {
  using clock = std::chrono::steady_clock;
  auto query = a.query;
  query.which.what = parse_noun(a.noun);
  const auto keys = key_fields(query.which.what);
  auto columns = columns_of(query);
  if (query.fields.empty() && find_field(fields_of(query.which.what), "changed") != nullptr &&
      std::find(columns.begin(), columns.end(), "changed") == columns.end()) {
    columns.insert(columns.begin(), "changed");
  }
  const auto words = words_for(a, columns, keys);
  std::set<std::string> known;
  const auto began = clock::now();
  for (bool first = true;; first = false) {
    std::ostringstream answer;
    if (const int status = ask(words, answer, err); status != 0) {
      return status;
    }
    const auto rows = row::parse(answer.str());
    std::set<std::string> seen;
    std::vector<row> fresh;
    for (const auto& r : rows) {
      const auto key = json_line(only(r, keys));
      seen.insert(key);
      if (!known.contains(key)) {
        fresh.push_back(r);
      }
    }
    if (first && fresh.size() > a.last) {
      fresh.erase(fresh.begin(), fresh.end() - static_cast<std::ptrdiff_t>(a.last));
    } else if (!first && fresh.size() == std::max(a.last, looked_back)) {
      err << "more has changed than " << fresh.size() << " rows; some are not shown\n";
    }
    show_rows(fresh, columns, a.as(), first, out);
    known = std::move(seen);
    const auto spent = std::chrono::duration<double>(clock::now() - began).count();
    if (!out || (a.for_s > 0 && spent + a.interval_s > a.for_s)) {
      return 0;
    }
    std::this_thread::sleep_for(std::chrono::duration<double>(a.interval_s)); // the store tells nobody of a change
  }
}

} // namespace troupe::ctl
