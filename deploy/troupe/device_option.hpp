// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <CLI/App.hpp>
#include <string>

namespace troupe::program {

/// `--device`, the same for every command that computes. Whether it is there is said when the backend is opened.
inline void add_device(CLI::App& command, std::string& device) {
  command.add_option("--device", device, "cpu, cuda or cuda:N")->capture_default_str();
}

} // namespace troupe::program
