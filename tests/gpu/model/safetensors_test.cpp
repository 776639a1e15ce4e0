// SPDX-License-Identifier: Apache-2.0
#include "gpu/model/safetensors.hpp"
#include "runtime/data/durable_file.hpp"
#include "runtime/error.hpp"

#include <filesystem>
#include <fstream>
#include <gmock/gmock.h>
#include <unistd.h>

namespace troupe::gpu {
namespace {

using testing::HasSubstr;

std::string bytes_of(const std::string& header, const std::string& body) {
  std::string all(8, '\0');
  for (std::size_t i = 0; i < 8; ++i) {
    all[i] = static_cast<char>(header.size() >> (8 * i));
  }
  return all + header + body;
}

std::string refusal(const std::string& content) {
  try {
    safetensors_file file{content, "some.safetensors"};
  } catch (const error& e) {
    EXPECT_EQ(e.code(), errc::invalid);
    return e.what();
  }
  return "accepted";
}

TEST(Safetensors, ReadsWhatTheFormatSays) {
  const safetensors_file file{
      bytes_of(R"({"a":{"dtype":"F32","shape":[2,1],"data_offsets":[0,8]},"__metadata__":{"format":"pt"}})",
               "12345678"),
      "x"};
  const auto* a = file.find("a");
  ASSERT_NE(a, nullptr);
  EXPECT_EQ(a->sizes, (std::vector<std::int64_t>{2, 1}));
  EXPECT_EQ(a->bytes, "12345678");
  EXPECT_EQ(file.tensors().size(), 1U);
  EXPECT_EQ(file.find("b"), nullptr);
}

TEST(Safetensors, WritesWhatItReads) {
  const auto path = std::filesystem::temp_directory_path() / ("troupe-" + std::to_string(::getpid()) + ".safetensors");
  write_safetensors(path, {{"one", "F32", {1}, "abcd"}, {"two", "BF16", {2, 1}, "efgh"}, {"none", "F32", {0}, ""}});
  const safetensors_file file{path.string()};
  EXPECT_EQ(file.find("one")->bytes, "abcd");
  EXPECT_EQ(file.find("two")->bytes, "efgh");
  EXPECT_EQ(file.find("two")->dtype, "BF16");
  EXPECT_EQ(file.find("none")->bytes, "");
  EXPECT_EQ(data::read_file(path).find("abcd") % 8, 0U); // tensors start aligned
  std::filesystem::remove(path);
}

TEST(Safetensors, RefusesHostileHeaders) {
  const auto entry = [](const std::string& rest) { return R"({"w":{)" + rest + "}}"; };
  EXPECT_THAT(refusal("abc"), HasSubstr("some.safetensors"));
  EXPECT_THAT(refusal(std::string(8, '\xff')), HasSubstr("header would be 18446744073709551615 bytes"));
  EXPECT_THAT(refusal(bytes_of("[1]", "")), HasSubstr("no JSON object"));
  EXPECT_THAT(refusal(bytes_of("{\"w\":", "")), HasSubstr("no JSON object"));
  EXPECT_THAT(refusal(bytes_of(R"({"w":3})", "")), HasSubstr("tensor w"));
  EXPECT_THAT(refusal(bytes_of(entry(R"("dtype":"F7","shape":[1],"data_offsets":[0,4])"), "1234")),
              HasSubstr("tensor w has the unknown type F7"));
  EXPECT_THAT(refusal(bytes_of(entry(R"("dtype":"F32","shape":[1],"data_offsets":[4,8])"), "1234")),
              HasSubstr("tensor w does not lie")); // beyond the end
  EXPECT_THAT(refusal(bytes_of(entry(R"("dtype":"F32","shape":[1],"data_offsets":[4,0])"), "12345678")),
              HasSubstr("tensor w does not lie")); // backwards
  EXPECT_THAT(refusal(bytes_of(entry(R"("dtype":"F32","shape":[1],"data_offsets":[-4,0])"), "1234")),
              HasSubstr("tensor w does not lie"));
  EXPECT_THAT(refusal(bytes_of(entry(R"("dtype":"F32","shape":[2],"data_offsets":[0,4])"), "12345678")),
              HasSubstr("tensor w does not lie")); // shape and offsets disagree
  EXPECT_THAT(refusal(bytes_of(entry(R"("dtype":"F32","shape":[-1],"data_offsets":[0,4])"), "1234")),
              HasSubstr("tensor w is larger"));
  EXPECT_THAT(refusal(bytes_of(entry(R"("dtype":"F32","shape":[4294967296,4294967296],"data_offsets":[0,0])"), "1234")),
              HasSubstr("tensor w is larger")); // 2^64 elements would wrap to 0 bytes
  EXPECT_THAT(refusal(bytes_of(R"({"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},)"
                               R"("b":{"dtype":"F32","shape":[1],"data_offsets":[2,6]}})",
                               "12345678")),
              HasSubstr("overlap"));
}

TEST(Safetensors, NamesAMissingFile) {
  try {
    safetensors_file file{"/nowhere/model.safetensors"};
    FAIL() << "read a file that is not there";
  } catch (const error& e) {
    EXPECT_EQ(e.code(), errc::not_found);
    EXPECT_THAT(e.what(), HasSubstr("/nowhere/model.safetensors"));
  }
}

} // namespace
} // namespace troupe::gpu
