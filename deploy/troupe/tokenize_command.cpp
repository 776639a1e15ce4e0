// SPDX-License-Identifier: Apache-2.0
#include "deploy/troupe/commands.hpp"
#include "deploy/troupe/json_lines.hpp"
#include "runtime/text/tokenizer.hpp"

#include <iostream>
#include <memory>

namespace troupe::program {

void add_tokenize(CLI::App& app, body& chosen) {
  struct options {
    std::string folder;
    bool decode = false;
    bool no_special = false;
  };
  auto* command =
      app.add_subcommand("tokenize", "JSON lines {\"id\",\"text\"} to {\"id\",\"ids\"}, or the reverse.\n"
                                     "Example: echo '{\"id\":1,\"text\":\"12+3=\"}' | troupe tokenize --tokenizer DIR");
  auto o = std::make_shared<options>();
  command->add_option("--tokenizer", o->folder, "Hugging Face folder with tokenizer.json")->required();
  command->add_flag("--decode", o->decode, "read ids, write text");
  command->add_flag("--no-special", o->no_special, "add (decoding: keep) no special tokens");
  command->callback([&chosen, o] {
    chosen = [o] {
      const auto tokenizer = text::load_tokenizer(o->folder);
      return answer_lines(std::cin, std::cout, [&](const nlohmann::json& in) -> nlohmann::json {
        if (o->decode) {
          return {{"text", tokenizer->decode(require<std::vector<std::int32_t>>(in, "ids"), !o->no_special)}};
        }
        return {{"ids", tokenizer->encode(require<std::string>(in, "text"), !o->no_special)}};
      });
    };
  });
}

} // namespace troupe::program
