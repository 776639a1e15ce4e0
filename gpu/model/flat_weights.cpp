// SPDX-License-Identifier: Apache-2.0
#include "gpu/model/flat_weights.hpp"

#include "runtime/check.hpp"
#include "runtime/data/random.hpp"
#include "runtime/error.hpp"

#include <ATen/ops/empty.h>
#include <cmath>
#include <numbers>
#include <xxhash.h>

namespace troupe::gpu {

void check_shape(const model_shape& s) {
  const auto refuse = [](const std::string& why) { throw error{errc::invalid, "model: " + why}; };
  if (s.hidden_size == 0 || s.num_hidden_layers == 0 || s.num_attention_heads == 0 || s.num_key_value_heads == 0 ||
      s.intermediate_size == 0 || s.vocab_size == 0 || s.max_position_embeddings == 0) {
    refuse("every size must be at least 1");
  }
  for (const auto size : {s.hidden_size, s.num_hidden_layers, s.num_attention_heads, s.num_key_value_heads,
                          s.intermediate_size, s.vocab_size, s.max_position_embeddings}) {
    if (size > 1U << 24) {
      refuse("no size may be above 16777216; one is " + std::to_string(size));
    }
  }
  if (s.num_hidden_layers > 4096) {
    refuse("num_hidden_layers is " + std::to_string(s.num_hidden_layers) + "; at most 4096 are read");
  }
  if (s.hidden_size % s.num_attention_heads != 0 || s.hidden_size / s.num_attention_heads % 2 != 0) {
    refuse("hidden_size " + std::to_string(s.hidden_size) + " must split into num_attention_heads " +
           std::to_string(s.num_attention_heads) + " heads of an even size");
  }
  if (s.num_attention_heads % s.num_key_value_heads != 0) {
    refuse("num_attention_heads must be a multiple of num_key_value_heads");
  }
}

std::vector<weight_entry> weight_layout(const model_shape& s) {
  std::vector<weight_entry> layout;
  std::int64_t at = 0;
  const auto add = [&](const std::string& name, std::vector<std::int64_t> sizes) {
    std::int64_t count = 1;
    for (const auto n : sizes) {
      count *= n;
    }
    layout.push_back({name, std::move(sizes), at, count});
    at += count;
  };
  const std::int64_t h = s.hidden_size, d = h / s.num_attention_heads, kv = s.num_key_value_heads * d;
  const std::int64_t f = s.intermediate_size;
  add("model.embed_tokens.weight", {s.vocab_size, h});
  for (std::uint32_t i = 0; i < s.num_hidden_layers; ++i) {
    const std::string layer = "model.layers." + std::to_string(i) + ".";
    add(layer + "input_layernorm.weight", {h});
    add(layer + "self_attn.q_proj.weight", {h, h});
    add(layer + "self_attn.k_proj.weight", {kv, h});
    add(layer + "self_attn.v_proj.weight", {kv, h});
    add(layer + "self_attn.o_proj.weight", {h, h});
    add(layer + "post_attention_layernorm.weight", {h});
    add(layer + "mlp.gate_proj.weight", {f, h});
    add(layer + "mlp.up_proj.weight", {f, h});
    add(layer + "mlp.down_proj.weight", {h, f});
  }
  add("model.norm.weight", {h});
  if (!s.tie_word_embeddings) {
    add("lm_head.weight", {s.vocab_size, h});
  }
  return layout;
}

std::int64_t parameter_count(const std::vector<weight_entry>& layout) {
  return layout.back().offset + layout.back().count;
}

flat_weights::flat_weights(policy_version version, model_shape shape, at::Tensor flat)
    : weights(version), shape_(shape), flat_(std::move(flat)) {}

std::span<const std::uint32_t> flat_weights::words() const {
  std::call_once(copied_, [this] { on_cpu_ = flat_.cpu(); });
  return {static_cast<const std::uint32_t*>(on_cpu_.const_data_ptr()), static_cast<std::size_t>(on_cpu_.numel())};
}

std::uint64_t flat_weights::checksum() const {
  const auto all = words();
  return XXH3_64bits(all.data(), all.size_bytes());
}

decoder_weights bind_weights(const model_shape& s, const at::Tensor& flat) {
  const std::int64_t h = s.hidden_size, d = h / s.num_attention_heads, kv = s.num_key_value_heads * d;
  const std::int64_t f = s.intermediate_size;
  std::int64_t at = 0;
  const auto take = [&](std::int64_t rows, std::int64_t columns) {
    auto part = flat.narrow(0, at, rows * columns);
    at += rows * columns;
    return columns == 1 ? part : part.view({rows, columns});
  };
  decoder_weights w;
  w.embedding = take(s.vocab_size, h);
  for (std::uint32_t i = 0; i < s.num_hidden_layers; ++i) {
    decoder_weights::layer l;
    l.input_norm = take(h, 1);
    l.qkv = take(h + 2 * kv, h);
    l.out = take(h, h);
    l.post_norm = take(h, 1);
    l.gate_up = take(2 * f, h);
    l.down = take(h, f);
    w.layers.push_back(std::move(l));
  }
  w.final_norm = take(h, 1);
  w.head = s.tie_word_embeddings ? w.embedding : take(s.vocab_size, h);
  TROUPE_CHECK(at == flat.size(0), "the layout has ", at, " weights, the buffer ", flat.size(0));
  return w;
}

at::Tensor initial_weights(const model_shape& s, std::uint64_t seed) {
  check_shape(s);
  const auto layout = weight_layout(s);
  auto flat = at::empty({parameter_count(layout)}, at::kFloat);
  float* out = flat.data_ptr<float>();
  data::counter_random random{seed, 0x696e6974};
  for (const auto& e : layout) {
    for (std::int64_t i = 0; i < e.count; ++i) {
      // Box and Muller's normal numbers; a norm's weights start at 1.
      const double radius = std::sqrt(-2.0 * std::log(1.0 - random.uniform()));
      const double angle = 2.0 * std::numbers::pi * random.uniform();
      out[e.offset + i] =
          e.sizes.size() == 1 ? 1.0F : static_cast<float>(s.initializer_range * radius * std::cos(angle));
    }
  }
  return flat;
}

} // namespace troupe::gpu
