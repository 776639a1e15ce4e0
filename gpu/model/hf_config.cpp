// SPDX-License-Identifier: Apache-2.0
#include "gpu/model/hf_config.hpp"

#include "gpu/model/flat_weights.hpp"
#include "runtime/data/durable_file.hpp"
#include "runtime/error.hpp"

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

namespace troupe::gpu {

using nlohmann::json;

namespace {

json read_object(const std::string& path) {
  auto value = json::parse(data::read_file(path), nullptr, false);
  if (!value.is_object()) {
    throw error{errc::invalid, path + ": is not a JSON object; the file is damaged"};
  }
  return value;
}

/// One config.json and how its keys are asked for.
class config_file {
public:
  explicit config_file(std::string path) : path_(std::move(path)), keys_(read_object(path_)) {}

  [[noreturn]] void refuse(const std::string& key, const std::string& why) const {
    throw error{errc::invalid, path_ + ": " + key + " is " + (has(key) ? keys_[key].dump() : "missing") + "; " + why};
  }
  bool has(const std::string& key) const { return keys_.contains(key) && !keys_[key].is_null(); }
  const json& at(const std::string& key) const { return keys_.at(key); }

  std::uint32_t size(const std::string& key) const {
    if (!has(key) || !keys_[key].is_number_unsigned() || keys_[key].get<std::uint64_t>() > 1U << 24) {
      refuse(key, "it must be a whole number from 1 to 16777216");
    }
    return keys_[key].get<std::uint32_t>();
  }
  double number(const std::string& key, double otherwise) const {
    if (!has(key)) {
      return otherwise;
    }
    if (!keys_[key].is_number() || keys_[key].get<double>() <= 0) {
      refuse(key, "it must be a number above 0");
    }
    return keys_[key].get<double>();
  }
  bool flag(const std::string& key) const {
    if (has(key) && !keys_[key].is_boolean()) {
      refuse(key, "it must be true or false");
    }
    return has(key) && keys_[key].get<bool>();
  }

private:
  std::string path_;
  json keys_;
};

/// RoPE's base: `rope_theta`, or, as newer writers have it, `rope_parameters.rope_theta`.
double read_rope(const config_file& config) {
  double theta = config.number("rope_theta", 10000.0);
  for (const char* key : {"rope_scaling", "rope_parameters"}) {
    if (!config.has(key)) {
      continue;
    }
    const auto& how = config.at(key);
    const auto type = how.is_object() ? how.value("rope_type", how.value("type", "default")) : "?";
    if (type != "default") {
      config.refuse(key, "this version computes plain RoPE only");
    }
    theta = how.value("rope_theta", theta);
  }
  return theta;
}

void refuse_other_models(const config_file& config) {
  if (!config.has("model_type") || config.at("model_type") != "llama") {
    config.refuse("model_type", "this version reads \"llama\"");
  }
  if (config.has("hidden_act") && config.at("hidden_act") != "silu") {
    config.refuse("hidden_act", "this version computes \"silu\"");
  }
  for (const char* key : {"attention_bias", "mlp_bias"}) {
    if (config.flag(key)) {
      config.refuse(key, "this version computes linear layers without bias");
    }
  }
  if (config.has("quantization_config")) {
    config.refuse("quantization_config", "give the model in F32, BF16 or F16");
  }
}

void write_json(const std::string& path, const nlohmann::ordered_json& value) {
  std::ofstream out{path};
  out << value.dump(2) << "\n";
  out.close();
  if (!out) {
    throw error{errc::resource_exhausted, "cannot write " + path + "; is the disk full or read-only?"};
  }
}

/// Id of the token that tokenizer_config.json names under `key`, null where it names none.
nlohmann::ordered_json special_token(const std::string& folder, const char* key) {
  const auto config_name = folder + "/tokenizer_config.json", name = folder + "/tokenizer.json";
  if (!std::filesystem::exists(config_name) || !std::filesystem::exists(name)) {
    return nullptr;
  }
  const auto config = read_object(config_name), file = read_object(name);
  const auto named = config.value(key, json{});
  const auto text = named.is_object() ? named.value("content", json{}) : named; // a string, or an object with its text
  for (const auto& token : file.value("added_tokens", json::array())) {
    if (text.is_string() && token.is_object() && token.value("content", json{}) == text && token.contains("id")) {
      return token["id"];
    }
  }
  return nullptr;
}

} // namespace

model_shape read_hf_config(const std::string& path) {
  const config_file config{path};
  refuse_other_models(config);
  model_shape s;
  try {
    s = {.hidden_size = config.size("hidden_size"),
         .num_hidden_layers = config.size("num_hidden_layers"),
         .num_attention_heads = config.size("num_attention_heads"),
         .num_key_value_heads =
             config.size(config.has("num_key_value_heads") ? "num_key_value_heads" : "num_attention_heads"),
         .intermediate_size = config.size("intermediate_size"),
         .vocab_size = config.size("vocab_size"),
         .max_position_embeddings = config.size("max_position_embeddings"),
         .rope_theta = read_rope(config),
         .rms_norm_eps = config.number("rms_norm_eps", 1e-6),
         .initializer_range = config.number("initializer_range", 0.02),
         .tie_word_embeddings = config.flag("tie_word_embeddings")};
    check_shape(s);
  } catch (const json::exception& e) {
    throw error{errc::invalid, path + ": " + e.what()};
  } catch (const error& e) {
    const std::string why = e.what();
    throw error{errc::invalid, why.starts_with(path) ? why : path + ": " + why};
  }
  if (config.has("head_dim") && config.at("head_dim") != s.hidden_size / s.num_attention_heads) {
    config.refuse("head_dim", "this version computes hidden_size / num_attention_heads");
  }
  return s;
}

void write_hf_config(const std::string& folder, const model_shape& s) {
  nlohmann::ordered_json eos, pad;
  try {
    eos = special_token(folder, "eos_token");
    pad = special_token(folder, "pad_token");
  } catch (const json::exception& e) {
    throw error{errc::invalid,
                folder + ": tokenizer.json has another shape than a Hugging Face tokenizer: " + e.what()};
  }
  write_json(folder + "/config.json", {{"architectures", {"LlamaForCausalLM"}},
                                       {"model_type", "llama"},
                                       {"hidden_act", "silu"},
                                       {"hidden_size", s.hidden_size},
                                       {"intermediate_size", s.intermediate_size},
                                       {"num_hidden_layers", s.num_hidden_layers},
                                       {"num_attention_heads", s.num_attention_heads},
                                       {"num_key_value_heads", s.num_key_value_heads},
                                       {"head_dim", s.hidden_size / s.num_attention_heads},
                                       {"vocab_size", s.vocab_size},
                                       {"max_position_embeddings", s.max_position_embeddings},
                                       {"rope_theta", s.rope_theta},
                                       {"rms_norm_eps", s.rms_norm_eps},
                                       {"initializer_range", s.initializer_range},
                                       {"tie_word_embeddings", s.tie_word_embeddings},
                                       {"attention_bias", false},
                                       {"mlp_bias", false},
                                       {"bos_token_id", nullptr}, // Llama's defaults would be ids of another vocabulary
                                       {"eos_token_id", eos},
                                       {"pad_token_id", pad},
                                       {"torch_dtype", "float32"}});
  nlohmann::ordered_json generation = nlohmann::ordered_json::object();
  if (!eos.is_null()) {
    generation["eos_token_id"] = eos;
  }
  if (!pad.is_null()) {
    generation["pad_token_id"] = pad;
  }
  write_json(folder + "/generation_config.json", generation);
}

} // namespace troupe::gpu
