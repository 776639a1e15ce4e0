// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "deploy/completion/command_tree.hpp"

#include <span>
#include <string>

namespace troupe::completion {

std::string bash_script(std::span<const command_known> commands);
std::string zsh_script(std::span<const command_known> commands);
std::string fish_script(std::span<const command_known> commands);

} // namespace troupe::completion
