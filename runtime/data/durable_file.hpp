// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

namespace troupe::data {

/// Replaces a file so that a crash leaves the old or the new one, never a part: a temporary file beside it, fsynced, renamed,
/// and the folder fsynced. Throws error(resource_exhausted) naming the file.
void write_file_durably(const std::string& path, std::string_view content);

/// The whole file. Throws error(not_found) naming it.
std::string read_file(const std::string& path);

} // namespace troupe::data
