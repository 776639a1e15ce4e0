// SPDX-License-Identifier: Apache-2.0
#include "schema/codec.hpp"
#include "tests/schema/examples.hpp"

#include <gtest/gtest.h>
#include <random>

namespace troupe {
namespace {

/// Decodes what may be anything: it must answer with a value or with codec_error, and with nothing else.
template <class T>
bool refused(std::string_view bytes) {
  try {
    decode<T>(bytes);
    return false;
  } catch (const codec_error&) {
    return true;
  }
}

template <class T>
void bear_damage(const T& value) {
  const std::string bytes = encode(value);
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    EXPECT_TRUE(refused<T>({bytes.data(), size})) << "cut to " << size << " bytes";
  }
  std::mt19937_64 random{1}; // NOLINT: the seed is fixed so that a failure repeats
  int changed = 0;
  for (int i = 0; i < 10000; ++i) {
    std::string damaged = bytes;
    for (std::uint64_t flips = 1 + random() % 4; flips > 0; --flips) {
      const auto bit = random() % (damaged.size() * 8);
      damaged[bit / 8] = static_cast<char>(static_cast<unsigned char>(damaged[bit / 8]) ^ (1U << (bit % 8)));
    }
    changed += refused<T>(damaged) ? 1 : 0;
  }
  EXPECT_GT(changed, 0);
}

TEST(HostileBytes, Prompt) {
  bear_damage(examples::a_prompt());
}
TEST(HostileBytes, Sample) {
  bear_damage(examples::a_sample());
}
TEST(HostileBytes, Judgement) {
  bear_damage(examples::a_judgement());
}
TEST(HostileBytes, Group) {
  bear_damage(examples::a_group());
}
TEST(HostileBytes, Step) {
  bear_damage(examples::a_step());
}
TEST(HostileBytes, Checkpoint) {
  bear_damage(examples::a_checkpoint());
}
TEST(HostileBytes, Stage) {
  bear_damage(examples::a_stage());
}
TEST(HostileBytes, DatasetRecord) {
  bear_damage(examples::a_record());
}
TEST(HostileBytes, Manifest) {
  bear_damage(examples::a_manifest());
}

} // namespace
} // namespace troupe
