// SPDX-License-Identifier: Apache-2.0
#include "gpu/model/flat_weights.hpp"
#include "runtime/error.hpp"
#include "tests/gpu/model/small_model.hpp"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

namespace troupe::gpu {
namespace {

TEST(FlatWeights, LayoutByHand) {
  const model_shape s{.hidden_size = 8,
                      .num_hidden_layers = 1,
                      .num_attention_heads = 2,
                      .num_key_value_heads = 1,
                      .intermediate_size = 16,
                      .vocab_size = 5};
  const auto layout = weight_layout(s);
  // embedding 40, norm 8, q 64, k 4 * 8, v 4 * 8, o 64, norm 8, gate, up, down 128 each, norm 8
  EXPECT_EQ(parameter_count(layout), 640);
  EXPECT_EQ(layout[2].name, "model.layers.0.self_attn.q_proj.weight");
  EXPECT_EQ(layout[2].offset, 48);
  EXPECT_EQ(layout[3].offset, 112);                    // k right behind q
  EXPECT_EQ(layout[4].offset, 144);                    // v right behind k
  EXPECT_EQ(layout[8].offset, layout[7].offset + 128); // up right behind gate
  auto untied = s;
  untied.tie_word_embeddings = false;
  EXPECT_EQ(parameter_count(weight_layout(untied)), 680);
  EXPECT_EQ(weight_layout(untied).back().name, "lm_head.weight");
}

TEST(FlatWeights, TheSameSeedGivesTheSameBits) {
  const auto a = small_weights(7), b = small_weights(7), other = small_weights(8);
  EXPECT_TRUE(at::equal(a->flat(), b->flat()));
  EXPECT_EQ(a->checksum(), b->checksum());
  EXPECT_NE(a->checksum(), other->checksum());
}

TEST(FlatWeights, StartNormalWithNormsOfOne) {
  const auto w = small_weights(1);
  const auto bound = bind_weights(w->shape(), w->flat());
  EXPECT_TRUE(at::equal(bound.layers[1].post_norm, at::ones({48})));
  EXPECT_NEAR(bound.layers[0].gate_up.std().item<double>(), 0.3, 0.01); // 7680 numbers: standard error 0.0024
  EXPECT_NEAR(bound.layers[0].gate_up.mean().item<double>(), 0.0, 0.015);
}

TEST(FlatWeights, PartsAreViewsOfTheBuffer) {
  const auto shape = small_shape();
  auto flat = at::zeros({parameter_count(weight_layout(shape))});
  auto bound = bind_weights(shape, flat);
  bound.layers[0].qkv.fill_(2);
  EXPECT_EQ(flat.sum().item<double>(), 2.0 * (48 + 2 * 16) * 48);
  EXPECT_EQ(bound.head.const_data_ptr(), bound.embedding.const_data_ptr()); // tied
}

TEST(FlatWeights, RefusesShapesThatCannotBeBuilt) {
  for (auto change : std::initializer_list<void (*)(model_shape&)>{
           [](model_shape& s) { s.vocab_size = 0; }, [](model_shape& s) { s.num_attention_heads = 5; },
           [](model_shape& s) { s.num_key_value_heads = 4; }, [](model_shape& s) { s.num_attention_heads = 16; },
           [](model_shape& s) { s.num_hidden_layers = 4'000'000'000; }}) {
    auto s = small_shape();
    change(s);
    EXPECT_THROW(check_shape(s), error);
  }
  EXPECT_NO_THROW(check_shape(small_shape()));
}

} // namespace
} // namespace troupe::gpu
