// SPDX-License-Identifier: Apache-2.0
#include "runtime/config/plan.hpp"
#include "runtime/error.hpp"

#include <gtest/gtest.h>

namespace troupe::config {
namespace {

std::string refusal(const recipe& r) {
  try {
    check_prompts(r, open_sources(r));
  } catch (const error& refused) {
    return refused.what();
  }
  return "accepted";
}

TEST(CountParameters, OfATiedDecoder) {
  model_spec m;
  m.hidden_size = 8;
  m.num_hidden_layers = 2;
  m.num_attention_heads = 4;
  m.num_key_value_heads = 2;
  m.intermediate_size = 16;
  // embeddings 10*8 = 80; a layer: q and o 2*64, k and v 2*8*4, feed-forward 3*8*16, norms 2*8 = 128+64+384+16 = 592;
  // the last norm 8
  EXPECT_EQ(count_parameters(m, 10), 80u + 2 * 592 + 8);
}

TEST(Plan, CountsWhatEachStageDoesAtMost) {
  const auto r = load_recipe("r1-tiny", {"stages.reasoning_rl.max_steps=10", "stages.reasoning_rl.eval_steps=5"});
  const auto p = make_plan(r, 44);
  EXPECT_EQ(p.parameters, 530560u); // 44*128 + 2*(2*128*128 + 2*128*128 + 3*128*512 + 256) + 128
  ASSERT_EQ(p.stages.size(), r.stages.size());
  const auto& rl = p.stages[2];
  EXPECT_EQ(rl.name, "reasoning_rl");
  EXPECT_EQ(rl.starts_from, "cold_start");
  EXPECT_EQ(rl.steps, 10u);
  EXPECT_EQ(rl.prompts, 160u);         // 10 * 16
  EXPECT_EQ(rl.samples, 1280u + 512u); // 160 * 8, and two validations of 256
  EXPECT_EQ(rl.tokens, 1792u * 48u);
  EXPECT_NE(to_text(r, p).find("530 560 parameters"), std::string::npos);
  EXPECT_GT(p.memory_bytes, 6 * 4 * p.parameters); // generator, published, weights, gradient, two moments
}

TEST(CheckPrompts, AcceptsWhatIsEmbedded) {
  for (const auto& one : embedded_recipes()) {
    EXPECT_EQ(refusal(load_recipe(one.name)), "accepted") << one.name;
  }
}

TEST(CheckPrompts, RefusesPromptsThatLeaveNoRoom) {
  const auto r = load_recipe("r1-tiny", {"model.max_position_embeddings=55"}); // 8 characters and 48 tokens are 56
  EXPECT_EQ(refusal(r),
            "embedded:r1-tiny:" + std::to_string(r.stages[0].line) +
                ": stages.cold_start.max_completion_length: is 48; with the longest prompt of task addition (8) "
                "it passes model.max_position_embeddings (55); lower it, or raise that to 56");
}

} // namespace
} // namespace troupe::config
