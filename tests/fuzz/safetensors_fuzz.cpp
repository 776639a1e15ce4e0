// SPDX-License-Identifier: Apache-2.0
#include "gpu/model/safetensors.hpp"
#include "runtime/error.hpp"
#include "tests/fuzz/input_folder.hpp"

/// A weights file is refused with an error, or every tensor's bytes lie within the file.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  try {
    const troupe::gpu::safetensors_file file{std::string{troupe::fuzz::as_text(data, size)}, "fuzzed.safetensors"};
    std::size_t total = 0;
    unsigned sum = 0;
    for (const auto& [name, tensor] : file.tensors()) {
      total += tensor.bytes.size();
      for (const char byte : tensor.bytes) { // the address sanitizer watches
        sum += static_cast<unsigned char>(byte);
      }
    }
    troupe::fuzz::require(total <= size && sum <= 255 * size, "tensors lie within the file and apart");
  } catch (const troupe::error&) {
    return 0;
  }
  return 0;
}
