// SPDX-License-Identifier: Apache-2.0
#include "gpu/model/hf_folder.hpp"

#include "gpu/model/safetensors.hpp"
#include "runtime/data/durable_file.hpp"
#include "runtime/error.hpp"

#include <ATen/ops/empty.h>
#include <ATen/ops/from_blob.h>
#include <fstream>
#include <nlohmann/json.hpp>

namespace troupe::gpu {

using nlohmann::json;

namespace {

model_shape read_config(const std::string& path) {
  const auto config = json::parse(data::read_file(path), nullptr, false);
  if (!config.is_object()) {
    throw error{errc::invalid, path + ": not a JSON object"};
  }
  if (config.value("model_type", "llama") != "llama") {
    throw error{errc::invalid, path + ": model_type is " + config["model_type"].dump() + "; this version reads llama"};
  }
  if (config.contains("rope_scaling") && !config["rope_scaling"].is_null()) {
    throw error{errc::invalid, path + ": rope_scaling is not read by this version"};
  }
  try {
    model_shape s{.hidden_size = config.at("hidden_size"),
                  .num_hidden_layers = config.at("num_hidden_layers"),
                  .num_attention_heads = config.at("num_attention_heads"),
                  .num_key_value_heads = config.value("num_key_value_heads", config.at("num_attention_heads").get<std::uint32_t>()),
                  .intermediate_size = config.at("intermediate_size"),
                  .vocab_size = config.at("vocab_size"),
                  .max_position_embeddings = config.at("max_position_embeddings"),
                  .rope_theta = config.value("rope_theta", 10000.0),
                  .rms_norm_eps = config.value("rms_norm_eps", 1e-6),
                  .initializer_range = config.value("initializer_range", 0.02),
                  .tie_word_embeddings = config.value("tie_word_embeddings", false)};
    check_shape(s);
    return s;
  } catch (const json::exception& e) {
    throw error{errc::invalid, path + ": " + e.what()};
  }
}

at::ScalarType type_of(const std::string& dtype, const std::string& where) {
  if (dtype == "F32") {
    return at::kFloat;
  }
  if (dtype == "BF16") {
    return at::kBFloat16;
  }
  if (dtype == "F16") {
    return at::kHalf;
  }
  throw error{errc::invalid, where + " has type " + dtype + "; F32, BF16 and F16 are read"};
}

void write_json(const std::string& path, const nlohmann::ordered_json& value) {
  std::ofstream out{path};
  out << value.dump(2) << "\n";
  out.close();
  if (!out) {
    throw error{errc::resource_exhausted, "cannot write " + path};
  }
}

} // namespace

std::shared_ptr<const flat_weights> read_hf_folder(const std::string& folder, policy_version version) {
  const auto shape = read_config(folder + "/config.json");
  const std::string path = folder + "/model.safetensors";
  const safetensors_file file{path};
  const auto layout = weight_layout(shape);
  auto flat = at::empty({parameter_count(layout)}, at::kFloat);
  for (const auto& e : layout) {
    const auto* t = file.find(e.name);
    if (t == nullptr) {
      throw error{errc::invalid, path + ": tensor " + e.name + " is missing"};
    }
    if (t->sizes != e.sizes) {
      throw error{errc::invalid, path + ": tensor " + e.name + " does not have the shape that config.json asks for"};
    }
    // The bytes are only read: from_blob wants a pointer to what it may change.
    const auto stored = at::from_blob(const_cast<char*>(t->bytes.data()), e.sizes, type_of(t->dtype, path + ": " + e.name));
    flat.narrow(0, e.offset, e.count).view(e.sizes).copy_(stored);
  }
  return std::make_shared<flat_weights>(version, shape, std::move(flat));
}

void write_hf_folder(const std::string& folder, const model_shape& s, const at::Tensor& flat) {
  const auto on_cpu = flat.cpu().contiguous();
  std::vector<tensor_to_store> tensors;
  for (const auto& e : weight_layout(s)) {
    const auto* begin = reinterpret_cast<const char*>(on_cpu.const_data_ptr<float>() + e.offset);
    tensors.push_back({e.name, "F32", e.sizes, {begin, static_cast<std::size_t>(e.count) * sizeof(float)}});
  }
  write_safetensors(folder + "/model.safetensors", tensors);
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
                                       {"torch_dtype", "float32"}});
}

} // namespace troupe::gpu
