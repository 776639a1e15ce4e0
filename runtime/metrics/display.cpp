// SPDX-License-Identifier: Apache-2.0
#include "runtime/metrics/display.hpp"

#include "runtime/metrics/display_text.hpp"

#include <cstdio>
#include <cstdlib>
#include <mutex>
#include <string_view>
#include <sys/ioctl.h>
#include <unistd.h>

namespace troupe::metrics {

namespace {

/// What a process has on its stderr: the live block, if one stands there.
struct terminal {
  std::mutex mutex;
  std::size_t block_height = 0;
  std::string block;
};

terminal& the_terminal() {
  static terminal one;
  return one;
}

std::string_view environment(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? std::string_view{} : std::string_view{value};
}

/// UTF-8 by the rule of POSIX: the first of the three that is set decides.
bool speaks_utf8() {
  for (const char* name : {"LC_ALL", "LC_CTYPE", "LANG"}) {
    if (const auto value = environment(name); !value.empty()) {
      return value.find("UTF-8") != std::string_view::npos || value.find("utf8") != std::string_view::npos;
    }
  }
  return false;
}

text_style present_style() {
  winsize size{};
  const bool known = ::ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 1;
  return {.width = known ? size.ws_col - 1U : 79U, .colour = environment("NO_COLOR").empty(), .unicode = speaks_utf8()};
}

void put(const std::string& bytes) {
  std::fputs(bytes.c_str(), stderr);
  std::fflush(stderr);
}

std::string erase(std::size_t height) {
  return height == 0 ? "" : "\x1b[" + std::to_string(height) + "A\r\x1b[J";
}

class live_display final : public display {
public:
  ~live_display() override {
    auto& t = the_terminal();
    const std::lock_guard lock{t.mutex};
    t.block_height = 0; // the last block stays where it is
    t.block.clear();
  }

  void update(const progress& p) override {
    const auto lines = block_lines(p, present_style());
    std::string block;
    for (const auto& line : lines) {
      block += line + "\n";
    }
    auto& t = the_terminal();
    const std::lock_guard lock{t.mutex};
    put(erase(t.block_height) + block);
    t.block_height = lines.size();
    t.block = std::move(block);
  }

  void say(const std::string& line) override { show_line(line); }
};

class plain_display final : public display {
public:
  void update(const progress& p) override {
    if (p.stage == stage_ && p.step == step_) {
      return;
    }
    stage_ = p.stage;
    step_ = p.step;
    show_line(plain_line(p));
  }

  void say(const std::string& line) override { show_line(line); }

private:
  std::string stage_;
  std::uint64_t step_ = 0;
};

} // namespace

void show_line(const std::string& line) {
  auto& t = the_terminal();
  const std::lock_guard lock{t.mutex};
  put(erase(t.block_height) + line + "\n" + t.block);
}

std::unique_ptr<display> make_display() {
  if (::isatty(STDERR_FILENO) != 0 && environment("TERM") != "dumb") {
    return std::make_unique<live_display>();
  }
  return std::make_unique<plain_display>();
}

} // namespace troupe::metrics
