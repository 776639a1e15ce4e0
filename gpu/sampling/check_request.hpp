// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "gpu/engine.hpp"

namespace troupe::gpu {

/// Throws error(invalid) that names what is wrong: an empty or too long prompt, a token outside the vocabulary, a
/// partial whose arrays differ in length, an option out of its range.
void check_request(const sample_request& request, const model_shape& shape);

} // namespace troupe::gpu
