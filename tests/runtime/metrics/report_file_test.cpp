// SPDX-License-Identifier: Apache-2.0
#include "runtime/error.hpp"
#include "runtime/metrics/counts_json.hpp"
#include "runtime/metrics/report_file.hpp"

#include <filesystem>
#include <fstream>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace troupe::metrics {
namespace {

class ReportFile : public ::testing::Test {
protected:
  void SetUp() override { std::filesystem::create_directories(folder_); }
  void TearDown() override { std::filesystem::remove_all(folder_); }
  nlohmann::json read() const { return nlohmann::json::parse(std::ifstream{folder_ + "/report.json"}); }

  const std::string folder_ =
      ::testing::TempDir() + "report_file." + ::testing::UnitTest::GetInstance()->current_test_info()->name();
};

TEST_F(ReportFile, AStageThatStartsOverReportsOnce) {
  set_in_report(folder_, "answers", "eval_sft", {{{"prompt", "1+1="}}, {{"prompt", "2+2="}}});
  set_in_report(folder_, "answers", "eval_final", {{{"prompt", "1+1="}}});
  set_in_report(folder_, "answers", "eval_sft", {{{"prompt", "3+3="}}});
  EXPECT_EQ(read(), nlohmann::json::parse(R"({"answers": [{"prompt": "1+1=", "by": "eval_final"},
                                                          {"prompt": "3+3=", "by": "eval_sft"}]})"));
}

TEST_F(ReportFile, CountsStandBesideTheLists) {
  rollout::group_counts c{.issued = 3, .trained = 2};
  c.dropped[static_cast<std::size_t>(drop_reason::stale)] = 1;
  set_in_report(folder_, "datasets", "rejection", {{{"name", "sampled"}}});
  set_report_counts(folder_, counts_json(c));
  EXPECT_EQ(read()["counts"]["trained"], 2);
  EXPECT_EQ(read()["counts"]["dropped"]["stale"], 1);
  EXPECT_EQ(read()["datasets"][0]["name"], "sampled");
}

TEST_F(ReportFile, WhatIsNoReportIsRefusedAndStays) {
  std::ofstream{folder_ + "/report.json"} << "[1]";
  EXPECT_THROW(set_in_report(folder_, "answers", "a", nlohmann::json::array()), error);
  EXPECT_EQ(read(), nlohmann::json::parse("[1]"));
}

} // namespace
} // namespace troupe::metrics
