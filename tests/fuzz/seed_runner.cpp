// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>
#include <string>
#include <vector>

/// Drives a fuzz target without libFuzzer: every seed as it is, then a fixed number of mutations of each, the same ones
/// on every machine. Usage: NAME_fuzz FOLDER_OR_FILE...; the input at hand is kept in NAME_fuzz.input when the target
/// aborts.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace {

constexpr int mutations_per_seed = 400;

std::string read(const std::filesystem::path& path) {
  std::ifstream file{path, std::ios::binary};
  return {std::istreambuf_iterator<char>{file}, {}};
}

/// One to four changes: a byte, a bit, a piece cut out, a piece doubled, or a piece of another seed put in.
std::string mutate(std::string text, const std::vector<std::string>& seeds, std::mt19937_64& random) {
  const auto below = [&](std::size_t n) { return n == 0 ? 0 : static_cast<std::size_t>(random() % n); };
  for (std::size_t changes = 1 + below(4); changes > 0; --changes) {
    const std::size_t at = below(text.size() + 1);
    const std::size_t length = std::min(text.size() - at, 1 + below(32));
    const std::string& other = seeds[below(seeds.size())];
    switch (below(5)) {
    case 0:
      text.replace(at, length > 0 ? 1 : 0, 1, static_cast<char>(random() & 0xff));
      break;
    case 1:
      if (at < text.size()) {
        text[at] = static_cast<char>(text[at] ^ (1 << below(8)));
      }
      break;
    case 2:
      text.erase(at, length);
      break;
    case 3:
      text.insert(at, text.substr(at, length));
      break;
    default:
      text.insert(at, other, below(other.size() + 1), 1 + below(64));
      break;
    }
  }
  return text;
}

void run(const std::string& input, const std::string& kept) {
  std::ofstream{kept, std::ios::binary | std::ios::trunc} << input;
  LLVMFuzzerTestOneInput(reinterpret_cast<const std::uint8_t*>(input.data()), input.size());
}

} // namespace

int main(int argc, char** argv) {
  std::vector<std::filesystem::path> files;
  for (int i = 1; i < argc; ++i) {
    if (std::filesystem::is_directory(argv[i])) {
      std::copy(std::filesystem::directory_iterator{argv[i]}, {}, std::back_inserter(files));
    } else {
      files.emplace_back(argv[i]);
    }
  }
  std::sort(files.begin(), files.end());
  std::vector<std::string> seeds;
  std::transform(files.begin(), files.end(), std::back_inserter(seeds), read);
  if (seeds.empty()) {
    std::fprintf(stderr, "%s: no seeds; give a folder or files\n", argv[0]);
    return 2;
  }
  const std::string kept = std::string{argv[0]} + ".input";
  run("", kept);
  for (const auto& seed : seeds) {
    run(seed, kept);
  }
  std::mt19937_64 random{20260101};
  for (const auto& seed : seeds) {
    for (int i = 0; i < mutations_per_seed; ++i) {
      run(mutate(seed, seeds, random), kept);
    }
  }
  std::filesystem::remove(kept);
  std::printf("%zu seeds, %d mutations of each\n", seeds.size(), mutations_per_seed);
  return 0;
}
