// SPDX-License-Identifier: Apache-2.0
#include "runtime/data/durable_file.hpp"
#include "runtime/error.hpp"
#include "runtime/metrics/run_log.hpp"
#include "runtime/metrics/tensorboard.hpp"
#include "tests/runtime/metrics/full_disk.hpp"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <gmock/gmock.h>
#include <nlohmann/json.hpp>
#include <unistd.h>

namespace troupe::metrics {
namespace {

namespace fs = std::filesystem;

class RunLog : public testing::Test {
protected:
  RunLog() : folder_(fs::temp_directory_path() / ("troupe-run-log-" + std::to_string(::getpid()))) {
    fs::remove_all(folder_);
  }
  ~RunLog() override { fs::remove_all(folder_); }

  std::string read(const std::string& name) const { return data::read_file((folder_ / name).string()); }
  std::string board() const { return read("tensorboard/events.out.tfevents.troupe"); }
  void append(const std::string& text) const { std::ofstream{folder_ / "metrics.jsonl", std::ios::app} << text; }

  fs::path folder_;
};

nlohmann::json step(int n) {
  return {{"kind", "step"}, {"stage", "rl"}, {"step", n}, {"reward", n / 4.0}};
}

TEST_F(RunLog, KeepsEveryLineAndOneEventForEach) {
  {
    run_log log{folder_.string()};
    log.record(step(1));
    EXPECT_EQ(read("metrics.jsonl"), step(1).dump() + "\n"); // there before the log is closed
  }
  run_log again{folder_.string()};
  again.record(step(2));
  EXPECT_EQ(read("metrics.jsonl"), step(1).dump() + "\n" + step(2).dump() + "\n");
  EXPECT_EQ(tensorboard::wall_times(board()).size(), 3U); // version, two steps
}

TEST_F(RunLog, EventsCarryATimeInUtc) {
  run_log log{folder_.string()};
  log.event("stage rl starts");
  EXPECT_THAT(read("events.log"),
              testing::MatchesRegex("20[0-9]+-[01][0-9]-[0-3][0-9]T[0-9]+:[0-9]+:[0-9]+\\.[0-9]+Z stage rl starts\n"));
}

TEST_F(RunLog, CutBackKeepsWhatIsWantedAndDropsATornLine) {
  {
    run_log log{folder_.string()};
    for (int n = 1; n <= 3; ++n) {
      log.record(step(n));
    }
  }
  append(R"({"kind":"st)");
  const auto times = tensorboard::wall_times(board());
  run_log::cut_back(folder_.string(), [](const auto& line) { return line["step"] != 2; });
  EXPECT_EQ(read("metrics.jsonl"), step(1).dump() + "\n" + step(3).dump() + "\n");
  // Written anew with the times the events had: version, step 1, step 3.
  EXPECT_EQ(board(), tensorboard::frame(tensorboard::encode_version(times[0])) +
                         tensorboard::frame(tensorboard::encode_scalars(times[1], 1, {{"rl/reward", 0.25}})) +
                         tensorboard::frame(tensorboard::encode_scalars(times[3], 3, {{"rl/reward", 0.75}})));
}

TEST_F(RunLog, CutBackOfNothingIsNothing) {
  fs::create_directories(folder_);
  EXPECT_NO_THROW(run_log::cut_back(folder_.string(), [](const auto&) { return true; }));
  EXPECT_FALSE(fs::exists(folder_ / "metrics.jsonl"));
}

TEST_F(RunLog, CutBackRefusesDamageInTheMiddle) {
  {
    run_log log{folder_.string()};
    log.record(step(1));
  }
  append("not json\n" + step(2).dump() + "\n");
  try {
    run_log::cut_back(folder_.string(), [](const auto&) { return true; });
    FAIL() << "accepted a damaged file";
  } catch (const error& e) {
    EXPECT_EQ(e.code(), errc::corrupt);
    EXPECT_THAT(e.what(), testing::HasSubstr("metrics.jsonl:2:"));
  }
}

/// A line too long for the disk that is full at 1000 bytes, where what is said on stderr still fits.
nlohmann::json long_step(int n) {
  auto line = step(n);
  line["pad"] = std::string(1000, 'x');
  line[std::string(1000, 'y')] = 1.0; // a scalar's name, for TensorBoard
  return line;
}

TEST_F(RunLog, AFullDiskEndsNothingAndIsSaidOnce) {
  {
    run_log log{folder_.string()};
    log.record(step(1));
    testing::internal::CaptureStderr();
    {
      const full_disk full{1000};
      log.record(long_step(2));
      log.record(step(3));
      log.event(std::string(1000, 'z'));
      log.report("answers", "eval", {{{"prompt", std::string(1000, 'w')}}});
    }
    const auto said = testing::internal::GetCapturedStderr();
    EXPECT_THAT(said, testing::HasSubstr("metrics.jsonl: cannot be written: "));
    EXPECT_EQ(std::count(said.begin(), said.end(), '\n'), 1);
    log.record(step(4));
  }
  EXPECT_EQ(read("metrics.jsonl"),
            step(1).dump() + "\n" + long_step(2).dump() + "\n" + step(3).dump() + "\n" + step(4).dump() + "\n");
  EXPECT_EQ(tensorboard::wall_times(board()).size(), 5U); // version, four steps
  EXPECT_THAT(read("events.log"), testing::AllOf(testing::HasSubstr("zzz\n"),
                                                 testing::HasSubstr("are written again; 0 entries are lost\n")));
  EXPECT_THAT(read("report.json"), testing::HasSubstr("www"));
}

TEST_F(RunLog, WhatIsLostIsCountedAtTheEnd) {
  testing::internal::CaptureStderr();
  {
    const full_disk full{1000};
    run_log log{folder_.string()};
    log.record(step(1));
    log.record(long_step(2));
    log.record(step(3));
    log.report("answers", "eval", {{{"prompt", std::string(1000, 'w')}}});
  }
  EXPECT_THAT(testing::internal::GetCapturedStderr(),
              testing::AllOf(testing::HasSubstr("2 entries are lost: " + (folder_ / "metrics.jsonl").string() + ": "),
                             testing::HasSubstr("the answers of eval are lost: ")));
  EXPECT_EQ(read("metrics.jsonl"), step(1).dump() + "\n");
}

TEST_F(RunLog, SaysWhichFileCannotBeWritten) {
  std::ofstream{folder_} << "a file where the folder should be";
  EXPECT_THROW(run_log{folder_.string()}, error);
}

} // namespace
} // namespace troupe::metrics
