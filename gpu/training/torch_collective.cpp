// SPDX-License-Identifier: Apache-2.0
#include "gpu/training/torch_collective.hpp"

#include "runtime/check.hpp"
#include "runtime/error.hpp"

#include <ATen/ATen.h>
#include <torch/csrc/distributed/c10d/Backend.hpp>
#include <utility>

namespace troupe::gpu {
namespace {

/// What c10d says, without the trace of its own functions that it adds.
std::string reason(const std::exception& e) {
  const std::string all = e.what();
  return all.substr(0, all.find("\nException raised from"));
}

} // namespace

torch_collective::torch_collective(seat taken, process_group by)
    : collective(std::move(taken)), by_(std::move(by)),
      device_(by_->getBackendName() == "nccl" ? at::kCUDA : at::kCPU) {}

torch_collective::~torch_collective() = default;

template <class Start>
void torch_collective::run(const char* operation, Start start) {
  const std::string who = "rank " + std::to_string(rank()) + " of " + std::to_string(size()) + ": " + operation;
  if (!by_) {
    throw error(errc::unavailable, who + ": the collective failed before; its ranks must join a new one");
  }
  try {
    const auto work = start(*by_);
    work->wait(deadline());
  } catch (const std::exception& e) {
    by_->abort();
    by_.reset(); // its sockets close: the others need not wait for their deadline
    throw error(errc::unavailable, who + ": another rank is gone, or did not come within " +
                                       std::to_string(deadline().count()) + " ms (" + reason(e) + ")");
  }
}

void torch_collective::reduce_scatter(at::Tensor& part, at::Tensor& whole) {
  TROUPE_CHECK(part.numel() * size() == whole.numel(), part.numel(), " of ", whole.numel());
  run("reduce_scatter", [&](c10d::Backend& by) {
    c10d::ReduceScatterOptions options;
    options.timeout = deadline();
    return by._reduce_scatter_base(part, whole, options);
  });
}

void torch_collective::all_gather(at::Tensor& whole, at::Tensor& part) {
  TROUPE_CHECK(part.numel() * size() == whole.numel(), part.numel(), " of ", whole.numel());
  run("all_gather", [&](c10d::Backend& by) {
    c10d::AllgatherOptions options;
    options.timeout = deadline();
    return by._allgather_base(whole, part, options);
  });
}

std::vector<std::vector<double>> torch_collective::exchange(std::span<const double> mine) {
  const auto n = static_cast<std::int64_t>(mine.size());
  auto part = at::empty({n}, at::kDouble);
  std::copy(mine.begin(), mine.end(), part.mutable_data_ptr<double>());
  part = part.to(device_);
  auto whole = at::empty({n * size()}, part.options());
  all_gather(whole, part);
  whole = whole.cpu();
  std::vector<std::vector<double>> rows;
  for (std::int64_t r = 0; r < size(); ++r) {
    const double* row = whole.const_data_ptr<double>() + r * n;
    rows.emplace_back(row, row + n);
  }
  return rows;
}

} // namespace troupe::gpu
