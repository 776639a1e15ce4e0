// SPDX-License-Identifier: Apache-2.0
#include "deploy/troupectl/table.hpp"
#include "deploy/troupectl/verbs.hpp"

#include <map>
#include <ostream>

namespace troupe::ctl {

void show_tail(const opened_store& from, const row_query& query, std::uint64_t n, output_format as, std::ostream& out) {
  std::multimap<std::string, row> last; // those of one moment in key order; steps, which have no time, all so
  visit_matching(from, query, [&](const row& r) {
    const auto at = r.find("changed");
    last.emplace(at != r.end() && at->is_string() ? at->get<std::string>() : "", r);
    if (last.size() > n) {
      last.erase(last.begin());
    }
    return true;
  });
  row all = row::array();
  auto columns = columns_of(query);
  if (query.fields.empty() && find_field(fields_of(query.which.what), "changed") != nullptr) {
    columns.insert(columns.begin(), "changed");
  }
  for (const auto& [at, r] : last) {
    all.push_back(as == output_format::json && query.fields.empty() ? r : only(r, columns));
  }
  if (as == output_format::table) {
    print_table(all.get<std::vector<row>>(), columns, out);
    return;
  }
  json_list list{out};
  for (const auto& r : all) {
    list.add(r);
  }
  list.end();
}

} // namespace troupe::ctl
