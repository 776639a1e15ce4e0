// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "runtime/config/recipe.hpp"
#include "runtime/task/mixture.hpp"

namespace troupe::actors {

/// The stage's `data`: part i of the mixture is data[i]. A pick of a task is the index of a problem, below the part's
/// limit; a pick of a dataset is a cursor, from which a record is drawn. The stage has data.
task::mixture mixture_of(const config::stage_spec& stage);

} // namespace troupe::actors
