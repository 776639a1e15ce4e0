// SPDX-License-Identifier: Apache-2.0
#include "gpu/model/device.hpp"
#include "runtime/error.hpp"

#include <gmock/gmock.h>

namespace troupe::gpu {
namespace {

using testing::HasSubstr;

struct refusal {
  errc code;
  std::string what;
};

refusal refused(const backend_options& options, std::size_t cuda_devices) {
  try {
    checked_device(options, cuda_devices);
  } catch (const error& e) {
    return {e.code(), e.what()};
  }
  return {errc::failed, "accepted"};
}

TEST(Device, IsTheOneThatIsNamed) {
  EXPECT_EQ(checked_device({.device = "cpu", .deterministic = true}, 0), at::Device(at::kCPU));
  EXPECT_EQ(checked_device({.device = "cuda"}, 1), at::Device(at::kCUDA, 0));
  EXPECT_EQ(checked_device({.device = "cuda:3"}, 4), at::Device(at::kCUDA, 3));
}

TEST(Device, IsRefusedWhereItIsNotThere) {
  const auto none = refused({.device = "cuda"}, 0);
  EXPECT_EQ(none.code, errc::unavailable);
  EXPECT_THAT(none.what, HasSubstr("no CUDA device is here; nvidia-smi"));
  for (const std::string index : {"4", "256", "99999999999999999999"}) { // 256 would be device 0 in a byte
    const auto beyond = refused({.device = "cuda:" + index}, 4);
    EXPECT_EQ(beyond.code, errc::unavailable);
    EXPECT_THAT(beyond.what, HasSubstr("device cuda:" + index + ": the highest one here is cuda:3"));
  }
}

TEST(Device, DoesNotPromiseDeterminismOnCuda) {
  const auto r = refused({.device = "cuda:0", .deterministic = true}, 1);
  EXPECT_EQ(r.code, errc::invalid);
  EXPECT_THAT(r.what, HasSubstr("deterministic"));
}

} // namespace
} // namespace troupe::gpu
