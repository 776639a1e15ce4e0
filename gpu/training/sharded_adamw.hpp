// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "gpu/training/adamw.hpp"
#include "gpu/training/policy.hpp"
#include "gpu/training/torch_collective.hpp"

#include <memory>

namespace troupe::gpu {

/// AdamW whose moments are spread over the ranks (ZeRO-1): each rank sums the gradients of its part of the parameters,
/// updates that part, and gathers the others'. Without ranks it is `adamw` over all of them. Gradients are clipped to,
/// and an update is skipped by, the norm over all ranks. Every member but the constructor is an operation of the
/// collective. Not thread-safe.
/// Source: ZeRO, Rajbhandari et al., arXiv 1910.02054, section 5.1 (P_os).
class sharded_adamw {
public:
  /// `of` outlives it and was made with as many shares as there are ranks; `ranks` may be null.
  sharded_adamw(policy& of, std::shared_ptr<torch_collective> ranks);

  /// One update with the policy's gradients, which become meaningless.
  adamw::outcome step(const optimizer_options& how);

  /// Of all parameters: [P].
  adamw::state present() const;
  /// Takes this rank's part of what `present` gave, with any number of ranks.
  void restore(const adamw::state& whole);

private:
  at::Tensor gathered(const at::Tensor& part) const;
  at::Tensor part_of(const at::Tensor& whole) const;

  policy& policy_;
  std::shared_ptr<torch_collective> ranks_;
  at::Tensor part_; ///< [n] of this rank, a view of the policy's parameters; all of them without ranks
  adamw optimizer_;
};

} // namespace troupe::gpu
