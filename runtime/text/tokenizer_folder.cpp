// SPDX-License-Identifier: Apache-2.0
// `tokenizer.json` of the kind we write: a WordLevel model over single characters, split between any two of them.
#include "runtime/data/durable_file.hpp"
#include "runtime/error.hpp"
#include "runtime/text/character_tokenizer.hpp"
#include "runtime/text/utf8.hpp"

#include <algorithm>
#include <filesystem>
#include <functional>
#include <nlohmann/json.hpp>
#include <set>

namespace troupe::text {
namespace {

using nlohmann::json;
constexpr std::string_view end_text = "<|end|>";
constexpr std::string_view pad_text = "<|pad|>";

[[noreturn]] void refuse(const std::string& file, const std::string& what) {
  throw error(errc::invalid, file + ": " + what +
                                 " is not supported; only character-level tokenizers are, as `troupe run` writes them "
                                 "(WordLevel model, Split on \"\", Fuse decoder)");
}

json parse(const std::string& file) {
  auto parsed = json::parse(data::read_file(file), nullptr, false);
  if (!parsed.is_object()) {
    throw error(errc::invalid, file + ": is not a JSON object; the file is damaged or not a Hugging Face tokenizer");
  }
  return parsed;
}

std::string type_of(const json& node) {
  return node.is_object() ? node.value("type", std::string("(no type)")) : node.is_null() ? "null" : "(no object)";
}

void require_null(const json& file, const char* key, const std::string& name) {
  if (file.contains(key) && !file[key].is_null()) {
    refuse(name,
           std::string(key) + (file[key].is_object() && file[key].contains("type") ? " " + type_of(file[key]) : ""));
  }
}

void require_character_level(const json& file, const std::string& name) {
  const auto model = type_of(file.value("model", json()));
  if (model != "WordLevel") {
    refuse(name, "model type " + model);
  }
  for (const char* key : {"normalizer", "post_processor", "truncation", "padding"}) {
    require_null(file, key, name);
  }
  const auto split = file.value("pre_tokenizer", json());
  if (type_of(split) != "Split") {
    refuse(name, "pre_tokenizer " + type_of(split));
  }
  const auto pattern = split.value("pattern", json::object());
  const bool every_character = pattern == json{{"String", ""}} || pattern == json{{"Regex", "(?s)."}};
  if (!every_character || split.value("behavior", "") != "Isolated" || split.value("invert", false)) {
    refuse(name, "pre_tokenizer Split with " + pattern.dump() + ", " + split.value("behavior", "no behavior"));
  }
  if (type_of(file.value("decoder", json())) != "Fuse") {
    refuse(name, "decoder " + type_of(file.value("decoder", json())));
  }
}

using vocabulary = std::vector<character_tokenizer::token>;

character_tokenizer::token& place(vocabulary& tokens, const json& id, const std::string& text,
                                  const std::string& name) {
  constexpr std::int64_t most = 1 << 24;
  if (!id.is_number_integer() || id.get<std::int64_t>() < 0 || id.get<std::int64_t>() >= most) {
    throw error(errc::invalid, name + ": token \"" + text + "\" has the id " + id.dump() + "; ids are 0 to 16777215");
  }
  const auto at = id.get<std::size_t>();
  if (tokens.size() <= at) {
    tokens.resize(at + 1);
  }
  if (!tokens[at].text.empty() && tokens[at].text != text) {
    throw error(errc::invalid, name + ": id " + std::to_string(at) + " stands for both \"" + tokens[at].text +
                                   "\" and \"" + text + "\"; write the tokenizer again");
  }
  tokens[at].text = text;
  return tokens[at];
}

vocabulary read_vocabulary(const json& file, const std::string& name) {
  const auto listed = file["model"].value("vocab", json());
  if (!listed.is_object()) {
    throw error(errc::invalid, name + ": model.vocab is missing; it must map each token to its id");
  }
  vocabulary tokens;
  const auto added = file.value("added_tokens", json::array());
  for (const auto& one : added) {
    const auto text = one.value("content", "");
    for (const char* key : {"single_word", "lstrip", "rstrip"}) {
      if (one.value(key, false)) {
        refuse(name, "added token \"" + text + "\" with " + key);
      }
    }
    if (text.empty()) {
      refuse(name, "an added token without content");
    }
    auto& token = place(tokens, one.value("id", json()), text, name);
    token.added = true;
    token.special = one.value("special", false);
  }
  for (const auto& [text, id] : listed.items()) {
    const auto& token = place(tokens, id, text, name);
    if (!token.added && character_length(text) != text.size()) {
      refuse(name, "token \"" + text + "\" of several characters");
    }
  }
  return tokens;
}

/// `eos_token` of tokenizer_config.json is a string, or an object with its `content`.
std::string named_token(const json& config, const char* key, std::string_view otherwise) {
  if (!config.contains(key)) {
    return std::string(otherwise);
  }
  const auto& named = config[key];
  return named.is_string() ? named.get<std::string>() : named.is_object() ? named.value("content", "") : std::string();
}

/// The tokens of a new tokenizer, in the order of their ids.
struct new_vocabulary {
  std::vector<std::string> added; ///< pad, end, and those that are matched before characters
  std::vector<std::string> characters;
};

new_vocabulary vocabulary_of(std::string_view alphabet, std::span<const std::string> special_tokens) {
  new_vocabulary made;
  std::set<std::string, std::less<>> taken;
  const auto take = [&](std::vector<std::string>& to, std::string_view text) {
    if (taken.emplace(text).second) {
      to.emplace_back(text);
    }
  };
  take(made.added, pad_text);
  take(made.added, end_text);
  for (const auto& text : special_tokens) {
    take(made.added, text);
  }
  auto letters = characters(alphabet);
  std::sort(letters.begin(), letters.end());
  for (const auto letter : letters) {
    take(made.characters, letter);
  }
  return made;
}

} // namespace

std::shared_ptr<const tokenizer> load_tokenizer(const std::string& folder) {
  const auto name = (std::filesystem::path(folder) / "tokenizer.json").string();
  const auto config_name = (std::filesystem::path(folder) / "tokenizer_config.json").string();
  try {
    const auto file = parse(name);
    require_character_level(file, name);
    const auto config = std::filesystem::exists(config_name) ? parse(config_name) : json::object();
    return std::make_shared<character_tokenizer>(read_vocabulary(file, name),
                                                 named_token(config, "eos_token", end_text),
                                                 named_token(config, "pad_token", pad_text));
  } catch (const json::exception& wrong) {
    throw error(errc::invalid, name + ": has another shape than a Hugging Face tokenizer: " + wrong.what());
  }
}

std::uint32_t character_vocabulary_size(std::string_view alphabet, std::span<const std::string> special_tokens) {
  const auto made = vocabulary_of(alphabet, special_tokens);
  return static_cast<std::uint32_t>(made.added.size() + made.characters.size());
}

void write_character_tokenizer(const std::string& folder, std::string_view alphabet,
                               std::span<const std::string> special_tokens) {
  const auto made = vocabulary_of(alphabet, special_tokens);
  json vocab = json::object();
  json added = json::array();
  for (const auto& text : made.added) {
    const auto id = vocab.size();
    vocab[text] = id;
    added.push_back({{"id", id},
                     {"content", text},
                     {"single_word", false},
                     {"lstrip", false},
                     {"rstrip", false},
                     {"normalized", false},
                     {"special", text == pad_text || text == end_text}}); // others are kept when decoding
  }
  for (const auto& text : made.characters) {
    const auto id = vocab.size();
    vocab[text] = id;
  }
  const json file = {{"version", "1.0"},
                     {"truncation", nullptr},
                     {"padding", nullptr},
                     {"added_tokens", added},
                     {"normalizer", nullptr},
                     {"pre_tokenizer",
                      {{"type", "Split"}, {"pattern", {{"String", ""}}}, {"behavior", "Isolated"}, {"invert", false}}},
                     {"post_processor", nullptr},
                     {"decoder", {{"type", "Fuse"}}},
                     {"model", {{"type", "WordLevel"}, {"vocab", vocab}, {"unk_token", "<|unk|>"}}}};
  const json config = {{"tokenizer_class", "PreTrainedTokenizerFast"},
                       {"eos_token", end_text},
                       {"pad_token", pad_text},
                       {"clean_up_tokenization_spaces", false}};
  const auto at = std::filesystem::path(folder);
  std::error_code failed;
  std::filesystem::create_directories(at, failed);
  data::write_file_durably((at / "tokenizer.json").string(), file.dump(1) + "\n");
  data::write_file_durably((at / "tokenizer_config.json").string(), config.dump(1) + "\n");
}

} // namespace troupe::text
