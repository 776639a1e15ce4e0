// SPDX-License-Identifier: Apache-2.0
// One contract, two implementations: a station samples the same from a board of the learner's process and from one that
// a follower fills over the wire. With the real model, bit for bit.
#include "actors/sampling_station.hpp"
#include "tests/actors/weights_road.hpp"

namespace troupe::actors {
namespace {

const gpu::model_shape shape{.hidden_size = 16,
                             .num_hidden_layers = 1,
                             .num_attention_heads = 2,
                             .num_key_value_heads = 2,
                             .intermediate_size = 24,
                             .vocab_size = 256,
                             .max_position_embeddings = 64,
                             .initializer_range = 0.3};

std::shared_ptr<gpu::backend> model() {
  static const auto backend = gpu::open_backend({.deterministic = true});
  return backend;
}

/// The weights of a run's version: version v is drawn from seed v.
std::shared_ptr<const gpu::weights> version_of(std::uint64_t v) {
  const auto w = model()->new_weights(shape, v);
  return model()->weights_from_words(shape, policy_version{v}, w->words(), w);
}

prompt_work work(std::uint64_t cursor, std::optional<std::uint64_t> pinned = {}) {
  prompt_work w{.what = two_samples(cursor), .asked = {.task = "letters", .text = "p?"}, .sampling = {}};
  w.what.sampling_seed = cursor;
  w.sampling.max_new_tokens = 12;
  if (pinned) {
    w.what.id.why = purpose::eval;
    w.what.pinned = policy_version{*pinned};
  }
  return w;
}

/// Version 0 and 1 come one after the other, in the midst of a group; a pinned group is of version 0. `learner` is
/// where they are published, `arrived` waits until the station's board has them.
std::vector<sampled> play(const std::shared_ptr<weights_board>& learner, const std::shared_ptr<weights_board>& board,
                          const std::function<void(const gpu::weights&)>& arrived) {
  sampling_station station{model(), board, std::make_shared<byte_tokenizer>(), std::make_shared<activity>(), 4};
  const auto first = version_of(0);
  const auto second = version_of(1);
  learner->publish(grpo_stage, first);
  learner->pin(grpo_stage, policy_version{0});
  arrived(*first);
  station.accept(lease_id{1}, {work(3)});
  auto all = station.run(4);
  learner->publish(grpo_stage, second);
  arrived(*second);
  station.accept(lease_id{2}, {work(5, 0)});
  EXPECT_TRUE(eventually([&] {
    for (auto& one : station.run(1)) {
      all.push_back(std::move(one));
    }
    return station.pending() == 0;
  }));
  std::sort(all.begin(), all.end(), [](const sampled& a, const sampled& b) {
    return std::pair{a.of, a.what.index} < std::pair{b.of, b.what.index};
  });
  return all;
}

TEST(WeightsSamples, AreTheSameHoweverTheWeightsCame) {
  const auto one_board = std::make_shared<weights_board>();
  const auto expected = play(one_board, one_board, [](const gpu::weights&) {});
  ASSERT_EQ(expected.size(), 4U);
  EXPECT_EQ(expected[0].what.segments.size(), 2U); // the swap is in it
  for (const auto& host : {std::optional<std::string>{}, std::optional<std::string>{""}}) {
    learner_end there{model()};
    generator_end here{there.server->endpoint(), model(), host};
    const auto got =
        play(there.board, here.board, [&](const gpu::weights& w) { EXPECT_TRUE(here.has(grpo_stage, w)); });
    ASSERT_EQ(got.size(), expected.size());
    for (std::size_t i = 0; i < got.size(); ++i) {
      EXPECT_EQ(got[i].what, expected[i].what) << i; // tokens, log-probabilities, segments
      EXPECT_EQ(to_string(got[i].of), to_string(expected[i].of));
    }
    const auto counts = here.follower->read();
    EXPECT_EQ(host ? counts.full : counts.mapped, 3U); // 0, 1, and 0 again for the pinned group
  }
}

} // namespace
} // namespace troupe::actors
