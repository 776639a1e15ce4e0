// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <iosfwd>
#include <variant>

namespace CLI {
class App;
}

namespace troupe::ctl {

struct arguments_read;
class cluster;
struct opened_store;
struct place;
struct terminal;

/// What a verb does once its words are read, by who can answer it. Data goes to the first stream, all else to the
/// second. Where a bool is returned, false says that something stored is not as it should be: exit status 5.

/// An opened store: of this machine, a copy of it, or the one of a cluster, whose process runs the same verb.
struct reads_store {
  std::function<bool(const opened_store&, const arguments_read&, std::ostream&, std::ostream&)> run;
};
/// A store that no other process holds: the verb changes or tends it.
struct tends_store {
  std::function<bool(const place&, const arguments_read&, std::ostream&, std::ostream&)> run;
};
/// A live cluster.
struct asks_cluster {
  std::function<void(const cluster&, const arguments_read&, const terminal&, std::ostream&, std::ostream&)> run;
};
/// troupectl itself, whose command line is the first argument.
struct needs_no_run {
  std::function<void(const CLI::App&, const arguments_read&, std::ostream&, std::ostream&)> run;
};

using act = std::variant<std::monostate, reads_store, tends_store, asks_cluster, needs_no_run>;

} // namespace troupe::ctl
