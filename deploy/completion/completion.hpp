// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <CLI/App.hpp>
#include <cstdint>
#include <string>
#include <vector>

/// Scripts that let a shell complete a program's command line, made of its CLI11 definition: commands, options, and the
/// words that an option or a position may have. Where any text will do, file names are offered.
namespace troupe::completion {

enum class shell : std::uint8_t { bash, zsh, fish };

/// "bash", "zsh", "fish", in the order of `shell`.
const std::vector<std::string>& shell_names();
/// One of `shell_names`; anything else is error(invalid).
shell parse_shell(const std::string& name);

std::string script(const CLI::App& app, shell of);

} // namespace troupe::completion
