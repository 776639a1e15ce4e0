// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "runtime/metrics/catalogue.hpp"

#include <functional>
#include <memory>
#include <string>
#include <string_view>

namespace troupe::metrics {

/// The live figures of one process, for Prometheus to read. Holds what the catalogue lists for the process's role, from
/// the start: counters at 0, gauges at NaN (not known yet), a label's every value. Thread-safe.
///
/// A name that is not in the catalogue for this role, or is of another kind, and a label value that it does not list,
/// is a bug: TROUPE_CHECK.
class registry {
public:
  explicit registry(wire::role of);
  ~registry();
  registry(const registry&) = delete;
  registry& operator=(const registry&) = delete;

  /// Counters; `by` >= 0. `label` is the value of the metric's one label; empty where it has none.
  void add(std::string_view counter, double by = 1, std::string_view label = {});
  /// Raises a counter to a total that is counted elsewhere; one that is behind what is shown changes nothing.
  void raise(std::string_view counter, double total, std::string_view label = {});
  void set(std::string_view gauge, double value, std::string_view label = {});
  void observe(std::string_view histogram, double value, std::string_view label = {});

  /// Called at the begin of each `text`, to fill in what is read when asked. Before the first `text`.
  void on_read(std::function<void(registry&)> fill);

  /// Prometheus' text format 0.0.4, with the process_* figures as of now.
  std::string text();

  wire::role role() const noexcept;

private:
  class figures;
  std::unique_ptr<figures> figures_;
};

} // namespace troupe::metrics
