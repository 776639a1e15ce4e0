// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

/// TensorBoard's event files, written by hand: TFRecord frames around protobuf `Event` messages that hold scalars.
///   frame: length u64 | masked crc32c(length) u32 | event | masked crc32c(event) u32, all little endian
///   Event: 1 wall_time double, 2 step int64, 3 file_version string, 5 Summary{1 Value{1 tag string, 2 simple_value
///   float}}
/// Pure and thread-safe.
namespace troupe::metrics::tensorboard {

using scalars = std::vector<std::pair<std::string, double>>; ///< tag and value

/// CRC-32C (Castagnoli), as RFC 3720 defines it.
std::uint32_t crc32c(std::string_view bytes) noexcept;
/// The rotation and offset that TFRecord applies to a CRC that is stored beside its data.
std::uint32_t masked(std::uint32_t crc) noexcept;

/// The first event of every file.
std::string encode_version(double wall_time);
std::string encode_scalars(double wall_time, std::int64_t step, const scalars& values);
/// An encoded event as it stands in the file.
std::string frame(std::string_view event);

/// Wall times of the framed events, in order; ends at the first frame that is torn or damaged.
std::vector<double> wall_times(std::string_view file);

} // namespace troupe::metrics::tensorboard
