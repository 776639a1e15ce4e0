// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "schema/ids.hpp"

#include <cstdint>
#include <string>
#include <vector>

/// Append-only, named, versioned sets of records that know where they came from.
namespace troupe {

/// One example. Its completion is, byte for byte, the text of the stored sample it names.
struct dataset_record {
  std::uint64_t index = 0; ///< position within the dataset
  sample_id source;
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
  stage_index stage; ///< that made it
  std::uint64_t step = 0;
  policy_version policy; ///< weights the samples came from
  std::string policy_checkpoint;
  std::vector<std::string> verifiers; ///< name and version, "exact/1"
  std::string filter;                 ///< in words: "correct, well-formed, unique, at most 2 a prompt"
  std::uint64_t seed = 0;
  std::vector<std::string> parents; ///< datasets it was made from, "name@version"
  std::uint64_t considered = 0;     ///< samples looked at
  bool operator==(const dataset_manifest&) const = default;
};

} // namespace troupe
