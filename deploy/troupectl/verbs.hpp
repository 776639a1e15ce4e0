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
  std::string where;                  ///< empty: all
  std::vector<std::string> fields;    ///< empty: the kind's columns
  std::uint64_t limit = 0;            ///< 0: no limit
  std::uint64_t* forgotten = nullptr; ///< where set, samples that retention forgot are left out and counted here
};

/// Visits the rows that match `query.where`, in key order, up to `query.limit`; payloads are read only where the filter
/// or a field asks for them. error(invalid) for a field that the kind does not have.
void visit_matching(const opened_store& from, const row_query& query, const row_visitor& visit);
/// error(invalid), naming `option` and the known fields, when one of `names` is none of them.
void check_fields(std::span<const field> known, const std::vector<std::string>& names, const char* option);
/// `columns` of a row, null where it has none.
row only(const row& r, const std::vector<std::string>& columns);
/// What a table shows: the fields asked for, else the kind's columns.
std::vector<std::string> columns_of(const row_query& query);

/// Stages, counts and datasets on one page.
void show_status(const opened_store& from, output_format as, std::ostream& out);
/// JSON: an array of objects.
void get_rows(const opened_store& from, const row_query& query, output_format as, std::ostream& out);
/// The number of rows; by the values of a field where `by` names one.
void count_rows(const opened_store& from, const row_query& query, const std::string& by, output_format as,
                std::ostream& out);
/// One JSON object a line, in key order; with no `fields` everything the kind has. How many samples were forgotten and
/// left out goes to `err`.
void export_rows(const opened_store& from, const row_query& query, std::ostream& out, std::ostream& err);
/// The same into a file, whole or not at all, and beside it FILE.manifest.json, which says what it holds. Equal stores
/// give equal files. Prints what was written to `out`.
void export_to_file(const opened_store& from, const row_query& query, const std::string& file, output_format as,
                    std::ostream& out, std::ostream& err);
/// How often which value of a field occurs: bins of a number, counts of a text; in a table as bars, 80 columns wide.
void show_histogram(const opened_store& from, const row_query& query, const std::string& of, std::uint32_t bins,
                    output_format as, std::ostream& out);
/// The last `n` by time of change (steps: by order of commit), oldest first.
void show_tail(const opened_store& from, const row_query& query, std::uint64_t n, output_format as, std::ostream& out);
void describe_group(const opened_store& from, const std::string& id, output_format as, std::ostream& out);
void show_sample(const opened_store& from, const std::string& id, output_format as, std::ostream& out);
/// Says what a store that is refused would have to give up, and gives it up where `accept_loss` is set. False when
/// there is a loss that was not accepted.
bool repair(const std::string& store_folder, bool accept_loss, output_format as, std::ostream& out);

/// Model checkpoints of a run: what is recorded.
void list_checkpoints(const opened_store& from, output_format as, std::ostream& out);
/// Model checkpoints of a run: recorded hash against files; false when one differs or is gone, each named on `err`.
bool verify_checkpoints(const opened_store& from, output_format as, std::ostream& out, std::ostream& err);
/// Makes the new folder `to` a run directory that troupectl can read: the store as of now, and its recipe.
void create_checkpoint(const opened_store& from, const std::string& to, output_format as, std::ostream& out);

/// Gives the disk space of removed payloads back, and says how much. Only where no other process holds the store.
void compact(const place& where, output_format as, std::ostream& out, std::ostream& err);

struct quarantine_order {
  std::string group;
  bool release = false;
  bool yes = false;
};
/// Moves a group to dropped: corrupt, or back to the state that its data supports. error(conflict) with the reason
/// where that must not be, error(invalid) that says what would be done without `yes`; then nothing on disk changes.
void quarantine(const place& where, const quarantine_order& order, output_format as, std::ostream& out,
                std::ostream& err);

struct import_order {
  std::string name;
  std::string file;     ///< JSON lines as export writes them
  bool foreign = false; ///< records whose source this store does not hold lose it instead of being refused
};
/// Makes a new dataset of a file, in one write, or, where any line is refused, nothing.
void import_dataset(const place& where, const import_order& order, output_format as, std::ostream& out,
                    std::ostream& err);

} // namespace troupe::ctl
