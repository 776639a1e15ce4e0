// SPDX-License-Identifier: Apache-2.0
#include "runtime/metrics/scalars.hpp"
#include "runtime/metrics/tensorboard.hpp"

#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

namespace troupe::metrics::tensorboard {
namespace {

std::string from_hex(std::string_view hex) {
  std::string bytes;
  for (std::size_t i = 0; i < hex.size(); i += 2) {
    bytes.push_back(static_cast<char>(std::stoi(std::string{hex.substr(i, 2)}, nullptr, 16)));
  }
  return bytes;
}

TEST(TensorBoard, ChecksumIsCastagnolis) {
  EXPECT_EQ(crc32c("123456789"), 0xe3069283U); // the check value of RFC 3720's CRC
  EXPECT_EQ(crc32c(""), 0U);
  // All-zero CRC: rotation leaves 0, so the offset alone remains.
  EXPECT_EQ(masked(0), 0xa282ead8U);
  EXPECT_EQ(masked(1), 0xa284ead8U); // 1 rotated right by 15 is 0x20000
}

// Worked out from the field numbers: 09 wall_time 1.5; 10 ac02 step 300 = 0x2c + 2 * 128; 2a summary of 10 bytes;
// 0a value of 8 bytes; 0a 01 61 tag "a"; 15 simple_value 0.5. The checksums are from a bitwise CRC in another language.
TEST(TensorBoard, ScalarEventMatchesTheBytesWrittenByHand) {
  const auto event = encode_scalars(1.5, 300, {{"a", 0.5}});
  EXPECT_EQ(event, from_hex("09000000000000f83f"
                            "10ac02"
                            "2a0a0a080a0161150000003f"));
  EXPECT_EQ(frame(event), from_hex("1800000000000000a37f4b22"
                                   "09000000000000f83f10ac022a0a0a080a0161150000003f"
                                   "64076a3f"));
}

TEST(TensorBoard, FileBeginsWithItsVersion) {
  EXPECT_EQ(frame(encode_version(1.5)), from_hex("1800000000000000a37f4b22"
                                                 "09000000000000f83f1a0d627261696e2e4576656e743a32"
                                                 "2a28646c"));
}

TEST(TensorBoard, WallTimesEndAtATornOrDamagedFrame) {
  const auto first = frame(encode_version(1.0));
  const auto second = frame(encode_scalars(2.0, 1, {{"a", 1}}));
  EXPECT_THAT(wall_times(first + second), testing::ElementsAre(1.0, 2.0));
  EXPECT_THAT(wall_times(first + second.substr(0, second.size() - 1)), testing::ElementsAre(1.0));
  auto flipped = second;
  flipped[20] ^= 1;
  EXPECT_THAT(wall_times(first + flipped), testing::ElementsAre(1.0));
  EXPECT_THAT(wall_times(""), testing::IsEmpty());
}

TEST(TensorBoard, TagsBeginWithWhatTheLineIsAbout) {
  const nlohmann::json step{{"kind", "step"}, {"stage", "rl"}, {"step", 7}, {"reward", 0.5}, {"note", "text"}};
  EXPECT_THAT(scalars_of(step), testing::ElementsAre(testing::Pair("rl/reward", 0.5)));
  EXPECT_EQ(step_of(step), 7);
  const nlohmann::json eval{
      {"kind", "eval"}, {"stage", "rl"}, {"task", "sort"}, {"split", "heldout"}, {"pass@1", 0.25}};
  EXPECT_THAT(scalars_of(eval), testing::ElementsAre(testing::Pair("rl/sort/heldout/pass@1", 0.25)));
}

} // namespace
} // namespace troupe::metrics::tensorboard
