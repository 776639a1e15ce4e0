// SPDX-License-Identifier: Apache-2.0
#include "gpu/model/hf_folder.hpp"
#include "gpu/model/safetensors.hpp"
#include "runtime/data/durable_file.hpp"
#include "runtime/error.hpp"
#include "tests/gpu/model/small_model.hpp"

#include <ATen/ATen.h>
#include <filesystem>
#include <fstream>
#include <gmock/gmock.h>
#include <nlohmann/json.hpp>
#include <unistd.h>

namespace troupe::gpu {
namespace {

using nlohmann::json;
using testing::HasSubstr;

class HfFolder : public testing::Test {
protected:
  HfFolder() : folder_(std::filesystem::temp_directory_path() / ("troupe-hf-" + std::to_string(::getpid()))) {
    std::filesystem::create_directories(folder_);
  }
  ~HfFolder() override { std::filesystem::remove_all(folder_); }

  std::string path(const std::string& name) const { return folder_ / name; }
  void write(const std::string& name, const std::string& text) const { std::ofstream{path(name)} << text; }
  json read_json(const std::string& name) const { return json::parse(data::read_file(path(name))); }
  /// What reading says after one key of config.json was changed.
  std::string refusal(const std::string& key, const json& value) const {
    write_hf_folder(folder_, small_shape(), small_weights(5)->flat());
    auto config = read_json("config.json");
    config[key] = value;
    write("config.json", config.dump());
    try {
      read_hf_folder(folder_, {});
    } catch (const error& e) {
      EXPECT_EQ(e.code(), errc::invalid);
      return e.what();
    }
    return "accepted";
  }

  std::filesystem::path folder_;
};

TEST_F(HfFolder, ComesBackBitForBit) {
  for (const bool tied : {true, false}) {
    auto shape = small_shape();
    shape.tie_word_embeddings = tied;
    shape.rope_theta = 1000;
    const auto w = small_weights(5, 0, shape);
    write_hf_folder(folder_, shape, w->flat());
    const auto back = read_hf_folder(folder_, policy_version{9});
    EXPECT_TRUE(at::equal(back->flat(), w->flat()));
    EXPECT_EQ(back->version(), policy_version{9});
    EXPECT_EQ(back->checksum(), w->checksum());
    EXPECT_EQ(back->shape().num_key_value_heads, 2U);
    EXPECT_EQ(back->shape().rope_theta, 1000);
    EXPECT_EQ(back->shape().tie_word_embeddings, tied);
  }
}

TEST_F(HfFolder, TakesTheEndTokenFromTheTokenizer) {
  write_hf_folder(folder_, small_shape(), small_weights(5)->flat());
  EXPECT_TRUE(read_json("config.json")["eos_token_id"].is_null()); // not Llama's 2
  write("tokenizer_config.json", R"({"eos_token":"<end>","pad_token":{"content":"<pad>"}})");
  write("tokenizer.json", R"({"added_tokens":[{"id":4,"content":"<pad>"},{"id":6,"content":"<end>"}]})");
  write_hf_folder(folder_, small_shape(), small_weights(5)->flat());
  EXPECT_EQ(read_json("generation_config.json"), json::parse(R"({"eos_token_id":6,"pad_token_id":4})"));
  EXPECT_EQ(read_json("config.json")["eos_token_id"], 6);
}

TEST_F(HfFolder, ReadsHalfPrecision) {
  const auto w = small_weights(5);
  write_hf_folder(folder_, small_shape(), w->flat());
  for (const auto& [type, name] : {std::pair{at::kBFloat16, "BF16"}, {at::kHalf, "F16"}}) {
    const auto half = w->flat().to(type);
    std::vector<tensor_to_store> tensors;
    for (const auto& e : weight_layout(small_shape())) {
      const auto* begin = static_cast<const char*>(half.const_data_ptr()) + e.offset * 2;
      tensors.push_back({e.name, name, e.sizes, {begin, static_cast<std::size_t>(e.count) * 2}});
    }
    write_safetensors(path("model.safetensors"), tensors);
    EXPECT_TRUE(at::equal(read_hf_folder(folder_, {})->flat(), half.to(at::kFloat)));
  }
}

TEST_F(HfFolder, RefusesWhatTheDecoderDoesNotCompute) {
  EXPECT_EQ(refusal("vocab_size", 37), "accepted");
  EXPECT_THAT(refusal("model_type", "qwen2"), HasSubstr("config.json: model_type is \"qwen2\""));
  EXPECT_THAT(refusal("hidden_size", -48), HasSubstr("hidden_size is -48"));
  EXPECT_THAT(refusal("hidden_size", 1e12), HasSubstr("hidden_size"));
  EXPECT_THAT(refusal("hidden_size", nullptr), HasSubstr("hidden_size is missing"));
  EXPECT_THAT(refusal("num_attention_heads", 5), HasSubstr("config.json"));
  EXPECT_THAT(refusal("num_hidden_layers", 4000000), HasSubstr("num_hidden_layers"));
  EXPECT_THAT(refusal("attention_bias", true), HasSubstr("attention_bias is true"));
  EXPECT_THAT(refusal("head_dim", 16), HasSubstr("head_dim is 16"));
  EXPECT_THAT(refusal("hidden_act", "gelu"), HasSubstr("hidden_act"));
  EXPECT_THAT(refusal("rope_scaling", {{"rope_type", "llama3"}}), HasSubstr("rope_scaling"));
  EXPECT_EQ(refusal("rope_parameters", {{"rope_type", "default"}, {"rope_theta", 500.0}}), "accepted");
  EXPECT_EQ(read_hf_folder(folder_, {})->shape().rope_theta, 500.0);
  EXPECT_THAT(refusal("vocab_size", 38), HasSubstr("tensor model.embed_tokens.weight does not have the shape"));
  EXPECT_THAT(refusal("num_hidden_layers", 3), HasSubstr("tensor model.layers.2.input_layernorm.weight is missing"));
}

TEST_F(HfFolder, NamesAMissingFile) {
  EXPECT_THROW(read_hf_folder(folder_, {}), error);
  write_hf_folder(folder_, small_shape(), small_weights(5)->flat());
  std::filesystem::remove(path("model.safetensors"));
  try {
    read_hf_folder(folder_, {});
    FAIL() << "read a folder without weights";
  } catch (const error& e) {
    EXPECT_EQ(e.code(), errc::not_found);
    EXPECT_THAT(e.what(), HasSubstr("model.safetensors"));
  }
}

} // namespace
} // namespace troupe::gpu
