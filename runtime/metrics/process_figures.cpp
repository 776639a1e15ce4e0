// SPDX-License-Identifier: Apache-2.0
#include "runtime/metrics/process_figures.hpp"

#include "runtime/metrics/registry.hpp"

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>
#include <string>
#include <sys/resource.h>
#include <unistd.h>

namespace troupe::metrics {

namespace {

/// What /proc/self/stat says, numbered as in proc(5); the name in field 2 may hold spaces and brackets.
struct process_stat {
  double cpu_ticks = 0;      // fields 14 and 15
  double start_ticks = 0;    // field 22, since the machine began
  double resident_pages = 0; // field 24
};

process_stat read_stat() {
  std::ifstream file{"/proc/self/stat"};
  std::string text{std::istreambuf_iterator<char>{file}, {}};
  std::istringstream after_name{text.substr(text.rfind(')') == std::string::npos ? text.size() : text.rfind(')') + 1)};
  process_stat found;
  std::string word;
  for (int field = 3; after_name >> word; ++field) {
    if (field == 14 || field == 15) {
      found.cpu_ticks += std::stod(word);
    } else if (field == 22) {
      found.start_ticks = std::stod(word);
    } else if (field == 24) {
      found.resident_pages = std::stod(word);
    }
  }
  return found;
}

/// When the machine began, in seconds since 1970.
double boot_time() {
  std::ifstream file{"/proc/stat"};
  for (std::string word; file >> word;) {
    if (word == "btime") {
      double seconds = 0;
      file >> seconds;
      return seconds;
    }
  }
  return 0;
}

double open_descriptors() {
  std::error_code unreadable;
  const std::filesystem::directory_iterator all{"/proc/self/fd", unreadable};
  return unreadable ? 0 : static_cast<double>(std::distance(begin(all), end(all)) - 1); // the one that reads
}

} // namespace

void read_process(registry& to) {
  const auto stat = read_stat();
  const auto ticks = static_cast<double>(::sysconf(_SC_CLK_TCK));
  static const double booted = boot_time();
  rlimit limit{};
  to.raise("process_cpu_seconds_total", stat.cpu_ticks / ticks);
  to.set("process_resident_memory_bytes", stat.resident_pages * static_cast<double>(::sysconf(_SC_PAGESIZE)));
  to.set("process_start_time_seconds", booted + stat.start_ticks / ticks);
  to.set("process_open_fds", open_descriptors());
  if (::getrlimit(RLIMIT_NOFILE, &limit) == 0) {
    to.set("process_max_fds", static_cast<double>(limit.rlim_cur));
  }
}

} // namespace troupe::metrics
