// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "deploy/troupectl/verbs.hpp"
#include "runtime/rollout/group_counts.hpp"

#include <map>
#include <string>
#include <vector>

namespace troupe::ctl {

/// What the records of a store say about themselves. Nothing is healed and nothing is written.
struct diagnosis {
  rollout::group_counts counts;      ///< `issued` by the cursors: a group that is gone is still issued
  bool conserved = false;            ///< every issued group is there and has one fate
  std::uint64_t duplicates = 0;      ///< groups that more than one step, or one step twice, consumed
  std::uint64_t corrupt_records = 0; ///< records that fail their checksum or are not those their group names
  std::uint64_t forgotten = 0;       ///< groups whose prompt, samples and judgements retention removed
  std::uint64_t steps = 0;
  std::map<std::string, std::uint64_t> samples; ///< by fate
  std::vector<std::string> violations;          ///< one sentence each

  bool fine() const { return violations.empty(); }
};

/// Checks: every record's checksum; every payload belongs to a group, every record to a dataset; every group id from 0
/// to the last of its stage and purpose is there; each group of a step is trained exactly once, with that step's
/// version; steps have no gaps; stored samples are those that their groups name; each dataset record's text is that of
/// the stored sample it names; no group is forgotten that a dataset names or whose stage may still read it.
diagnosis examine(const store::journal& from);

/// The object of docs/troupectl.md.
row to_json(const diagnosis& d);

/// Prints the diagnosis to `out` and the violations to `err`; true when there are none.
bool run_doctor(const opened_store& from, output_format as, std::ostream& out, std::ostream& err);

} // namespace troupe::ctl
