// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

namespace troupe {

/// A place where a crash would hurt most. Does nothing, unless the environment names it: with TROUPE_KILL_POINT=NAME or
/// NAME:N the process is killed as by kill -9 when it comes here for the N-th time (1 where left out).
/// tests/crash/ visits every point that the sources name. Safe from any thread.
void kill_point(std::string_view name);

/// A place whose failure others must survive: with TROUPE_FAIL_POINT=NAME or NAME:N it throws error(failed) when the
/// process comes here for the N-th time. Safe from any thread.
void fail_point(std::string_view name);

} // namespace troupe
