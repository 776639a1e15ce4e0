// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

/// The safetensors format: 8 bytes little-endian header length, a JSON header, raw tensors. No torch here.
namespace troupe::gpu {

struct stored_tensor {
  std::string dtype; ///< "F32", "BF16", "F16", "I64"
  std::vector<std::int64_t> sizes;
  std::string_view bytes; ///< within the file's content
};

/// A file read whole. Hostile input is refused: header length, offsets, sizes and dtype are checked against each other.
class safetensors_file {
public:
  /// Throws error(not_found) or error(invalid) naming file and tensor.
  explicit safetensors_file(const std::string& path);
  /// From bytes in memory; `name` stands for the path in messages.
  safetensors_file(std::string content, const std::string& name);

  const std::map<std::string, stored_tensor>& tensors() const noexcept { return tensors_; }
  const stored_tensor* find(const std::string& name) const;

private:
  void parse(const std::string& name);

  std::string content_;
  std::map<std::string, stored_tensor> tensors_;
};

struct tensor_to_store {
  std::string name;
  std::string dtype;
  std::vector<std::int64_t> sizes;
  std::string_view bytes;
};

/// Throws error(resource_exhausted) naming the file when it cannot be written whole.
void write_safetensors(const std::string& path, const std::vector<tensor_to_store>& tensors);

} // namespace troupe::gpu
