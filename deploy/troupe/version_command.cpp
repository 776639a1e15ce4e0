// SPDX-License-Identifier: Apache-2.0
#include "deploy/troupe/commands.hpp"

#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>

namespace troupe::program {

void add_version(CLI::App& app, body& chosen) {
  auto* command = app.add_subcommand("version", "Print the version.\nExample: troupe version -o json");
  auto output = std::make_shared<std::string>("text");
  command->add_option("-o,--output", *output, "text or json")->check(CLI::IsMember({"text", "json"}));
  command->callback([&chosen, output] {
    chosen = [output] {
      if (*output == "json") {
        std::cout << nlohmann::json{{"version", TROUPE_VERSION}, {"compiler", __VERSION__}}.dump() << "\n";
      } else {
        std::cout << "troupe " << TROUPE_VERSION << "\n";
      }
      return 0;
    };
  });
}

} // namespace troupe::program
