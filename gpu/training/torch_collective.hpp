// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "gpu/collective.hpp"

#include <ATen/core/Tensor.h>
#include <c10/util/intrusive_ptr.h>
#include <memory>
#include <span>
#include <vector>

namespace c10d {
class Backend;
class Store;
} // namespace c10d

namespace troupe::gpu {

/// A collective over one of LibTorch's process groups. N ranks; n elements a rank.
class torch_collective final : public collective {
public:
  using process_group = c10::intrusive_ptr<c10d::Backend>;

  torch_collective(seat taken, process_group by);
  ~torch_collective() override;

  /// part: [n] becomes this rank's part of the sum of `whole`: [N * n] over the ranks.
  void reduce_scatter(at::Tensor& part, at::Tensor& whole);
  /// whole: [N * n] becomes every rank's `part`: [n], in the order of ranks.
  void all_gather(at::Tensor& whole, at::Tensor& part);
  /// Every rank's figures, in the order of ranks: the same bits everywhere, so that decisions made of them are the
  /// same.
  std::vector<std::vector<double>> exchange(std::span<const double> mine);

private:
  template <class Start>
  void run(const char* operation, Start start);

  process_group by_;  ///< null once an operation has failed
  at::Device device_; ///< on which the process group works
};

/// Opens a meeting on `host`, at a port that the system chooses.
std::unique_ptr<meeting> open_store_meeting(const std::string& host);

/// Waits for all ranks at a process group that `make` opens over the meeting's store. Throws error(unavailable).
using open_process_group = torch_collective::process_group (*)(const c10::intrusive_ptr<c10d::Store>& over,
                                                               const seat& where);
std::shared_ptr<torch_collective> join_process_group(const seat& where, open_process_group open);

/// On the CPU.
std::shared_ptr<torch_collective> join_gloo(const seat& where);

} // namespace troupe::gpu
