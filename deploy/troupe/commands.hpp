// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <CLI/App.hpp>
#include <functional>

/// The commands of `troupe`, one file each. Every `add_*` declares its options and says what to run; the body returns
/// its exit status (runtime/error.hpp) and throws troupe::error, which `main` prints.
namespace troupe::program {

using body = std::function<int()>;

void add_run(CLI::App& app, body& chosen);
void add_quickstart(CLI::App& app, body& chosen);
void add_recipe(CLI::App& app, body& chosen);
void add_generate(CLI::App& app, body& chosen);
void add_score(CLI::App& app, body& chosen);
void add_tokenize(CLI::App& app, body& chosen);
void add_verify(CLI::App& app, body& chosen);
void add_eval(CLI::App& app, body& chosen);
void add_node(CLI::App& app, body& chosen);
void add_up(CLI::App& app, body& chosen);
void add_keygen(CLI::App& app, body& chosen);
void add_config(CLI::App& app, body& chosen);
void add_bench(CLI::App& app, body& chosen);
void add_version(CLI::App& app, body& chosen);
void add_completion(CLI::App& app, body& chosen);

} // namespace troupe::program
