// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "schema/ids.hpp"

#include <cstdint>
#include <string>
#include <vector>

/// What a commit writes. A step is one transaction: this record and its groups' move to `trained` are one write.
namespace troupe {

struct step_record {
  stage_index stage;
  policy_version version;         ///< the version this step produced: 1 for the first step of a stage
  std::uint32_t branch = 0;       ///< goes up by one when a resume retrains steps without bit-for-bit determinism
  std::vector<group_id> groups;   ///< sorted; empty for sft
  std::uint64_t data_cursor = 0;  ///< sft: examples consumed after this step; grpo: prompts issued
  std::uint64_t random_state = 0; ///< seed of the next step's data order
  bool skipped = false;           ///< not-a-number gradient: batch consumed, weights unchanged
  std::string metrics;            ///< the step's line of metrics.jsonl, so that resuming can write it again
  bool operator==(const step_record&) const = default;
};

/// Names a checkpoint folder that was completely written before this record.
struct checkpoint_record {
  stage_index stage;
  policy_version version;
  std::uint32_t branch = 0;
  std::string folder;              ///< relative to the run directory
  std::uint64_t manifest_hash = 0; ///< xxh3 over name, size and xxh3 of every file, in name order
  double validation = -1;          ///< pass@1 on the validation split; -1 while unknown
  bool operator==(const checkpoint_record&) const = default;
};

enum class stage_status : std::uint8_t { pending = 0, running = 1, finished = 2 };

/// How far a stage of the run has come.
struct stage_record {
  stage_index stage;
  std::string name;
  stage_status status = stage_status::pending;
  std::string start_checkpoint; ///< folder the stage's version 0 was loaded from; empty for a new model
  std::string note;             ///< why it ended: "steps reached", "validation 0.27 >= 0.25"
  bool operator==(const stage_record&) const = default;
};

} // namespace troupe
