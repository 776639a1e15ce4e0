// SPDX-License-Identifier: Apache-2.0
#include "runtime/metrics/report.hpp"

#include "runtime/data/durable_file.hpp"
#include "runtime/error.hpp"
#include "runtime/metrics/report_page.hpp"

#include <filesystem>
#include <sstream>

namespace troupe::metrics {

namespace fs = std::filesystem;

namespace {

std::string read_if_there(const fs::path& file) {
  return fs::exists(file) ? data::read_file(file.string()) : "";
}

/// A last line that a running process has written in part is left out.
std::vector<nlohmann::json> parsed_lines(const std::string& text) {
  std::vector<nlohmann::json> lines;
  std::istringstream in{text};
  for (std::string line; std::getline(in, line);) {
    if (auto object = nlohmann::json::parse(line, nullptr, false); object.is_object()) {
      lines.push_back(std::move(object));
    }
  }
  return lines;
}

/// The resolved recipe's `name: ...` line, else the folder's name.
std::string title_of(const fs::path& run, const std::string& recipe) {
  std::istringstream in{recipe};
  for (std::string line; std::getline(in, line);) {
    if (line.rfind("name: ", 0) == 0) {
      std::string name = line.substr(6);
      std::erase_if(name, [](char c) { return c == '"' || c == '\''; });
      return name;
    }
  }
  return fs::absolute(run).lexically_normal().filename().string();
}

} // namespace

void write_report(const std::string& run_folder) {
  const fs::path run{run_folder};
  const auto report_text = read_if_there(run / "report.json");
  const auto report = nlohmann::json::parse(report_text.empty() ? "null" : report_text, nullptr, false);
  if (report.is_discarded()) {
    throw error{errc::corrupt, (run / "report.json").string() + " is not JSON; remove it and ask for the report again"};
  }
  auto d = gather(parsed_lines(read_if_there(run / "metrics.jsonl")), report);
  d.recipe = read_if_there(run / "recipe.yaml");
  d.title = title_of(run, d.recipe);
  data::write_file_durably((run / "report.html").string(), report_page(d));
}

} // namespace troupe::metrics
