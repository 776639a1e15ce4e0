// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace troupe::metrics {

class registry;

/// Fills in the process_* figures of this process, from /proc/self.
void read_process(registry& to);

} // namespace troupe::metrics
