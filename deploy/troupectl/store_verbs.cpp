// SPDX-License-Identifier: Apache-2.0
#include "deploy/troupectl/store_verbs.hpp"

#include "deploy/troupectl/doctor.hpp"
#include "runtime/error.hpp"

#include <ostream>

namespace troupe::ctl {

namespace {

void export_what(const opened_store& store, arguments_read& a, std::ostream& out, std::ostream& err) {
  const bool records = a.noun == "dataset";
  if (records == a.dataset.empty()) {
    throw error{errc::invalid, records ? "export dataset: which one? give its name; `get datasets` lists them"
                                       : "export " + a.noun + ": takes no name; filter with --where"};
  }
  a.query.which.what = records ? noun::records : parse_noun(a.noun);
  a.query.which.dataset = a.dataset;
  if (a.file.empty()) {
    export_rows(store, a.query, out, err);
  } else {
    export_to_file(store, a.query, a.file, a.as(), out, err);
  }
}

/// False when something is not as it was recorded.
bool checkpoints(const opened_store& store, const arguments_read& a, std::ostream& out, std::ostream& err) {
  if ((a.noun == "create") == a.file.empty()) {
    throw error{errc::invalid, a.file.empty() ? "checkpoint create: where? name a new folder"
                                              : "checkpoint " + a.noun + ": takes no folder"};
  }
  if (a.noun == "verify") {
    return verify_checkpoints(store, a.as(), out, err);
  }
  a.noun == "ls" ? list_checkpoints(store, a.as(), out) : create_checkpoint(store, a.file, a.as(), out);
  return true;
}

/// False when something is not as it was recorded.
bool read_store(const std::string& name, const place& where, arguments_read& a, std::ostream& out, std::ostream& err) {
  const auto store = open_store(where, err);
  const bool of_rows = name == "get" || name == "count" || name == "hist" || name == "tail";
  a.query.which.what = of_rows ? parse_noun(a.noun) : noun::samples;
  if (name == "status") {
    show_status(store, a.as(), out);
  } else if (name == "get") {
    get_rows(store, a.query, a.as(), out);
  } else if (name == "count") {
    count_rows(store, a.query, a.by, a.as(), out);
  } else if (name == "hist") {
    show_histogram(store, a.query, a.field, a.bins, a.as(), out);
  } else if (name == "tail") {
    show_tail(store, a.query, a.last, a.as(), out);
  } else if (name == "describe") {
    describe_group(store, a.id, a.as(), out);
  } else if (name == "show") {
    show_sample(store, a.id, a.as(), out);
  } else if (name == "export") {
    export_what(store, a, out, err);
  } else if (name == "checkpoint") {
    return checkpoints(store, a, out, err);
  } else {
    return run_doctor(store, a.as(), out, err);
  }
  return true;
}

} // namespace

int perform_on_store(const std::string& verb, const place& where, arguments_read& a, std::ostream& out,
                     std::ostream& err) {
  if (verb == "repair") {
    return repair(find_store(where.folder), a.accept_loss, a.as(), out) ? 0 : exit_status(errc::corrupt);
  }
  if (verb == "compact") {
    compact(where, a.as(), out, err);
  } else if (verb == "quarantine") {
    quarantine(where, a.quarantine, a.as(), out, err);
  } else if (verb == "import") {
    import_dataset(where, a.import, a.as(), out, err);
  } else if (!read_store(verb, where, a, out, err)) {
    return exit_status(errc::corrupt);
  }
  return 0;
}

} // namespace troupe::ctl
