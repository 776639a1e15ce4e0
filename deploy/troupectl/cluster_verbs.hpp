// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "deploy/troupectl/arguments.hpp"
#include "deploy/troupectl/cluster.hpp"
#include "deploy/troupectl/program.hpp"

#include <iosfwd>
#include <string>

/// Verbs of a live cluster.
namespace troupe::ctl {

/// Members as docs/troupectl.md has them; --where, --fields and --limit as for rows of a store.
void list_workers(const cluster& of, const row_query& query, output_format as, std::ostream& out);
void show_why(const cluster& of, output_format as, std::ostream& out);
void show_logs(const cluster& of, const std::string& member, std::uint64_t lines, output_format as, std::ostream& out);
/// The run, its counts and its members on one page; on a terminal again and again.
void show_top(const cluster& of, const arguments_read& a, const terminal& at, std::ostream& out);

/// Something that changes a run: what is sent where, and what it is in words.
struct order {
  std::string target;
  nlohmann::json body;
  std::string words;
};

/// Asks on a terminal, else wants --yes; prints what is so now.
void give_order(const cluster& of, const order& what, const arguments_read& a, const terminal& at, std::ostream& out,
                std::ostream& err);

} // namespace troupe::ctl
