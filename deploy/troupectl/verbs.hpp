// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "deploy/troupectl/open_store.hpp"
#include "deploy/troupectl/rows.hpp"

#include <iosfwd>
#include <string>
#include <vector>

/// The verbs, each a function of an opened store that writes its answer to `out`. They throw troupe::error.
namespace troupe::ctl {

enum class output_format : std::uint8_t { table, json };

/// Which rows of which kind, and which of their fields.
struct row_query {
  selection which;
  std::string where;               ///< empty: all
  std::vector<std::string> fields; ///< empty: the kind's columns
  std::uint64_t limit = 0;         ///< 0: no limit
};

/// Stages, counts and datasets on one page.
void show_status(const opened_store& from, output_format as, std::ostream& out);
/// JSON: an array of objects.
void get_rows(const opened_store& from, const row_query& query, output_format as, std::ostream& out);
/// The number of rows; by the values of a field where `by` names one.
void count_rows(const opened_store& from, const row_query& query, const std::string& by, output_format as,
                std::ostream& out);
/// One JSON object a line, in key order; with no `fields` everything the kind has.
void export_rows(const opened_store& from, row_query query, std::ostream& out);
void describe_group(const opened_store& from, const std::string& id, output_format as, std::ostream& out);
void show_sample(const opened_store& from, const std::string& id, output_format as, std::ostream& out);
/// Says what a store that is refused would have to give up, and gives it up where `accept_loss` is set. False when
/// there is a loss that was not accepted.
bool repair(const std::string& store_folder, bool accept_loss, output_format as, std::ostream& out);

} // namespace troupe::ctl
