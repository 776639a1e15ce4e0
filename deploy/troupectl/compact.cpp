// SPDX-License-Identifier: Apache-2.0
#include "deploy/troupectl/table.hpp"
#include "deploy/troupectl/verbs.hpp"
#include "runtime/data/folder_size.hpp"

#include <fmt/format.h>
#include <ostream>

namespace troupe::ctl {

void compact(const place& where, output_format as, std::ostream& out, std::ostream& err) {
  auto store = open_for_writing(where, err);
  const auto before = data::folder_bytes(store.store_folder).value_or(0);
  store.journal->compact();
  store.journal.reset(); // files that nothing refers to any more go as it closes
  const auto after = data::folder_bytes(store.store_folder).value_or(0);
  if (as == output_format::json) {
    out << json_line({{"bytes_before", before}, {"bytes_after", after}}) << "\n";
  } else {
    out << fmt::format("{} before, {} now\n", size_text(before), size_text(after));
  }
}

} // namespace troupe::ctl
