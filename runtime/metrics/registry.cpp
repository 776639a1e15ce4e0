// SPDX-License-Identifier: Apache-2.0
#include "runtime/metrics/registry.hpp"

#include "runtime/check.hpp"
#include "runtime/metrics/process_figures.hpp"

#include <algorithm>
#include <limits>
#include <map>
#include <mutex>
#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>

namespace troupe::metrics {

namespace {

/// One metric and its values, by the value of its label.
struct held_figure {
  metric_kind kind = metric_kind::gauge;
  std::map<std::string, prometheus::Counter*, std::less<>> counters;
  std::map<std::string, prometheus::Gauge*, std::less<>> gauges;
  std::map<std::string, prometheus::Histogram*, std::less<>> histograms;
};

template <class Metrics>
auto& at(const Metrics& of, std::string_view name, std::string_view label) {
  const auto found = of.find(label);
  TROUPE_CHECK(found != of.end(), "the catalogue does not list metric ", name, " with label ", label,
               " as what is done to it");
  return *found->second;
}

} // namespace

class registry::figures {
public:
  explicit figures(wire::role of) : role(of) {
    for (const auto& one : catalogue()) {
      if (exported_by(one, of)) {
        make(one);
      }
    }
  }

  const held_figure& find(std::string_view name) const {
    const auto found = all_.find(name);
    TROUPE_CHECK(found != all_.end(), "the catalogue has no metric ", name, " for a ", wire::to_string(role));
    return found->second;
  }

  const wire::role role;
  prometheus::Registry exported;
  std::mutex raising; ///< between reading a counter and adding to it
  std::vector<std::function<void(registry&)>> fillers;

private:
  void make(const metric& one) {
    auto& to = all_[one.name];
    to.kind = one.kind;
    const auto values = one.label.empty() ? std::vector<std::string>{""} : one.values;
    for (const auto& value : values) {
      const prometheus::Labels labels =
          one.label.empty() ? prometheus::Labels{} : prometheus::Labels{{one.label, value}};
      switch (one.kind) {
      case metric_kind::counter:
        to.counters[value] = &prometheus::BuildCounter().Name(one.name).Help(one.help).Register(exported).Add(labels);
        break;
      case metric_kind::gauge:
        to.gauges[value] = &prometheus::BuildGauge().Name(one.name).Help(one.help).Register(exported).Add(
            labels, std::numeric_limits<double>::quiet_NaN());
        break;
      case metric_kind::histogram:
        to.histograms[value] = &prometheus::BuildHistogram().Name(one.name).Help(one.help).Register(exported).Add(
            labels, prometheus::Histogram::BucketBoundaries{one.buckets});
        break;
      }
    }
  }

  std::map<std::string, held_figure, std::less<>> all_; ///< does not change once it is made
};

registry::registry(wire::role of) : figures_(std::make_unique<figures>(of)) {}
registry::~registry() = default;

void registry::add(std::string_view counter, double by, std::string_view label) {
  TROUPE_CHECK(by >= 0, counter, " by ", by);
  at(figures_->find(counter).counters, counter, label).Increment(by);
}

void registry::raise(std::string_view counter, double total, std::string_view label) {
  auto& one = at(figures_->find(counter).counters, counter, label);
  const std::lock_guard hold{figures_->raising};
  one.Increment(std::max(0.0, total - one.Value()));
}

void registry::set(std::string_view gauge, double value, std::string_view label) {
  at(figures_->find(gauge).gauges, gauge, label).Set(value);
}

void registry::observe(std::string_view histogram, double value, std::string_view label) {
  at(figures_->find(histogram).histograms, histogram, label).Observe(value);
}

void registry::on_read(std::function<void(registry&)> fill) {
  figures_->fillers.push_back(std::move(fill));
}

std::string registry::text() {
  read_process(*this);
  for (const auto& fill : figures_->fillers) {
    fill(*this);
  }
  return prometheus::TextSerializer{}.Serialize(figures_->exported.Collect());
}

wire::role registry::role() const noexcept {
  return figures_->role;
}

} // namespace troupe::metrics
