// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "schema/ids.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

/// Append-only, named, versioned sets of records that know where they came from.
namespace troupe {

/// The stage of a dataset that no stage made: it was imported.
inline constexpr stage_index no_stage{0xffffffff};

/// One example. Its completion is, byte for byte, the text of the stored sample it names.
struct dataset_record {
  std::uint64_t index = 0;         ///< position within the dataset
  std::optional<sample_id> source; ///< none: imported from a file whose samples another store holds
  std::string task;
  std::string prompt;
  std::string completion;
  std::string answer;
  double reward = 0;
  bool operator==(const dataset_record&) const = default;
};

struct dataset_manifest {
  std::string name;
  std::uint32_t version = 1;
  std::uint64_t records = 0;
  stage_index stage; ///< that made it, or no_stage
  std::uint64_t step = 0;
  policy_version policy; ///< weights the samples came from
  std::string policy_checkpoint;
  std::vector<std::string> verifiers; ///< name and version, "exact/1"
  std::string filter;                 ///< in words: "correct, well-formed, unique, at most 2 a prompt"
  std::uint64_t seed = 0;
  std::vector<std::string> parents; ///< "name@version" of a dataset; "file:NAME@xxh3:HASH", or "foreign:..." where
                                    ///< some of its records name no sample of this store
  std::uint64_t considered = 0;     ///< samples looked at
  bool operator==(const dataset_manifest&) const = default;
};

} // namespace troupe
