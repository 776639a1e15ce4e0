// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "deploy/live/log_lines.hpp"
#include "deploy/troupectl/act.hpp"
#include "deploy/troupectl/verbs.hpp"

#include <cstdint>
#include <string>

namespace troupe::ctl {

/// Where a run is, as the command line or a context has it; what is not said is empty.
struct place_named {
  std::string store;    ///< offline: a run directory or its store/
  std::string run;      ///< a run directory of this machine
  std::string endpoint; ///< the URL of a cluster's controller
  std::string context;  ///< a name for one of the others
  std::string keys;     ///< folder of `troupe keygen`
  std::string as;       ///< whose keys of that folder

  bool given() const { return !store.empty() || !run.empty() || !endpoint.empty(); }
};

/// What the command line said.
struct arguments_read {
  act does; ///< of the verb
  place_named where;
  std::string format = "table";
  std::string noun;
  std::string id;
  std::string dataset;
  std::string by;
  std::string field;
  std::string file;
  std::uint32_t bins = 20;
  std::uint64_t last = 10;
  bool accept_loss = false;
  row_query query;
  quarantine_order quarantine;
  import_order import;

  // of a live cluster
  std::string name; ///< of a member, a role, a setting, a context
  std::string value;
  std::uint64_t count = 0;
  std::uint64_t lines = live::log_lines_default;
  bool yes = false;
  bool once = false;
  bool follow = false;
  double interval_s = 2;
  double for_s = 0; ///< 0: for ever

  output_format as() const { return format == "json" ? output_format::json : output_format::table; }
  place local() const {
    return {.folder = where.run.empty() ? where.store : where.run, .live = !where.run.empty(), .copy = {}};
  }
};

} // namespace troupe::ctl
