// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>

/// What every fuzzer shares.
namespace troupe::fuzz {

/// A folder of this process for decoders that read files; removed at exit.
class input_folder {
public:
  input_folder() {
    std::string name = (std::filesystem::temp_directory_path() / "troupe-fuzz-XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) {
      std::perror("mkdtemp");
      std::abort();
    }
    path_ = name;
  }
  input_folder(const input_folder&) = delete;
  input_folder& operator=(const input_folder&) = delete;
  ~input_folder() {
    std::error_code ignored; // the process ends; a folder that stays is the system's to clean
    std::filesystem::remove_all(path_, ignored);
  }

  const std::string& path() const noexcept { return path_; }

  /// Writes the bytes to `name` in the folder and returns the path.
  std::string write(const std::string& name, std::string_view bytes) const {
    const std::string path = path_ + "/" + name;
    std::ofstream{path, std::ios::binary | std::ios::trunc} << bytes;
    return path;
  }

private:
  std::string path_;
};

inline std::string_view as_text(const std::uint8_t* data, std::size_t size) {
  return {reinterpret_cast<const char*>(data), size};
}

/// A broken promise of the decoder: libFuzzer keeps the input.
inline void require(bool holds, const char* promise) {
  if (!holds) {
    std::fprintf(stderr, "broken promise: %s\n", promise);
    std::abort();
  }
}

} // namespace troupe::fuzz
