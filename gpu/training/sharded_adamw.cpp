// SPDX-License-Identifier: Apache-2.0
#include "gpu/training/sharded_adamw.hpp"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>
#include <cmath>
#include <utility>

namespace troupe::gpu {
namespace {

/// Rank r's part of what is divided evenly: a view.
at::Tensor share(const at::Tensor& padded, const torch_collective& ranks) {
  const auto n = padded.numel() / ranks.size();
  return padded.narrow(0, n * ranks.rank(), n);
}

} // namespace

sharded_adamw::sharded_adamw(policy& of, std::shared_ptr<torch_collective> ranks)
    : policy_(of), ranks_(std::move(ranks)), part_(ranks_ ? share(of.padded_flat(), *ranks_) : of.flat()),
      optimizer_(part_) {}

adamw::outcome sharded_adamw::step(const optimizer_options& how) {
  if (!ranks_) {
    return optimizer_.step(policy_.gradients(), how);
  }
  const at::NoGradGuard no_grad;
  auto gradients = at::empty_like(part_);
  ranks_->reduce_scatter(gradients, policy_.padded_gradients());
  const double mine = adamw::norm_of(gradients);
  double squares = 0;
  for (const auto& row : ranks_->exchange({&mine, 1})) {
    squares += row.front() * row.front();
  }
  const auto outcome = optimizer_.step(gradients, std::sqrt(squares), how);
  if (outcome.applied) {
    ranks_->all_gather(policy_.padded_flat(), part_);
  }
  return outcome;
}

at::Tensor sharded_adamw::gathered(const at::Tensor& part) const {
  auto whole = at::empty_like(policy_.padded_flat());
  auto mine = part;
  ranks_->all_gather(whole, mine);
  return whole.narrow(0, 0, policy_.flat().numel());
}

adamw::state sharded_adamw::present() const {
  const auto& mine = optimizer_.present();
  return ranks_ ? adamw::state{gathered(mine.exp_avg), gathered(mine.exp_avg_sq), mine.step} : mine;
}

at::Tensor sharded_adamw::part_of(const at::Tensor& whole) const {
  auto padded = at::zeros(policy_.padded_flat().sizes(), whole.options());
  padded.narrow(0, 0, whole.numel()).copy_(whole);
  return share(padded, *ranks_);
}

void sharded_adamw::restore(const adamw::state& whole) {
  optimizer_.restore(ranks_ ? adamw::state{part_of(whole.exp_avg), part_of(whole.exp_avg_sq), whole.step} : whole);
}

} // namespace troupe::gpu
