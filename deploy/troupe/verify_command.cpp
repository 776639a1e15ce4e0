// SPDX-License-Identifier: Apache-2.0
#include "deploy/troupe/commands.hpp"
#include "deploy/troupe/json_lines.hpp"
#include "runtime/error.hpp"
#include "runtime/verify/judges.hpp"
#include "runtime/verify/rewards.hpp"

#include <iostream>
#include <memory>

namespace troupe::program {

namespace {

nlohmann::json judge_line(const nlohmann::json& in, verify::rewards& rewards) {
  prompt asked{.text = require<std::string>(in, "prompt")};
  if (in.contains("answer")) {
    asked.answer = require<std::string>(in, "answer");
  }
  if (in.contains("metadata")) {
    asked.metadata = in["metadata"].dump();
  }
  const auto completion = require<std::string>(in, "completion");
  const verify::question q{&asked, completion, in.contains("id") ? in["id"].dump() : ""};
  const auto j = rewards.judge_all({&q, 1}).front();
  nlohmann::json parts = nlohmann::json::object();
  std::string reason;
  for (const auto& part : j.parts) {
    parts[part.name] = part.value;
    reason = part.reason;
  }
  return {{"verdict", to_string(j.verdict)}, {"reward", j.reward}, {"parts", parts}, {"reason", reason}};
}

} // namespace

void add_verify(CLI::App& app, body& chosen) {
  auto* command =
      app.add_subcommand("verify", "Judge JSON lines {\"id\",\"prompt\",\"completion\",\"answer\"}.\n"
                                   "Example: echo '{\"id\":1,\"prompt\":\"1+1=\",\"completion\":"
                                   "\"<think></think><answer>2</answer>\",\"answer\":\"2\"}' | troupe verify exact");
  auto name = std::make_shared<std::string>();
  std::string names;
  for (const auto& n : verify::judge_names()) {
    names += (names.empty() ? "" : ", ") + n;
  }
  command->add_option("NAME", *name, "one of " + names)->required();
  command->callback([&chosen, name] {
    chosen = [name] {
      verify::rewards rewards{{{.name = *name, .judge = {.verifier = *name}, .decides = true}}};
      return answer_lines(std::cin, std::cout, [&](const nlohmann::json& in) { return judge_line(in, rewards); });
    };
  });
}

} // namespace troupe::program
