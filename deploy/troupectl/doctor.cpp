// SPDX-License-Identifier: Apache-2.0
#include "deploy/troupectl/doctor.hpp"

#include "deploy/troupectl/table.hpp"
#include "runtime/metrics/counts_json.hpp"

#include <fmt/format.h>
#include <ostream>

namespace troupe::ctl {

row to_json(const diagnosis& d) {
  row out = metrics::counts_json(d.counts);
  out["conserved"] = d.conserved;
  out["duplicates"] = d.duplicates;
  out["corrupt_records"] = d.corrupt_records;
  out["forgotten"] = d.forgotten;
  out["steps"] = d.steps;
  row samples = row::object();
  for (const auto& [fate, n] : d.samples) {
    samples[fate] = n;
  }
  out["samples"] = samples;
  return out;
}

bool run_doctor(const opened_store& from, output_format as, std::ostream& out, std::ostream& err) {
  const auto d = examine(*from.journal);
  const auto all = to_json(d);
  if (as == output_format::json) {
    out << json_line(all) << "\n";
  } else {
    for (const auto& [name, value] : all.items()) {
      if (!value.is_object()) {
        out << fmt::format("{:<16} {}\n", name, cell_text(value));
        continue;
      }
      for (const auto& [inner, n] : value.items()) {
        if (n != 0) {
          out << fmt::format("{:<16} {} {}\n", name, inner, cell_text(n));
        }
      }
    }
    out << (d.fine() ? "everything is accounted for\n"
                     : fmt::format("{} violations, listed on stderr\n", d.violations.size()));
  }
  for (const auto& v : d.violations) {
    err << "violated: " << v << "\n";
  }
  return d.fine();
}

} // namespace troupe::ctl
