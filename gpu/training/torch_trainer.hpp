// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "gpu/engine.hpp"
#include "gpu/model/flat_weights.hpp"
#include "gpu/training/torch_collective.hpp"

#include <memory>
#include <string>

namespace troupe::gpu {

/// A trainer that starts from a copy of `from`. `optimizer_folder` holds optimizer.safetensors, which also keeps the
/// reference where there was one; empty, or a folder without that file: a fresh optimizer and no reference. Throws
/// error(invalid) when the file belongs to another model.
///
/// One call of train_grpo is one batch: `num_iterations` passes over `mini_batches` contiguous parts, one optimizer
/// update each, each update accumulated over micro-batches of at most 2048 tokens. The proximal log-probabilities
/// (`old`) are those of the policy the call began with: computed before the first update for every part but the first,
/// whose first forward already gives them. The sampler's serve only as the truncated importance weight (grpo_loss.hpp).
/// An update whose gradient is not finite, or that has no counted token, changes nothing; `skipped` is 1 when none of
/// the call's updates was applied, `skipped_updates` counts them. Same inputs, same threads: same bits. Saving and
/// loading keeps every bit.
///
/// With `ranks` an update costs one reduce-scatter of the gradients, one gather of the parameters (sharded_adamw.hpp)
/// and one exchange of a number; a call ends with one exchange of its figures. Parameters and figures are the same bits
/// on every rank. Throws error(conflict) when the ranks' weights or optimizers differ.
std::unique_ptr<trainer> make_torch_trainer(std::shared_ptr<const flat_weights> from,
                                            const std::string& optimizer_folder, const backend_options& options,
                                            std::shared_ptr<torch_collective> ranks = nullptr);

} // namespace troupe::gpu
