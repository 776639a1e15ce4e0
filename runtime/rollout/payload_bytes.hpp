// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "schema/rollout.hpp"

/// How much a group's payloads take in the store, before compression. Retention compares the sum with `max_gb`.
namespace troupe::rollout {

std::uint64_t payload_bytes(const prompt& p);
std::uint64_t payload_bytes(const sample& s);
std::uint64_t payload_bytes(const judgement& j);
/// Of all three, as counted when they were stored; reckoned from its token counts where that was not done.
std::uint64_t payload_bytes(const group& g);

} // namespace troupe::rollout
