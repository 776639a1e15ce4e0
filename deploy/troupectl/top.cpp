// SPDX-License-Identifier: Apache-2.0
#include "deploy/troupectl/cluster_verbs.hpp"
#include "deploy/troupectl/table.hpp"
#include "runtime/error.hpp"

#include <chrono>
#include <fmt/format.h>
#include <ostream>
#include <sstream>
#include <thread>

namespace troupe::ctl {

using nlohmann::json;

namespace {

constexpr const char* clear_screen = "\x1b[H\x1b[2J\x1b[3J";
const std::vector<std::string> member_columns{"name",   "role",     "state", "version",
                                              "leases", "silent_s", "doing", "doing_s"};

/// What a reading verb answers, parsed; null with the reason in `problem` when it does not.
json read(const cluster& of, const std::vector<std::string>& words, std::string& problem) {
  std::ostringstream out;
  std::ostringstream err;
  try {
    const int status = of.read(words, out, err);
    auto said = json::parse(out.str(), nullptr, false);
    if (status == 0 && !said.is_discarded()) {
      return said;
    }
    problem = err.str();
  } catch (const error& e) { // the page is worth showing without it
    problem = e.what();
  }
  return {};
}

/// Of the last step, by its own metrics.
json tokens_per_second(const cluster& of, std::string& problem) {
  const std::string field = "metrics/perf/tokens_per_second";
  const auto steps = read(of, {"tail", "steps", "-n", "1", "--fields", field, "--output", "json"}, problem);
  return steps.is_array() && !steps.empty() ? steps[0].value(field, json()) : json();
}

json page_of(const cluster& of) {
  auto page = of.get("/v1/cluster");
  std::string problem;
  if (!page.contains("groups")) {
    const auto status = read(of, {"status", "--output", "json"}, problem);
    page["groups"] = status.is_object() ? status.value("groups", json()) : json();
  }
  if (!page.contains("tokens_per_second")) {
    page["tokens_per_second"] = tokens_per_second(of, problem);
  }
  page["problem"] = problem.empty() ? json() : json(problem);
  return page;
}

std::string text_of(const json& page, const char* key) {
  return cell_text(row(page.value(key, json())));
}

void print_page(const json& page, std::ostream& out) {
  out << fmt::format("run {}  recipe {}  {}\nstage {}  step {}  version {}  sampled tokens/s {}\n",
                     text_of(page, "run"), text_of(page, "recipe"), text_of(page, "state"), text_of(page, "stage"),
                     text_of(page, "step"), text_of(page, "version"), text_of(page, "tokens_per_second"));
  if (const auto groups = page.value("groups", json()); groups.is_object()) {
    out << "groups:";
    for (const char* key : {"issued", "pending", "ready", "leased", "trained", "collected", "scored"}) {
      out << " " << text_of(groups, key) << " " << key;
    }
    std::uint64_t dropped = 0;
    for (const auto& n : groups.value("dropped", json::object())) {
      dropped += n.is_number_unsigned() ? n.get<std::uint64_t>() : 0;
    }
    out << " " << dropped << " dropped\n";
  } else {
    out << "groups: " << text_of(page, "problem") << "\n";
  }
  out << "\n";
  std::vector<row> rows;
  for (const auto& member : page.value("members", json::array())) {
    rows.push_back(only(row(member), member_columns));
  }
  print_table(rows, member_columns, out);
}

} // namespace

void show_top(const cluster& of, const arguments_read& a, const terminal& at, std::ostream& out) {
  using clock = std::chrono::steady_clock;
  const auto began = clock::now();
  const bool again = at.shows_output && !a.once && a.as() == output_format::table;
  while (true) {
    const auto page = page_of(of);
    std::ostringstream text;
    a.as() == output_format::json ? void(text << json_line(row(page)) << "\n") : print_page(page, text);
    out << (again ? clear_screen : "") << text.str() << std::flush;
    const auto spent = std::chrono::duration<double>(clock::now() - began).count();
    if (!again || page.value("state", "") == "finished" || (a.for_s > 0 && spent + a.interval_s > a.for_s)) {
      return;
    }
    std::this_thread::sleep_for(std::chrono::duration<double>(a.interval_s)); // nothing tells when a page is old
  }
}

} // namespace troupe::ctl
