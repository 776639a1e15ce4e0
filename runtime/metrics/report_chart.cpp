// SPDX-License-Identifier: Apache-2.0
#include "runtime/metrics/report_chart.hpp"

#include <algorithm>
#include <cmath>
#include <fmt/format.h>
#include <limits>

namespace troupe::metrics {

namespace {

constexpr std::size_t max_points = 240; ///< of a curve; beyond that neighbours are averaged

struct range {
  double low = 0;
  double high = 1;
};

/// The value axis: round ends and a round step between ticks.
struct axis {
  range over;
  double tick = 0.25;
};

axis value_axis(const chart& c) {
  if (c.percent) {
    return {{0, 1}, 0.25};
  }
  range r{std::numeric_limits<double>::max(), std::numeric_limits<double>::lowest()};
  for (const auto& s : c.series) {
    for (const auto& p : s.points) {
      r = {std::min(r.low, p.y), std::max(r.high, p.y)};
    }
  }
  if (r.low > 0 && r.low < 0.5 * r.high) {
    r.low = 0;
  }
  if (r.high - r.low < 1e-12) {
    r = {r.low - std::max(0.5, std::abs(r.low) / 2), r.high + std::max(0.5, std::abs(r.high) / 2)};
    if (r.low < 0 && r.high > 0 && r.low > -1) {
      r.low = 0;
    }
  }
  const double rough = (r.high - r.low) / 3;
  const double magnitude = std::pow(10, std::floor(std::log10(rough)));
  double tick = 10 * magnitude;
  for (const double factor : {1.0, 2.0, 2.5, 5.0}) {
    if (rough <= factor * magnitude) {
      tick = factor * magnitude;
      break;
    }
  }
  return {{std::floor(r.low / tick + 1e-9) * tick, std::ceil(r.high / tick - 1e-9) * tick}, tick};
}

std::vector<report_point> thinned(const std::vector<report_point>& points) {
  if (points.size() <= max_points) {
    return points;
  }
  const std::size_t bucket = (points.size() + max_points - 1) / max_points;
  std::vector<report_point> out;
  for (std::size_t begin = 0; begin < points.size();) {
    report_point sum{0, 0, points[begin].stage, points[begin].step};
    std::size_t n = 0;
    for (; begin + n < points.size() && n < bucket && points[begin + n].stage == sum.stage; ++n) {
      sum.x += points[begin + n].x;
      sum.y += points[begin + n].y;
    }
    sum.x /= static_cast<double>(n);
    sum.y /= static_cast<double>(n);
    out.push_back(sum);
    begin += n;
  }
  return out;
}

std::string value_text(const chart& c, double v) {
  return c.percent ? fmt::format("{:.0f}%", 100 * v) : short_number(v);
}

class canvas {
public:
  canvas(const chart& c, const std::vector<report_stage>& stages, double width)
      : chart_(c), stages_(stages), axis_(value_axis(c)), width_(width) {}

  std::string draw() const {
    std::string out = fmt::format("<svg class=\"{}\" viewBox=\"0 0 {:.0f} {:.0f}\" role=\"img\" aria-label=\"{}\">",
                                  narrow() ? "narrow" : "wide", width_, chart_.height, escaped(chart_.label));
    out += grid() + bands();
    for (auto s = chart_.series.rbegin(); s != chart_.series.rend(); ++s) { // the first one on top
      out += s->shape == line_shape::steps ? levels(*s) : line(*s);
    }
    return out + "</svg>";
  }

private:
  static constexpr double left = 46;
  static constexpr double right = 8;
  static constexpr double top = 24; // room for a value above the highest level
  static constexpr double bottom = 24;

  bool narrow() const { return width_ < 500; }
  double band_width() const {
    return (width_ - left - right) / std::max<double>(1, static_cast<double>(stages_.size()));
  }
  double x(double value) const { return left + value * band_width(); }
  double y(double value) const {
    const double share = (value - axis_.over.low) / (axis_.over.high - axis_.over.low);
    return top + (1 - std::clamp(share, 0.0, 1.0)) * (chart_.height - top - bottom);
  }

  std::string grid() const {
    std::string out;
    const auto ticks = static_cast<int>(std::round((axis_.over.high - axis_.over.low) / axis_.tick));
    for (int i = 0; i <= ticks; ++i) {
      const double value = axis_.over.low + i * axis_.tick;
      out += fmt::format("<line class=\"grid\" x1=\"{:.1f}\" x2=\"{:.1f}\" y1=\"{:.1f}\" y2=\"{:.1f}\"/>"
                         "<text class=\"tick\" x=\"{:.1f}\" y=\"{:.1f}\" text-anchor=\"end\">{}</text>",
                         left, width_ - right, y(value), y(value), left - 6, y(value) + 4, value_text(chart_, value));
    }
    return out;
  }

  /// Under each band its name; its number where one name finds no room.
  std::string bands() const {
    std::string out;
    const auto room = static_cast<std::size_t>(band_width() / 7.2); // characters
    const bool names_fit =
        std::all_of(stages_.begin(), stages_.end(), [&](const auto& s) { return s.name.size() <= room; });
    for (std::size_t i = 0; i < stages_.size(); ++i) {
      const auto at = static_cast<double>(i);
      if (i != 0) {
        out += fmt::format("<line class=\"band\" x1=\"{:.1f}\" x2=\"{:.1f}\" y1=\"{:.1f}\" y2=\"{:.1f}\"/>", x(at),
                           x(at), top, chart_.height - bottom);
      }
      const auto& name = stages_[i].name;
      const std::string shown = names_fit ? name : std::to_string(i + 1);
      out += fmt::format(
          "<text class=\"stage\" x=\"{:.1f}\" y=\"{:.1f}\" text-anchor=\"middle\">{}<title>{}</title></text>",
          x(at + 0.5), chart_.height - 7, escaped(shown), escaped(name));
    }
    return out;
  }

  /// A line from point to point; a new stroke in every stage, since its weights may come from any earlier one.
  std::string line(const chart_series& s) const {
    std::string path;
    std::string dots;
    const std::string* stage = nullptr;
    const auto points = thinned(s.points);
    for (const auto& p : points) {
      path += fmt::format("{}{:.1f} {:.1f}", stage != nullptr && *stage == p.stage ? "L" : "M", x(p.x), y(p.y));
      stage = &p.stage;
      dots += fmt::format("<circle class=\"dot s{}\" cx=\"{:.1f}\" cy=\"{:.1f}\" r=\"{}\"><title>{}</title></circle>",
                          s.colour, x(p.x), y(p.y), s.shape == line_shape::dots ? "2.6" : "5",
                          escaped(fmt::format("{}, {} step {:.0f}: {}", s.name, p.stage, p.step,
                                              chart_.percent ? fmt::format("{:.1f}%", 100 * p.y) : short_number(p.y))));
    }
    const bool thin = s.shape == line_shape::dots;
    return fmt::format("<path class=\"line s{}{}\" d=\"{}\"/><g class=\"{}\">{}</g>", s.colour, thin ? " thin" : "",
                       path, thin ? "seen" : "hover", dots);
  }

  /// Above its level, or below it where another level is in the way.
  double label_y(const chart_series& of, const report_point& p) const {
    const double above = y(p.y) - 7;
    bool blocked = false;
    for (const auto& other : chart_.series) {
      for (const auto& q : other.points) {
        const double distance = y(p.y) - y(q.y);
        blocked = blocked || (&other != &of && other.shape == line_shape::steps && q.stage == p.stage &&
                              distance >= 0 && distance < 24 && (distance > 0 || &other < &of));
      }
    }
    return blocked ? y(p.y) + 17 : above;
  }

  /// One level a band, joined by risers; the value above it.
  std::string levels(const chart_series& s) const {
    std::string path;
    std::string words;
    double reached = -1;
    for (std::size_t i = 0; i < stages_.size(); ++i) {
      const auto p =
          std::find_if(s.points.begin(), s.points.end(), [&](const auto& one) { return one.stage == stages_[i].name; });
      if (p == s.points.end()) {
        continue;
      }
      const auto at = static_cast<double>(i);
      path += fmt::format("{}{:.1f} {:.1f}H{:.1f}", reached == at ? "L" : "M", x(at), y(p->y), x(at + 1));
      reached = at + 1;
      words += fmt::format(
          "<text class=\"level t{}\" x=\"{:.1f}\" y=\"{:.1f}\" text-anchor=\"middle\">{}<title>{}</title></text>",
          s.colour, x(at + 0.5), label_y(s, *p),
          chart_.percent ? fmt::format("{:.{}f}%", 100 * p->y, narrow() ? 0 : 1) : short_number(p->y),
          escaped(s.name + ", after " + p->stage));
    }
    return fmt::format("<path class=\"line thick s{}\" d=\"{}\"/>", s.colour, path) + words;
  }

  const chart& chart_;
  const std::vector<report_stage>& stages_;
  axis axis_;
  double width_;
};

} // namespace

std::string draw(const chart& c, const std::vector<report_stage>& stages) {
  return canvas{c, stages, 760}.draw() + canvas{c, stages, 380}.draw();
}

std::string legend(const chart& c) {
  std::string out = "<p class=\"legend\">";
  for (const auto& s : c.series) {
    out += fmt::format("<span><i class=\"key k{}{}\"></i>{}</span>", s.colour,
                       s.shape == line_shape::dots ? " thin" : "", escaped(s.name));
  }
  return out + "</p>";
}

std::string escaped(const std::string& text) {
  std::string out;
  for (const char c : text) {
    switch (c) {
    case '&':
      out += "&amp;";
      break;
    case '<':
      out += "&lt;";
      break;
    case '>':
      out += "&gt;";
      break;
    case '"':
      out += "&quot;";
      break;
    case '\'':
      out += "&#39;";
      break;
    default:
      if (static_cast<unsigned char>(c) < 0x20 && c != '\n' && c != '\t') {
        out += "\xef\xbf\xbd";
      } else {
        out += c;
      }
    }
  }
  return out;
}

std::string short_number(double value) {
  const double size = std::abs(value);
  if (size < 1e-12) {
    return "0";
  }
  if (size < 1e-3) {
    return fmt::format("{:.1e}", value);
  }
  if (size < 10) {
    return fmt::format("{:.3g}", value);
  }
  if (size < 10000) {
    return size == std::floor(size) || size >= 1000 ? fmt::format("{:.0f}", value) : fmt::format("{:.4g}", value);
  }
  return size < 1e6 ? fmt::format("{:.3g}k", value / 1e3) : fmt::format("{:.3g}M", value / 1e6);
}

} // namespace troupe::metrics
