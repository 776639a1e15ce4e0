// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "runtime/error.hpp"

#include <filesystem>
#include <fstream>
#include <gtest/gtest.h>
#include <sstream>
#include <string>
#include <sys/stat.h>
#include <utility>

namespace troupe {

/// A folder (mode 0700) of each test's own.
class KeyFolder : public ::testing::Test {
protected:
  KeyFolder() {
    std::string name = (std::filesystem::temp_directory_path() / "troupe-keys-XXXXXX").string();
    folder = ::mkdtemp(name.data());
  }
  ~KeyFolder() override { std::filesystem::remove_all(folder); }

  std::string path(const std::string& name) const { return folder + "/" + name; }
  std::string content(const std::string& name) const {
    std::ostringstream text;
    text << std::ifstream{path(name)}.rdbuf();
    return text.str();
  }
  unsigned mode(const std::string& name) const {
    struct stat status {};
    return ::stat(path(name).c_str(), &status) == 0 ? status.st_mode & 0777U : 0;
  }

  std::string folder;
};

/// Runs it and returns the code and text of what it throws.
template <class F>
std::pair<errc, std::string> refusal(F f) {
  try {
    f();
  } catch (const error& e) {
    return {e.code(), e.what()};
  }
  return {errc::failed, "was not refused"};
}

} // namespace troupe
