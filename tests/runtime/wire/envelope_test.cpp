// SPDX-License-Identifier: Apache-2.0
#include "runtime/wire/envelope.hpp"
#include "schema/codec.hpp"

#include <cstring>
#include <gtest/gtest.h>

namespace troupe::wire {
namespace {

envelope example() {
  return {.what = purport::refuse,
          .as = role::learner,
          .kind = 0x0203,
          .code = 7,
          .life = {1, 2},
          .client = 3,
          .sequence = 4,
          .settled = 3,
          .credit = 5,
          .name = "learner-0",
          .text = "no",
          .part_sizes = {8, 0},
          .checksum = 6};
}

TEST(Envelope, ComesBackAsItWas) {
  const auto e = example();
  const auto d = decode_envelope(encode(e));
  EXPECT_EQ(d.version, protocol_version);
  EXPECT_EQ(d.what, e.what);
  EXPECT_EQ(d.as, e.as);
  EXPECT_EQ(d.kind, e.kind);
  EXPECT_EQ(d.code, e.code);
  EXPECT_EQ(d.life, e.life);
  EXPECT_EQ(d.client, e.client);
  EXPECT_EQ(d.sequence, e.sequence);
  EXPECT_EQ(d.settled, e.settled);
  EXPECT_EQ(d.credit, e.credit);
  EXPECT_EQ(d.name, e.name);
  EXPECT_EQ(d.text, e.text);
  EXPECT_EQ(d.part_sizes, e.part_sizes);
  EXPECT_EQ(d.checksum, e.checksum);
}

/// An envelope made by hand: one segment, the root pointer, the data words, and three null pointers.
std::string by_hand(std::uint16_t version, std::uint8_t what) {
  std::vector<std::uint64_t> words(13, 0);
  words[0] = 12ULL << 32;             // one segment of 12 words
  words[1] = 3ULL << 48 | 8ULL << 32; // a struct of 8 data words and 3 pointers, right behind
  words[2] = 0x54525550ULL | std::uint64_t{version} << 32 | std::uint64_t{what} << 48;
  words[3] = 0x0102ULL; // kind; error code 0; client in the upper half
  words[3] |= 9ULL << 32;
  words[4] = 0x1111; // incarnation
  words[5] = 0x2222;
  words[6] = 42; // sequence
  std::string bytes(words.size() * 8, '\0');
  std::memcpy(bytes.data(), words.data(), bytes.size());
  return bytes;
}

TEST(Envelope, BytesMadeByHand) {
  const auto d = decode_envelope(by_hand(1, 3));
  EXPECT_EQ(d.what, purport::request);
  EXPECT_EQ(d.kind, 0x0102);
  EXPECT_EQ(d.client, 9U);
  EXPECT_EQ(d.life, (incarnation{0x1111, 0x2222}));
  EXPECT_EQ(d.sequence, 42U);
  EXPECT_TRUE(d.name.empty());
  EXPECT_TRUE(d.part_sizes.empty());
}

TEST(Envelope, NeedNotBeAligned) {
  const std::string good = by_hand(1, 3);
  for (std::size_t shift = 0; shift < 8; ++shift) {
    std::string room(good.size() + 16, '\0');
    const auto aligned = (8 - reinterpret_cast<std::uintptr_t>(room.data()) % 8) % 8;
    std::memcpy(room.data() + aligned + shift, good.data(), good.size());
    EXPECT_EQ(decode_envelope({room.data() + aligned + shift, good.size()}).sequence, 42U) << shift;
  }
}

TEST(Envelope, RefusesWhatItIsNot) {
  EXPECT_THROW(decode_envelope(by_hand(1, 0)), codec_error);
  EXPECT_THROW(decode_envelope(by_hand(1, 8)), codec_error);
  EXPECT_THROW(decode_envelope(by_hand(1, 3) + std::string(8, '\0')), codec_error);
  EXPECT_THROW(decode_envelope(std::string(envelope_bytes_max + 8, '\0')), codec_error);
  std::string role_unknown = by_hand(1, 3);
  role_unknown[23] = 7;
  EXPECT_THROW(decode_envelope(role_unknown), codec_error);
  std::string other_magic = by_hand(1, 3);
  other_magic[16] = 'x';
  EXPECT_THROW(decode_envelope(other_magic), codec_error);
  const std::string good = encode(example());
  for (std::size_t size = 0; size < good.size(); ++size) {
    EXPECT_THROW(decode_envelope({good.data(), size}), codec_error) << size;
  }
  auto crowded = example();
  crowded.part_sizes.assign(parts_max + 1, 0);
  EXPECT_THROW(decode_envelope(encode(crowded)), codec_error);
}

TEST(Envelope, OfAnotherVersionOnlyWhoAsksWhatIsRead) {
  const auto d = decode_envelope(by_hand(2, 77)); // a purport of the future
  EXPECT_EQ(d.version, 2);
  EXPECT_EQ(d.sequence, 42U);
}

TEST(Envelope, SizesAndChecksumDescribeTheParts) {
  const std::vector<part> parts{make_part("ab"), make_part(""), make_part("c")};
  envelope head;
  describe(head, parts);
  EXPECT_EQ(head.part_sizes, (std::vector<std::uint64_t>{2, 0, 1}));
  EXPECT_TRUE(sizes_match(head, parts));
  EXPECT_FALSE(sizes_match(head, {parts[0], parts[1]}));
  EXPECT_FALSE(sizes_match(head, {parts[0], parts[2], parts[1]}));
  EXPECT_EQ(checksum({}), 0x2d06800538d394c2ULL); // XXH3 of nothing
  EXPECT_EQ(checksum({make_part("abc")}), head.checksum);
  EXPECT_NE(checksum({make_part("abd")}), head.checksum);
}

TEST(Role, NamesAreReadBack) {
  for (std::uint8_t i = 0; i <= static_cast<std::uint8_t>(role::admin_operate); ++i) {
    EXPECT_EQ(parse_role(to_string(static_cast<role>(i))), static_cast<role>(i));
  }
  EXPECT_EQ(parse_role("root"), std::nullopt);
  EXPECT_EQ(worker_names(), (std::vector<std::string>{"generator", "verifier"}));
  EXPECT_TRUE(is_worker(role::verifier));
  EXPECT_FALSE(is_worker(role::learner));
}

} // namespace
} // namespace troupe::wire
