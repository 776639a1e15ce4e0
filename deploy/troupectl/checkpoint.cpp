// SPDX-License-Identifier: Apache-2.0
// The verb about checkpoints: of the store (create), and of the model (ls, verify).
#include "deploy/troupectl/sample_facts.hpp"
#include "deploy/troupectl/table.hpp"
#include "deploy/troupectl/verbs.hpp"
#include "runtime/config/stage_graph.hpp"
#include "runtime/data/durable_file.hpp"
#include "runtime/data/folder_hash.hpp"
#include "runtime/data/folder_size.hpp"
#include "runtime/error.hpp"

#include <filesystem>
#include <fmt/format.h>
#include <ostream>
#include <unistd.h>

namespace troupe::ctl {

namespace fs = std::filesystem;

namespace {

std::vector<checkpoint_record> recorded(const opened_store& from) {
  std::vector<checkpoint_record> all;
  for (const auto& s : from.journal->stages()) {
    for (auto& c : from.journal->checkpoints(s.stage)) {
      all.push_back(std::move(c));
    }
  }
  return all;
}

fs::path place_of(const opened_store& from, const checkpoint_record& c) {
  if (from.run_folder.empty()) {
    throw error{errc::invalid, from.store_folder +
                                   " lies in no run directory, so there are no model checkpoints beside "
                                   "it; name the run directory"};
  }
  return fs::path{from.run_folder} / c.folder;
}

/// Why the files are not those that were recorded; empty when they are.
std::string fault_of(const fs::path& folder, const checkpoint_record& c) {
  try {
    return data::manifest_hash(folder.string()) == c.manifest_hash ? "" : "its files are not those that were recorded";
  } catch (const error& e) {
    return e.code() == errc::not_found ? "is gone" : e.what();
  }
}

} // namespace

void list_checkpoints(const opened_store& from, output_format as, std::ostream& out) {
  const sample_facts facts{from};
  row all = row::array();
  for (const auto& s : from.journal->stages()) {
    const auto of_stage = from.journal->checkpoints(s.stage);
    const auto best = config::choose_checkpoint(of_stage, config::checkpoint_choice::best);
    for (const auto& c : of_stage) {
      const auto size = data::folder_bytes(place_of(from, c).string());
      all.push_back({{"stage", facts.stage_name(c.stage)},
                     {"version", c.version.value},
                     {"branch", c.branch},
                     {"validation", c.validation < 0 ? row() : row(c.validation)},
                     {"best", c.validation >= 0 && best == c},
                     {"bytes", size ? row(*size) : row()},
                     {"folder", c.folder}});
    }
  }
  if (as == output_format::json) {
    out << json_page(all) << "\n";
  } else {
    for (auto& r : all) {
      r["size"] = r["bytes"].is_null() ? row("gone") : row(size_text(r["bytes"].get<std::uint64_t>()));
    }
    print_table(all.get<std::vector<row>>(), {"stage", "version", "branch", "validation", "best", "size", "folder"},
                out);
  }
}

bool verify_checkpoints(const opened_store& from, output_format as, std::ostream& out, std::ostream& err) {
  row differing = row::array();
  const auto all = recorded(from);
  for (const auto& c : all) {
    if (const auto fault = fault_of(place_of(from, c), c); !fault.empty()) {
      differing.push_back({{"folder", c.folder}, {"fault", fault}});
      err << fmt::format("violated: checkpoint {}: {}\n", c.folder, fault);
    }
  }
  if (as == output_format::json) {
    out << json_line({{"checkpoints", all.size()}, {"differing", differing}}) << "\n";
  } else {
    out << fmt::format("{} checkpoints, {} as recorded\n", all.size(), all.size() - differing.size());
  }
  return differing.empty();
}

void create_checkpoint(const opened_store& from, const std::string& folder, output_format as, std::ostream& out) {
  const std::string to = folder.ends_with('/') ? fs::path{folder}.parent_path().string() : folder;
  if (fs::exists(to)) {
    throw error{errc::invalid, to + " exists already; name a new folder"};
  }
  const fs::path part = fmt::format("{}.part-{}", to, ::getpid());
  try {
    fs::create_directories(part);
    from.journal->checkpoint((part / "store").string());
    const fs::path recipe = fs::path{from.run_folder} / "recipe.yaml";
    if (!from.run_folder.empty() && fs::exists(recipe)) {
      data::write_file_durably((part / "recipe.yaml").string(), data::read_file(recipe.string()));
    }
    fs::rename(part, to);
  } catch (const fs::filesystem_error& e) {
    std::error_code never_made;
    fs::remove_all(part, never_made);
    throw error{errc::invalid, fmt::format("{}: cannot be made: {}", to, e.code().message())};
  } catch (const error&) {
    fs::remove_all(part);
    throw;
  }
  const auto parent = fs::absolute(to).parent_path().string();
  data::sync_folder(parent);
  const auto bytes = data::folder_bytes(to + "/store").value_or(0);
  if (as == output_format::json) {
    out << json_line({{"folder", to}, {"bytes", bytes}}) << "\n";
  } else {
    out << fmt::format("{}: the store as of now, {}; read it with --store {}\n", to, size_text(bytes), to);
  }
}

} // namespace troupe::ctl
