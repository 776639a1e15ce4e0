// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "actors/learner.hpp"
#include "deploy/troupe/run_folder.hpp"
#include "gpu/engine.hpp"
#include "runtime/config/recipe.hpp"
#include "runtime/metrics/run_log.hpp"
#include "runtime/store/journal.hpp"

#include <map>
#include <memory>
#include <string>
#include <vector>

/// What a run is made of, whether its roles share a process or not.
namespace troupe::program {

/// Characters of the tokenizer of a new model: the recipe's, or what its tasks need.
std::string alphabet_of(const config::recipe& r, const actors::source_map& sources);

gpu::backend_options backend_of(const config::recipe& r);

/// What any rank of the learner needs of the world, and no other ranks so far; makes the tokenizer's folder where it is
/// not there. `r` outlives it.
actors::learner_parts learner_parts_of(const config::recipe& r, actors::source_map sources,
                                       std::shared_ptr<gpu::backend> backend, const std::string& run,
                                       const actors::worker_name& who);

/// A group names its problem by its place in the file, so the file of a run must stay as it was. Throws error(invalid)
/// where one has changed.
void keep_data_files(store::journal& journal, const config::recipe& r);

/// What a run has stored of its stages.
struct history {
  std::vector<stage_record> stages;
  std::vector<checkpoint_record> checkpoints;
  std::map<stage_index, policy_version> last_steps;
};
history history_of(const store::journal& journal);

/// Keeps the lines of what is committed: of steps up to the last, of evaluations that need not be made again.
void cut_metrics_back(const std::string& folder, const config::recipe& r, const history& known);

/// False, and said why, when the disk does not take it.
bool write_report(const std::string& folder, const std::string& counts, metrics::run_log& log, run_verb verb);

} // namespace troupe::program
