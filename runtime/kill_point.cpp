// SPDX-License-Identifier: Apache-2.0
#include "runtime/kill_point.hpp"

#include <atomic>
#include <csignal>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <unistd.h>

namespace troupe {

namespace {

struct wish {
  std::string name;
  std::uint64_t visit = 1;
};

wish read_wish() {
  const char* text = std::getenv("TROUPE_KILL_POINT");
  wish w{.name = text == nullptr ? "" : text};
  if (const auto colon = w.name.find(':'); colon != std::string::npos) {
    w.visit = std::strtoull(w.name.c_str() + colon + 1, nullptr, 10);
    w.name.resize(colon);
  }
  return w;
}

} // namespace

void kill_point(std::string_view name) {
  static const wish wanted = read_wish();
  if (wanted.name.empty() || name != wanted.name) {
    return;
  }
  static std::atomic<std::uint64_t> visits{0};
  if (++visits == wanted.visit) {
    ::kill(::getpid(), SIGKILL);
    ::pause(); // the signal may reach another thread first
  }
}

} // namespace troupe
