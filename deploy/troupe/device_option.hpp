// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "gpu/engine.hpp"

#include <CLI/App.hpp>
#include <CLI/Validators.hpp>
#include <algorithm>
#include <memory>
#include <string>
#include <thread>

namespace troupe::program {

/// `--device`, the same for every command that computes. Whether it is there is said when the backend is opened.
inline void add_device(CLI::App& command, std::string& device) {
  command.add_option("--device", device, "cpu, cuda or cuda:N")->capture_default_str();
}

/// `--dtype`: what a model is computed in. There is one so far, so that nothing is left to remember; others are
/// refused.
inline void add_dtype(CLI::App& command) {
  command
      .add_option_function<std::string>(
          "--dtype", [](const std::string&) {}, "what the model is computed in")
      ->check(CLI::IsMember({"float32", "fp32"}))
      ->default_str("float32");
}

/// A model, and the backend that has it.
struct opened_model {
  std::shared_ptr<gpu::backend> backend;
  std::shared_ptr<const gpu::weights> weights;
};

/// Opens a Hugging Face folder on a device; on the CPU with all of its cores. Throws what either has wrong.
inline opened_model open_model(const std::string& folder, const std::string& device) {
  auto backend = gpu::open_backend({.device = device, .threads = std::max(1u, std::thread::hardware_concurrency())});
  auto weights = backend->load_weights(folder, policy_version{});
  return {std::move(backend), std::move(weights)};
}

} // namespace troupe::program
