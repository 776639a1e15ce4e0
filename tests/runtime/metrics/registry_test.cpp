// SPDX-License-Identifier: Apache-2.0
#include "runtime/cluster/membership.hpp"
#include "runtime/data/durable_file.hpp"
#include "runtime/metrics/registry.hpp"

#include <algorithm>
#include <cmath>
#include <gmock/gmock.h>
#include <map>
#include <regex>
#include <set>
#include <sstream>
#include <vector>

namespace troupe::metrics {
namespace {

using testing::HasSubstr;

const std::vector<wire::role> roles{wire::role::controller, wire::role::buffer, wire::role::learner,
                                    wire::role::generator, wire::role::verifier};

/// Reads the text format 0.0.4 as strictly as its description has it.
struct scrape {
  explicit scrape(const std::string& text) {
    static const std::regex comment{"# (HELP|TYPE) ([a-zA-Z_:][a-zA-Z0-9_:]*) (.+)"};
    static const std::regex value{
        R"(([a-zA-Z_:][a-zA-Z0-9_:]*)(\{[a-z_]+="[^"\\\n]*"(?:,[a-z_]+="[^"\\\n]*")*\})? (\S+))"};
    std::istringstream lines{text};
    std::smatch found;
    for (std::string line; std::getline(lines, line);) {
      if (std::regex_match(line, found, comment)) {
        (found[1] == "HELP" ? helps : types)[found[2]] = found[3];
      } else if (std::regex_match(line, found, value)) {
        std::size_t end = 0;
        values[found[1].str() + found[2].str()] = std::stod(found[3], &end); // takes Nan and +Inf as well
        EXPECT_EQ(end, found[3].length()) << line;
      } else {
        ADD_FAILURE() << "neither comment nor value: " << line;
      }
    }
  }
  std::map<std::string, std::string> helps;
  std::map<std::string, std::string> types;
  std::map<std::string, double> values;
};

TEST(Registry, ExportsExactlyTheCatalogueFromTheStart) {
  std::set<std::string> exported;
  for (const auto role : roles) {
    const scrape read{registry{role}.text()};
    std::set<std::string> listed;
    for (const auto& one : catalogue()) {
      if (exported_by(one, role)) {
        listed.insert(one.name);
        EXPECT_EQ(read.helps.at(one.name), one.help);
      }
    }
    for (const auto& [name, kind] : read.types) {
      EXPECT_TRUE(listed.contains(name)) << name;
      exported.insert(name);
    }
    EXPECT_EQ(read.types.size(), listed.size()) << wire::to_string(role);
  }
  EXPECT_EQ(exported.size(), catalogue().size());
}

TEST(Registry, NamesObeyTheRules) {
  const std::set<std::string> reserved{"_count", "_sum", "_bucket", "_info"};
  for (const auto& one : catalogue()) {
    EXPECT_TRUE(one.name.starts_with("troupe_") || one.name.starts_with("process_")) << one.name;
    EXPECT_EQ(one.name.ends_with("_total"), one.kind == metric_kind::counter) << one.name;
    for (const auto& end : reserved) {
      EXPECT_FALSE(one.name.ends_with(end)) << one.name;
    }
    EXPECT_FALSE(std::regex_search(one.name, std::regex{"_(ms|milliseconds|minutes|percent|kib|mib|gib|kb|mb)(_|$)"}))
        << one.name << " is not in base units";
    EXPECT_EQ(one.label.empty(), one.values.empty()) << one.name;
    EXPECT_EQ(one.kind == metric_kind::histogram, !one.buckets.empty()) << one.name;
    EXPECT_LE(one.values.size(), 12U) << one.name << " has too many values of a label";
    EXPECT_FALSE(one.help.empty()) << one.name;
  }
}

TEST(Registry, ListsEveryStateThatAMemberMayHave) {
  const auto members = std::find_if(catalogue().begin(), catalogue().end(),
                                    [](const metric& one) { return one.name == "troupe_controller_members"; });
  ASSERT_NE(members, catalogue().end());
  EXPECT_EQ(members->values, std::vector<std::string>(cluster::member_states.begin(), cluster::member_states.end()));
}

TEST(Registry, CountsSetsAndObserves) {
  registry of{wire::role::buffer};
  of.add("troupe_buffer_commits_total");
  of.add("troupe_buffer_commits_total", 2);
  of.add("troupe_buffer_submitted_samples_total", 5, "fenced");
  of.raise("troupe_buffer_dropped_groups_total", 7, "stale");
  of.raise("troupe_buffer_dropped_groups_total", 6, "stale"); // an older reading
  of.set("troupe_buffer_groups", 3, "ready");
  of.observe("troupe_buffer_sample_staleness_versions", 1);
  of.observe("troupe_buffer_sample_staleness_versions", 3);
  const scrape read{of.text()};
  EXPECT_EQ(read.types.at("troupe_buffer_commits_total"), "counter");
  EXPECT_EQ(read.values.at("troupe_buffer_commits_total"), 3);
  EXPECT_EQ(read.values.at("troupe_buffer_submitted_samples_total{result=\"fenced\"}"), 5);
  EXPECT_EQ(read.values.at("troupe_buffer_submitted_samples_total{result=\"created\"}"), 0);
  EXPECT_EQ(read.values.at("troupe_buffer_dropped_groups_total{reason=\"stale\"}"), 7);
  EXPECT_EQ(read.values.at("troupe_buffer_groups{state=\"ready\"}"), 3);
  EXPECT_TRUE(std::isnan(read.values.at("troupe_buffer_store_bytes"))) << "nobody said how many";
  EXPECT_EQ(read.types.at("troupe_buffer_sample_staleness_versions"), "histogram");
  EXPECT_EQ(read.values.at("troupe_buffer_sample_staleness_versions_bucket{le=\"1\"}"), 1);
  EXPECT_EQ(read.values.at("troupe_buffer_sample_staleness_versions_bucket{le=\"4\"}"), 2);
  EXPECT_EQ(read.values.at("troupe_buffer_sample_staleness_versions_sum"), 4);
}

TEST(Registry, TellsOfItsOwnProcess) {
  registry of{wire::role::verifier};
  const auto filled = std::make_shared<int>(0);
  of.on_read([filled](registry& r) { r.set("troupe_ready", ++*filled); });
  const scrape read{of.text()};
  EXPECT_EQ(read.values.at("troupe_ready"), 1);
  EXPECT_GT(read.values.at("process_resident_memory_bytes"), 1e6);
  EXPECT_GT(read.values.at("process_open_fds"), 2);
  EXPECT_GT(read.values.at("process_max_fds"), read.values.at("process_open_fds"));
  EXPECT_GT(read.values.at("process_start_time_seconds"), 1.6e9);
  EXPECT_LT(read.values.at("process_start_time_seconds"), static_cast<double>(std::time(nullptr)) + 2);
  EXPECT_LT(read.values.at("process_cpu_seconds_total"), 600);
}

TEST(RegistryDeathTest, UnlistedFiguresAreBugs) {
  registry of{wire::role::buffer};
  EXPECT_DEATH(of.add("troupe_learner_steps_total"), "no metric troupe_learner_steps_total for a buffer");
  EXPECT_DEATH(of.set("troupe_buffer_commits_total", 1), "troupe_buffer_commits_total");
  EXPECT_DEATH(of.set("troupe_buffer_groups", 1, "lost"), "lost");
}

TEST(Registry, TheReferenceIsThatOfTheCatalogue) {
  EXPECT_THAT(data::read_file(TROUPE_METRICS_REFERENCE), HasSubstr(catalogue_in_markdown()))
      << "docs/metrics.md is older than the catalogue; its table of /metrics is catalogue_in_markdown()";
}

} // namespace
} // namespace troupe::metrics
