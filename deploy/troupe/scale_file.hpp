// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <string>

namespace troupe::program {

/// RUN/scale.json: what the controller is asked for, and `troupe up` follows.
struct scale_wish {
  std::map<std::string, std::uint64_t> members; ///< by role; a role that is not there stays as it is
  std::map<std::string, std::int64_t> drained;  ///< pids by name, of those who are told to leave and not started again
};

std::string scale_file(const std::string& run);
/// Nothing is wished for where there is no such file, or something else in it.
scale_wish read_scale(const std::string& run);
/// Throws error(resource_exhausted) and others of a disk.
void write_scale(const std::string& run, const scale_wish& wish);

} // namespace troupe::program
