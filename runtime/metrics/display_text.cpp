// SPDX-License-Identifier: Apache-2.0
#include "runtime/metrics/display_text.hpp"

#include <algorithm>
#include <cmath>
#include <fmt/format.h>

namespace troupe::metrics {

namespace {

constexpr const char* bold = "\x1b[1m";
constexpr const char* dim = "\x1b[2m";
constexpr const char* green = "\x1b[32m";
constexpr const char* reset = "\x1b[0m";

/// A piece of a line: a dim label and a value. ASCII, so that bytes are columns.
struct cell {
  std::string label;
  std::string value;
  const char* paint = "";

  std::size_t columns() const { return label.size() + value.size() + (label.empty() || value.empty() ? 0 : 1); }
};

std::string painted(const cell& c, bool colour) {
  const std::string gap = c.label.empty() || c.value.empty() ? "" : " ";
  if (!colour) {
    return c.label + gap + c.value;
  }
  const std::string label = c.label.empty() ? "" : dim + c.label + reset;
  return label + gap + (*c.paint == 0 ? c.value : c.paint + c.value + reset);
}

cell clipped(cell c, std::size_t width) {
  if (c.columns() > width) {
    c.value = (c.label + (c.label.empty() || c.value.empty() ? "" : " ") + c.value).substr(0, width);
    c.label.clear();
  }
  return c;
}

/// Fills lines from the left with as many cells as fit, two blanks between them.
void flow(const std::vector<cell>& cells, const text_style& style, std::vector<std::string>& lines) {
  std::size_t used = 0;
  for (const auto& whole : cells) {
    const cell c = clipped(whole, style.width);
    if (used == 0 || used + 2 + c.columns() > style.width) {
      lines.emplace_back();
      used = 0;
    }
    lines.back() += (used == 0 ? "" : "  ") + painted(c, style.colour);
    used += c.columns() + (used == 0 ? 0 : 2);
  }
}

std::string bar(const progress& p, const text_style& style) {
  const double share =
      p.max_steps == 0 ? 0 : std::clamp(static_cast<double>(p.step) / static_cast<double>(p.max_steps), 0.0, 1.0);
  const std::string tail = fmt::format(" {:3.0f}%", std::floor(share * 100));
  const auto length = std::min<std::size_t>(style.width > tail.size() ? style.width - tail.size() : 0, 60);
  const auto full = static_cast<std::size_t>(share * static_cast<double>(length));
  std::string done;
  std::string rest;
  for (std::size_t i = 0; i < length; ++i) {
    (i < full ? done : rest) += style.unicode ? (i < full ? "━" : "─") : (i < full ? "#" : "-");
  }
  return (style.colour ? green + done + reset + dim + rest + reset : done + rest) + tail;
}

std::string rate_text(double per_second) {
  return per_second < 9999.5 ? fmt::format("{:.0f}", per_second) : fmt::format("{:.1f}k", per_second / 1000);
}

} // namespace

std::string duration_text(double seconds) {
  const auto s = static_cast<std::uint64_t>(std::max(0.0, std::round(seconds)));
  if (s < 60) {
    return fmt::format("{}s", s);
  }
  return s < 3600 ? fmt::format("{}m{:02}s", s / 60, s % 60) : fmt::format("{}h{:02}m", s / 3600, s / 60 % 60);
}

std::vector<std::string> block_lines(const progress& p, const text_style& style) {
  std::vector<std::string> lines;
  std::vector<cell> head{{"", p.stage, bold}, {"stage", fmt::format("{}/{}", p.stage_number, p.stage_count)}};
  if (p.max_steps != 0) {
    head.push_back({"step", fmt::format("{}/{}", p.step, p.max_steps)});
  }
  if (p.seconds_left) {
    head.push_back({"left", duration_text(*p.seconds_left)});
  }
  flow(head, style, lines);
  if (p.max_steps != 0) {
    lines.push_back(bar(p, style));
  }
  std::vector<cell> figures;
  const auto add = [&](const char* label, const std::optional<double>& value, const char* format,
                       const char* paint = "") {
    if (value) {
      figures.push_back({label, fmt::format(fmt::runtime(format), *value), paint});
    }
  };
  add("reward", p.reward, "{:.3f}", bold);
  add("loss", p.loss, "{:.4f}");
  add("validation", p.validation, "{:.3f}");
  add("held-out", p.heldout, "{:.3f}", bold);
  add("staleness", p.staleness, "{:.2f}");
  if (p.tokens_per_second) {
    figures.push_back({"tokens/s", rate_text(*p.tokens_per_second)});
  }
  flow(figures, style, lines);
  return lines;
}

std::string plain_line(const progress& p) {
  std::string line = fmt::format("{} stage {}/{}", p.stage, p.stage_number, p.stage_count);
  if (p.max_steps != 0) {
    line += fmt::format(" step {}/{}", p.step, p.max_steps);
  }
  const auto add = [&](const char* label, const std::optional<double>& value, const char* format) {
    if (value) {
      line += fmt::format(" {} ", label) + fmt::format(fmt::runtime(format), *value);
    }
  };
  add("reward", p.reward, "{:.3f}");
  add("loss", p.loss, "{:.4f}");
  add("validation", p.validation, "{:.3f}");
  add("held-out", p.heldout, "{:.3f}");
  add("staleness", p.staleness, "{:.2f}");
  add("tokens/s", p.tokens_per_second, "{:.0f}");
  if (p.seconds_left) {
    line += " left " + duration_text(*p.seconds_left);
  }
  return line;
}

} // namespace troupe::metrics
