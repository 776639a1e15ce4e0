// SPDX-License-Identifier: Apache-2.0
#include "runtime/error.hpp"
#include "runtime/text/tokenizer.hpp"
#include "tests/fuzz/input_folder.hpp"

#include <algorithm>

/// The input is tokenizer.json up to a zero byte, then a text. The folder is refused with an error, or what the
/// tokenizer encodes has known ids and decodes to the same text.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const troupe::fuzz::input_folder folder;
  const auto* const cut = std::find(data, data + size, 0);
  folder.write("tokenizer.json", troupe::fuzz::as_text(data, static_cast<std::size_t>(cut - data)));
  const std::string text{cut == data + size ? "12+3="
                                            : std::string_view{reinterpret_cast<const char*>(cut) + 1,
                                                               reinterpret_cast<const char*>(data) + size}};
  std::shared_ptr<const troupe::text::tokenizer> tokenizer;
  std::vector<std::int32_t> ids;
  try {
    tokenizer = troupe::text::load_tokenizer(folder.path());
    ids = tokenizer->encode(text, false);
  } catch (const troupe::error&) {
    return 0;
  }
  for (const auto id : ids) {
    troupe::fuzz::require(id >= 0 && static_cast<std::uint32_t>(id) < tokenizer->vocabulary_size(), "ids are known");
  }
  troupe::fuzz::require(tokenizer->decode(ids, true) == text, "decoding returns the text");
  return 0;
}
