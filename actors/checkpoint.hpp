// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "gpu/engine.hpp"
#include "runtime/data/folder_hash.hpp"
#include "schema/step.hpp"

#include <string>

namespace troupe::actors {

/// "checkpoints/STAGE/step-000120", relative to the run directory.
std::string checkpoint_folder(const std::string& stage, policy_version version);

/// Writes a checkpoint so that it is either whole or absent: into a temporary folder beside its place, every file and
/// the folder fsynced, then renamed, then the parent fsynced. `tokenizer_folder` holds the files that make it loadable
/// by `transformers`. The record, which the caller stores afterwards, is what makes it count. Throws
/// error(resource_exhausted) without space; the temporary folder is removed then.
checkpoint_record write_checkpoint(const std::string& run_folder, const std::string& stage_name, stage_index stage,
                                   policy_version version, std::uint32_t branch, const gpu::trainer& trainer,
                                   const std::string& tokenizer_folder);

using data::manifest_hash; ///< of a checkpoint folder, trainer_state.json included

/// The folder is there and is what was recorded.
bool is_whole(const std::string& run_folder, const checkpoint_record& recorded);

/// Removes what a killed process left: temporary folders, and folders that no record names.
void discard_uncommitted(const std::string& run_folder, const std::string& stage_name,
                         const std::vector<checkpoint_record>& recorded);

} // namespace troupe::actors
