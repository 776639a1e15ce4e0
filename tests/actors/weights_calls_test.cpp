// SPDX-License-Identifier: Apache-2.0
#include "actors/weights_calls.hpp"
#include "schema/codec.hpp"

#include <gtest/gtest.h>

namespace troupe::actors {
namespace {

const publication seventh{
    .id = {{1, 2}, 3},
    .stage = stage_index{4},
    .version = policy_version{7},
    .shape = {.hidden_size = 64, .vocab_size = 40, .rope_theta = 1000, .tie_word_embeddings = false},
    .words = 1000,
    .checksum = 0xfedcba9876543210,
    .file = "/dev/shm/troupe-0/7",
    .changes_bytes = 123};

/// Decodes every damaged form of `good`; each is refused, or says something that encodes again.
template <class T>
void damage(const std::string& good) {
  const auto look = [](const std::string& bytes) {
    try {
      const auto once = encode(decode_call<T>(bytes));
      EXPECT_EQ(encode(decode_call<T>(once)), once);
    } catch (const codec_error&) { // refused
    }
  };
  look("");
  for (std::size_t at = 0; at < good.size(); ++at) {
    EXPECT_THROW(decode_call<T>(good.substr(0, at)), codec_error) << "cut at " << at;
    for (const int flip : {0x01, 0x80, 0xff}) {
      auto bytes = good;
      bytes[at] = static_cast<char>(bytes[at] ^ flip);
      look(bytes);
    }
  }
  EXPECT_THROW(decode_call<T>(good + "12345678"), codec_error);
}

TEST(WeightsCalls, SayOnTheOtherSideWhatWasSaid) {
  const auto reply = decode_call<await_weights_reply>(encode(await_weights_reply{true, seventh}));
  EXPECT_TRUE(reply.found);
  EXPECT_EQ(reply.what.id, seventh.id);
  EXPECT_EQ(reply.what.stage, seventh.stage);
  EXPECT_EQ(reply.what.version, seventh.version);
  EXPECT_EQ(reply.what.shape.hidden_size, 64U);
  EXPECT_EQ(reply.what.shape.vocab_size, 40U);
  EXPECT_EQ(reply.what.shape.rope_theta, 1000);
  EXPECT_FALSE(reply.what.shape.tie_word_embeddings);
  EXPECT_EQ(reply.what.words, 1000U);
  EXPECT_EQ(reply.what.checksum, seventh.checksum);
  EXPECT_EQ(reply.what.file, seventh.file);
  EXPECT_EQ(reply.what.changes_bytes, 123U);
  EXPECT_FALSE(decode_call<await_weights_reply>(encode(await_weights_reply{})).found);

  const await_weights_request asked{{{5, 6}, 7}, "host", true, stage_index{1}, policy_version{2}};
  const auto heard = decode_call<await_weights_request>(encode(asked));
  EXPECT_EQ(heard.have, asked.have);
  EXPECT_EQ(heard.host, "host");
  EXPECT_TRUE(heard.whole);
  EXPECT_EQ(heard.stage, asked.stage);
  EXPECT_EQ(heard.version, asked.version);

  const auto chunk = decode_call<weights_chunk_request>(encode(weights_chunk_request{seventh.id, {{1, 2}, 2}, 99}));
  EXPECT_EQ(chunk.id, seventh.id);
  EXPECT_EQ(chunk.base.number, 2U);
  EXPECT_EQ(chunk.offset, 99U);

  const std::map<std::string, std::string> files{{"tokenizer.json", std::string("{\0}", 3)}, {"vocab.txt", ""}};
  EXPECT_EQ(decode_call<describe_weights_reply>(encode(describe_weights_reply{files})).tokenizer_files, files);
}

TEST(WeightsCalls, BytesThatAreNoneAreRefused) {
  damage<await_weights_reply>(encode(await_weights_reply{true, seventh}));
  damage<await_weights_request>(encode(await_weights_request{seventh.id, "host", false, {}, {}}));
  damage<weights_chunk_request>(encode(weights_chunk_request{seventh.id, seventh.id, 1}));
  damage<describe_weights_reply>(encode(describe_weights_reply{{{"a", "b"}, {"c", ""}}}));
}

TEST(WeightsCalls, AFileThatWouldLieElsewhereIsRefused) {
  for (const char* name : {"../tokenizer.json", "/etc/passwd", "", ".hidden", "a/b"}) {
    EXPECT_THROW(decode_call<describe_weights_reply>(encode(describe_weights_reply{{{name, "x"}}})), codec_error)
        << name;
  }
}

TEST(WeightsCalls, ImpossibleSizesAreRefused) {
  for (const auto& [words, changes] : {std::pair<std::uint64_t, std::uint64_t>{0, 0}, {UINT64_MAX / 2, 0}, {10, 41}}) {
    auto p = seventh;
    p.words = words;
    p.changes_bytes = changes;
    EXPECT_THROW(decode_call<await_weights_reply>(encode(await_weights_reply{true, p})), codec_error) << words;
  }
}

TEST(WeightsCalls, AreForGenerators) {
  EXPECT_TRUE(may_ask_weights(wire::role::generator, 101));
  EXPECT_TRUE(may_ask_weights(wire::role::generator, 104));
  EXPECT_FALSE(may_ask_weights(wire::role::generator, 105));
  EXPECT_FALSE(may_ask_weights(wire::role::generator, 3));
  EXPECT_FALSE(may_ask_weights(wire::role::verifier, 102));
}

} // namespace
} // namespace troupe::actors
