// SPDX-License-Identifier: Apache-2.0
#include "runtime/error.hpp"
#include "runtime/weights/changed_words.hpp"

#include <gtest/gtest.h>
#include <random>
#include <vector>

namespace troupe::weights {
namespace {

using words = std::vector<std::uint32_t>;

words random_words(std::size_t n, std::uint64_t seed) {
  std::mt19937_64 random{seed};
  words all(n);
  for (auto& w : all) {
    w = static_cast<std::uint32_t>(random());
  }
  return all;
}

words changed(words from, double share, std::uint64_t seed) {
  std::mt19937_64 random{seed};
  for (auto& w : from) {
    w = std::uniform_real_distribution{}(random) < share ? static_cast<std::uint32_t>(random()) : w;
  }
  return from;
}

TEST(ChangedWords, GiveTheNewVersionBitForBit) {
  for (const std::size_t n : {0UL, 1UL, 7UL, 1000UL, 200'001UL}) {
    for (const double share : {0.0, 0.01, 0.5, 1.0}) {
      const auto base = random_words(n, 1);
      const auto now = changed(base, share, 2);
      auto words = base;
      apply_changes(words, encode_changes(base, now));
      EXPECT_EQ(words, now) << n << " words, " << share;
    }
  }
}

TEST(ChangedWords, AppliedAgainOrToHalfOfThemChangeNothing) {
  const auto base = random_words(1000, 1);
  const auto now = changed(base, 0.3, 2);
  const auto changes = encode_changes(base, now);
  auto words = base;
  std::copy(now.begin(), now.begin() + 500, words.begin());
  apply_changes(words, changes);
  apply_changes(words, changes);
  EXPECT_EQ(words, now);
}

TEST(ChangedWords, OnePercentOfThemTakesLessThanTwentiethOfTheBytes) {
  const auto base = random_words(1'000'000, 1);
  const auto changes = encode_changes(base, changed(base, 0.01, 2));
  EXPECT_LT(changes.size(), base.size() * 4 / 20);
  EXPECT_GT(changes.size(), 30'000U); // 10,000 random values of 4 bytes: the test is of what it says
}

TEST(ChangedWords, OfAnotherNumberOfWordsAreRefused) {
  const auto base = random_words(100, 1);
  auto other = random_words(99, 1);
  EXPECT_THROW(apply_changes(other, encode_changes(base, changed(base, 0.5, 2))), error);
}

TEST(ChangedWords, DamagedAtAnyByteAreRefusedOrShownByTheChecksum) {
  const auto base = random_words(300, 1);
  const auto now = changed(base, 0.2, 2);
  const auto changes = encode_changes(base, now);
  for (std::size_t at = 0; at < changes.size(); ++at) {
    for (const char flip : {'\x01', '\x80'}) {
      auto damaged = changes;
      damaged[at] = static_cast<char>(damaged[at] ^ flip);
      auto words = base;
      try {
        apply_changes(words, damaged);
        EXPECT_TRUE(words == now || checksum(words) != checksum(now)) << "byte " << at;
      } catch (const error& e) {
        EXPECT_EQ(e.code(), errc::corrupt);
      }
    }
    auto words = base;
    EXPECT_THROW(apply_changes(words, std::string_view{changes}.substr(0, at)), error) << "cut at " << at;
  }
}

} // namespace
} // namespace troupe::weights
