// SPDX-License-Identifier: Apache-2.0
#include "deploy/troupe/commands.hpp"
#include "deploy/troupe/device_option.hpp"
#include "deploy/troupe/json_lines.hpp"
#include "gpu/engine.hpp"
#include "runtime/error.hpp"

#include <iostream>
#include <memory>

namespace troupe::program {

void add_score(CLI::App& app, body& chosen) {
  struct options {
    std::string model;
    std::string device = "cpu";
  };
  auto* command =
      app.add_subcommand("score", "Log-probabilities: JSON lines {\"id\",\"ids\"} to {\"id\",\"logprobs\"}.\n"
                                  "Example: echo '{\"id\":1,\"ids\":[5,6,7]}' | troupe score --model DIR");
  auto o = std::make_shared<options>();
  command->add_option("--model", o->model, "Hugging Face folder")->required();
  add_dtype(*command);
  add_device(*command, o->device);
  command->callback([&chosen, o] {
    chosen = [o] {
      const auto model = open_model(o->model, o->device);
      const auto vocabulary = static_cast<std::int32_t>(model.backend->shape(*model.weights).vocab_size);
      return answer_lines(std::cin, std::cout, [&](const nlohmann::json& in) -> nlohmann::json {
        const auto ids = require<std::vector<std::int32_t>>(in, "ids");
        if (ids.empty()) {
          throw error{errc::invalid, "`ids` is empty; give at least one"};
        }
        for (const auto id : ids) {
          if (id < 0 || id >= vocabulary) {
            throw error{errc::invalid,
                        "id " + std::to_string(id) + " is outside the vocabulary of " + std::to_string(vocabulary)};
          }
        }
        return {{"logprobs", ids.size() == 1 ? std::vector<float>{} : model.backend->score(*model.weights, ids, 1.0)}};
      });
    };
  });
}

} // namespace troupe::program
