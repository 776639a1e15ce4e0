// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "schema/rollout.hpp"
#include "schema/step.hpp"

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <vector>

namespace troupe::rollout {

/// Whether `stage` is one of these, and has come to its end.
bool is_finished(std::span<const stage_record> stages, stage_index stage);

/// What a stage may still read of its past.
struct stage_needs {
  bool finished = false;
  std::optional<policy_version> covered; ///< steps up to this version are never trained again; nothing: any may be
};

/// An unfinished stage goes on from any checkpoint that is whole, at worst the oldest; a finished one from its last.
stage_needs needs_of(std::span<const checkpoint_record> checkpoints, bool finished);

/// Why the payloads of a group must stay, whatever the limits say, as "step 7, which no checkpoint covers, ..."; empty
/// when they need not. Datasets are not asked here.
std::string reason_to_keep(const group& g, const stage_needs& stage);

struct retention_limits {
  std::int64_t max_age_ms = 0; ///< since a group came to its end; 0: no limit
  std::uint64_t max_bytes = 0; ///< of the payloads of groups that have come to their end; 0: no limit
};

/// Chooses whose prompts, samples and judgements are forgotten: the oldest first, as long as one is older than
/// `max_age_ms` or all together take more than `max_bytes`; each stage's groups are a table, which may have limits of
/// its own beside those for all. Never one with a `reason_to_keep`, nor one that a dataset refers to; what these take
/// counts all the same. The groups' own records stay.
/// Pure: no I/O, no clock. Not thread-safe.
class retention {
public:
  /// The limits for all groups together, and those of single stages.
  explicit retention(retention_limits all, const std::map<stage_index, retention_limits>& of_stages = {});

  /// A dataset names a sample of this group. Comes before the group's `note`.
  void refer(const group_id& id);
  /// A group as it is stored now. One that is not at its end, or is forgotten, changes nothing.
  void note(const group& g);
  void set_needs(stage_index stage, stage_needs needs);
  /// At most `most` groups to forget now; they are not told again. Work: that of those it tells.
  std::vector<group_id> due(std::int64_t now_ms, std::size_t most);

private:
  struct entry {
    group_id id;
    std::int64_t ended_ms = 0;
    std::uint64_t bytes = 0;
    bool pinned = false;
    std::uint64_t last_needed = 0; ///< held while `covered` is below
  };
  struct older {
    bool operator()(const entry& a, const entry& b) const {
      return std::pair(a.ended_ms, a.id) < std::pair(b.ended_ms, b.id);
    }
  };

  struct table {
    retention_limits limits;
    std::uint64_t bytes = 0;
    stage_needs needs;
    std::multimap<std::uint64_t, entry> held; ///< what the stage still needs, by last_needed
    std::set<entry, older> free;
  };
  static bool over(const retention_limits& limits, std::uint64_t bytes, const entry& oldest, std::int64_t now_ms);

  const retention_limits all_;
  std::uint64_t bytes_ = 0;
  std::set<group_id> referred_;
  std::map<stage_index, table> tables_;
};

} // namespace troupe::rollout
