// SPDX-License-Identifier: Apache-2.0
#include "schema/codec.hpp"
#include "tests/fuzz/input_folder.hpp"

/// Stored and received records: bytes either are refused with codec_error, or what they decode to encodes again, and
/// that encoding stays as it is. The first byte chooses the kind of record.
namespace {

template <class T>
void try_decode(std::string_view bytes) {
  T value;
  try {
    value = troupe::decode<T>(bytes);
  } catch (const troupe::codec_error&) {
    return;
  }
  const std::string once = troupe::encode(value);
  troupe::fuzz::require(troupe::encode(troupe::decode<T>(once)) == once, "an encoding decodes to what it encodes");
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) {
    return 0;
  }
  const auto bytes = troupe::fuzz::as_text(data + 1, size - 1);
  switch (data[0] % 9) {
  case 0:
    try_decode<troupe::group>(bytes);
    break;
  case 1:
    try_decode<troupe::prompt>(bytes);
    break;
  case 2:
    try_decode<troupe::sample>(bytes);
    break;
  case 3:
    try_decode<troupe::judgement>(bytes);
    break;
  case 4:
    try_decode<troupe::step_record>(bytes);
    break;
  case 5:
    try_decode<troupe::checkpoint_record>(bytes);
    break;
  case 6:
    try_decode<troupe::stage_record>(bytes);
    break;
  case 7:
    try_decode<troupe::dataset_record>(bytes);
    break;
  default:
    try_decode<troupe::dataset_manifest>(bytes);
    break;
  }
  return 0;
}
