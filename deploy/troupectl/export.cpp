// SPDX-License-Identifier: Apache-2.0
#include "deploy/troupectl/table.hpp"
#include "deploy/troupectl/verbs.hpp"
#include "runtime/data/durable_file.hpp"
#include "runtime/data/file_hash.hpp"
#include "runtime/error.hpp"

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fmt/format.h>
#include <fstream>
#include <ostream>
#include <unistd.h>

namespace troupe::ctl {

namespace fs = std::filesystem;

namespace {

/// Number of records written.
std::uint64_t write_lines(const opened_store& from, row_query query, std::ostream& out, std::ostream& err) {
  std::uint64_t forgotten = 0;
  query.forgotten = &forgotten;
  query.which.with_payloads = query.fields.empty();
  std::uint64_t n = 0;
  visit_matching(from, query, [&](const row& r) {
    out << json_line(query.fields.empty() ? r : only(r, query.fields)) << "\n";
    ++n;
    return static_cast<bool>(out);
  });
  if (!out.flush()) {
    throw error{errc::resource_exhausted, "export: cannot write; is the disk full?"};
  }
  if (forgotten > 0) {
    err << fmt::format("{} samples were forgotten by retention and are left out\n", forgotten);
  }
  return n;
}

/// Nothing in it depends on when or where it is made.
row manifest_of(const opened_store& from, const row_query& query, const std::string& written, std::uint64_t records) {
  row m{{"file", fs::path{written}.filename().string()},
        {"kind",
         query.which.what == noun::records ? "dataset" : noun_names()[static_cast<std::size_t>(query.which.what)]},
        {"dataset", query.which.dataset.empty() ? row() : row(query.which.dataset)},
        {"where", query.where.empty() ? row() : row(query.where)},
        {"fields", query.fields.empty() ? row() : row(query.fields)},
        {"limit", query.limit == 0 ? row() : row(query.limit)},
        {"records", records},
        {"bytes", fs::file_size(written)},
        {"xxh3", fmt::format("{:016x}", data::hash_file(written))},
        {"store_format", from.journal->setting("format_version").value_or("")},
        {"run", from.recipe ? row(from.recipe->name) : row()}};
  return m;
}

} // namespace

void export_rows(const opened_store& from, const row_query& query, std::ostream& out, std::ostream& err) {
  write_lines(from, query, out, err);
}

void export_to_file(const opened_store& from, const row_query& query, const std::string& file, output_format as,
                    std::ostream& out, std::ostream& err) {
  const std::string part = fmt::format("{}.part-{}", file, ::getpid());
  std::uint64_t records = 0;
  {
    std::ofstream lines{part, std::ios::binary};
    if (!lines) {
      throw error{errc::invalid, fmt::format("--out {}: cannot be written: {}", file, std::strerror(errno))};
    }
    try {
      records = write_lines(from, query, lines, err);
    } catch (const error&) {
      fs::remove(part);
      throw;
    }
  }
  data::publish_file(part, file);
  const auto manifest = manifest_of(from, query, file, records);
  data::write_file_durably(file + ".manifest.json", json_page(manifest) + "\n");
  if (as == output_format::json) {
    out << json_line(manifest) << "\n";
  } else {
    out << fmt::format("{}: {} records, {}, xxh3 {}\n", file, records,
                       size_text(manifest["bytes"].get<std::uint64_t>()), manifest["xxh3"].get<std::string>());
  }
}

} // namespace troupe::ctl
