// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

namespace troupe::data {

/// Replaces `path` by a file with these bytes, such that after a crash or a power loss at any moment there is either
/// the old file or the new one: writes `path.tmp-PID` beside it, fsync, rename, fsync of the folder. Throws
/// error(resource_exhausted) when there is no space, else error(failed); then the old file is untouched and no
/// temporary file stays.
void write_file_durably(const std::string& path, std::string_view bytes);

/// The same for bytes that were written to `temporary` piece by piece: fsync, rename to `path`, fsync of the folder;
/// both lie in one folder. Throws as above, and removes `temporary` then.
void publish_file(const std::string& temporary, const std::string& path);

/// fsync of a folder: makes the names in it durable. Throws error(failed).
void sync_folder(const std::string& folder);

/// The whole content. Throws error(not_found) or error(failed) naming the file.
std::string read_file(const std::string& path);

} // namespace troupe::data
