// SPDX-License-Identifier: Apache-2.0
// The verb that makes a dataset of a file.
#include "deploy/troupectl/lineage.hpp"
#include "deploy/troupectl/table.hpp"
#include "deploy/troupectl/verbs.hpp"
#include "runtime/data/file_hash.hpp"
#include "runtime/data/jsonl.hpp"
#include "runtime/error.hpp"

#include <algorithm>
#include <cctype>
#include <cmath>
#include <filesystem>
#include <fmt/format.h>
#include <ostream>
#include <set>

namespace troupe::ctl {

namespace {

constexpr std::uintmax_t bytes_max = 1ULL << 30; // it becomes one write
constexpr std::size_t refusals_shown = 10;

const std::string& text_of(const row& line, const char* name) {
  const auto it = line.find(name);
  if (it == line.end() || !it->is_string()) {
    throw error{errc::invalid, fmt::format("needs \"{}\", a string", name)};
  }
  return it->get_ref<const std::string&>();
}

/// The source that a line names; none where it names none.
std::optional<sample_id> source_of(const row& line) {
  const auto it = line.find("source");
  if (it == line.end() || it->is_null()) {
    return std::nullopt;
  }
  const auto id = it->is_string() ? parse_sample_id(it->get_ref<const std::string&>()) : std::nullopt;
  if (!id) {
    throw error{errc::invalid, fmt::format("source {} is no sample id; one looks like 1c42/3", json_line(*it))};
  }
  return id;
}

dataset_record record_of(const row& line) {
  static const std::set<std::string> known{"index", "source", "task", "prompt", "completion", "answer", "reward"};
  if (!line.is_object()) {
    throw error{errc::invalid, "is no JSON object"};
  }
  for (const auto& [name, value] : line.items()) {
    if (!known.contains(name)) {
      throw error{errc::invalid, fmt::format("has a key \"{}\"; known are {}", name, fmt::join(known, ", "))};
    }
  }
  const auto reward = line.find("reward");
  if (reward == line.end() || !reward->is_number() || !std::isfinite(reward->get<double>())) {
    throw error{errc::invalid, "needs \"reward\", a number"};
  }
  return {.index = 0,
          .source = source_of(line),
          .task = text_of(line, "task"),
          .prompt = text_of(line, "prompt"),
          .completion = text_of(line, "completion"),
          .answer = text_of(line, "answer"),
          .reward = reward->get<double>()};
}

/// Keeps a source that resolves; one that does not is cut where the order says that the file is foreign, else refused.
void settle_lineage(const store::journal& in, bool foreign, dataset_record& r) {
  const auto fault = r.source ? lineage_fault(in, r) : "names no source";
  if (fault.empty()) {
    return;
  }
  if (!foreign) {
    throw error{errc::invalid, fault + "; --foreign imports it without its source"};
  }
  r.source.reset();
}

struct reading {
  std::vector<dataset_record> records;
  std::vector<std::string> refused; ///< "FILE:LINE: why"
};

reading read(const store::journal& in, const import_order& order) {
  reading all;
  data::line_reader lines{order.file};
  while (const auto line = lines.next()) {
    if (line->text.empty()) {
      continue;
    }
    try {
      auto r = record_of(row::parse(line->text, nullptr, false));
      settle_lineage(in, order.foreign, r);
      r.index = all.records.size();
      all.records.push_back(std::move(r));
    } catch (const error& e) {
      if (e.code() != errc::invalid) {
        throw;
      }
      all.refused.push_back(fmt::format("{}:{}: {}", order.file, line->number, e.what()));
    }
  }
  return all;
}

void require_new(const opened_store& in, const std::string& name) {
  const bool fits = !name.empty() && std::all_of(name.begin(), name.end(), [](unsigned char c) {
    return std::isalnum(c) != 0 || c == '_' || c == '-' || c == '.';
  });
  if (!fits) {
    throw error{errc::invalid, "a dataset's name is of letters, digits, _ - and ."};
  }
  for (const auto& d : in.journal->datasets()) {
    if (d.name == name) {
      throw error{errc::conflict, fmt::format("dataset {} exists, with {} records; choose another name: datasets are "
                                              "never overwritten",
                                              name, d.records)};
    }
  }
  for (const auto& s : in.recipe ? in.recipe->stages : std::vector<config::stage_spec>{}) {
    if (s.dataset == name) {
      throw error{errc::conflict,
                  fmt::format("stage {} of the recipe makes dataset {}; choose another name", s.name, name)};
    }
  }
}

} // namespace

void import_dataset(const place& where, const import_order& order, output_format as, std::ostream& out,
                    std::ostream& err) {
  reading got;
  dataset_manifest made{.name = order.name, .stage = no_stage, .filter = "imported"};
  {
    const auto store = open_store(where, err); // what is refused is refused by a reader: nothing on disk changes
    require_new(store, order.name);
    std::error_code none;
    if (std::filesystem::file_size(order.file, none) > bytes_max && !none) {
      throw error{errc::invalid, order.file + " is larger than 1 GiB; split it into several datasets"};
    }
    made.parents = {file_parent(order.file, data::hash_file(order.file), order.foreign)};
    got = read(*store.journal, order);
  }
  for (std::size_t i = 0; i < std::min(got.refused.size(), refusals_shown); ++i) {
    err << got.refused[i] << "\n";
  }
  if (!got.refused.empty() || got.records.empty()) {
    throw error{errc::invalid,
                got.refused.empty()
                    ? order.file + " holds no records"
                    : fmt::format("{} of {} lines of {} are refused; nothing was imported", got.refused.size(),
                                  got.refused.size() + got.records.size(), order.file)};
  }
  made.records = made.considered = got.records.size();
  store::write all{.dataset = made};
  std::uint64_t foreign = 0;
  for (auto& r : got.records) {
    foreign += r.source ? 0 : 1;
    all.records.emplace_back(order.name, std::move(r));
  }
  const auto store = open_for_writing(where, err);
  require_new(store, order.name);
  store.journal->commit(all, store::durability::disk);
  if (as == output_format::json) {
    out << json_line({{"dataset", made.name},
                      {"version", made.version},
                      {"records", made.records},
                      {"foreign_records", foreign},
                      {"parents", made.parents}})
        << "\n";
  } else {
    out << fmt::format("dataset {} version {}: {} records{} from {}\n", made.name, made.version, made.records,
                       foreign == 0 ? "" : fmt::format(" ({} without a source in this store)", foreign),
                       made.parents[0]);
  }
}

} // namespace troupe::ctl
