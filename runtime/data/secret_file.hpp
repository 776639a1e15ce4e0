// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <sys/types.h>

/// Files of keys: made once, never overwritten, read only where nobody but their owner could.
namespace troupe::data {

/// A new file with these bytes, on disk when it returns. Throws error(conflict) when it is there already, else
/// error(failed); then no part of it stays.
void create_file(const std::string& path, std::string_view bytes, mode_t mode);

/// The content of a secret. Throws error(not_found), or error(invalid) with the chmod that helps when group or others
/// can read it.
std::string read_secret_file(const std::string& path);

} // namespace troupe::data
