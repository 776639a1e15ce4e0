// SPDX-License-Identifier: Apache-2.0
#include "runtime/wire/envelope.hpp"
#include "schema/codec.hpp"
#include "tests/fuzz/input_folder.hpp"

/// The first frame of every message from a peer: bytes either are refused with codec_error, or what they decode to
/// encodes again, and that encoding stays as it is. The first byte shifts the rest, so that it is not aligned.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) {
    return 0;
  }
  const std::size_t shift = data[0] % 8;
  const std::string room = std::string(shift, '\0') + std::string{troupe::fuzz::as_text(data + 1, size - 1)};
  troupe::wire::envelope head;
  try {
    head = troupe::wire::decode_envelope(std::string_view{room}.substr(shift));
  } catch (const troupe::codec_error&) {
    return 0;
  }
  const std::string once = troupe::wire::encode(head);
  troupe::fuzz::require(once.size() <= troupe::wire::envelope_bytes_max, "an encoding is short enough to be read");
  troupe::fuzz::require(troupe::wire::encode(troupe::wire::decode_envelope(once)) == once,
                        "an encoding decodes to what it encodes");
  return 0;
}
