// SPDX-License-Identifier: Apache-2.0
#include "deploy/troupectl/table.hpp"
#include "deploy/troupectl/verbs.hpp"

#include <filesystem>
#include <fmt/format.h>
#include <ostream>

namespace troupe::ctl {

namespace {

std::uint64_t bytes_in(const std::string& folder) {
  std::uint64_t bytes = 0;
  for (const auto& file : std::filesystem::directory_iterator{folder}) {
    bytes += file.is_regular_file() ? file.file_size() : 0;
  }
  return bytes;
}

} // namespace

void compact(const place& where, output_format as, std::ostream& out, std::ostream& err) {
  auto store = open_for_writing(where, err);
  const auto before = bytes_in(store.store_folder);
  store.journal->compact();
  store.journal.reset(); // files that nothing refers to any more go as it closes
  const auto after = bytes_in(store.store_folder);
  if (as == output_format::json) {
    out << json_line({{"bytes_before", before}, {"bytes_after", after}}) << "\n";
  } else {
    out << fmt::format("{} before, {} now\n", size_text(before), size_text(after));
  }
}

} // namespace troupe::ctl
