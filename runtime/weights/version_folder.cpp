// SPDX-License-Identifier: Apache-2.0
#include "runtime/weights/version_folder.hpp"

#include "runtime/data/descriptor.hpp"
#include "runtime/data/durable_file.hpp"
#include "runtime/error.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <filesystem>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

namespace troupe::weights {

namespace fs = std::filesystem;

namespace {

constexpr std::size_t spare_max = 2; // one that is still sampled with, and one that is free

std::string prefix() {
  return "troupe-" + std::to_string(::getuid()) + "-";
}

std::unique_ptr<data::descriptor> open_folder(const std::string& path) {
  return std::make_unique<data::descriptor>(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
}

bool lock(const data::descriptor& folder) {
  return folder.get() >= 0 && ::flock(folder.get(), LOCK_EX | LOCK_NB) == 0;
}

/// Folders of this user that nobody holds any more: a folder has its name only while, or after, its process held it.
void remove_dead(const std::string& parent) {
  std::error_code ignored; // another process may be doing the same
  for (const auto& entry : fs::directory_iterator{parent, ignored}) {
    struct stat known {};
    if (!entry.path().filename().string().starts_with(prefix()) || ::lstat(entry.path().c_str(), &known) != 0 ||
        !S_ISDIR(known.st_mode) || known.st_uid != ::getuid()) {
      continue;
    }
    if (const auto folder = open_folder(entry.path().string()); lock(*folder)) {
      fs::remove_all(entry.path(), ignored);
    }
  }
}

} // namespace

std::string host_name() {
  try {
    auto id = data::read_file("/proc/sys/kernel/random/boot_id");
    while (!id.empty() && id.back() == '\n') {
      id.pop_back();
    }
    return id;
  } catch (const error&) {
    return {};
  }
}

version_folder::version_folder(const std::string& parent, const incarnation& life)
    : path_(parent + "/" + prefix() + to_string(life)) {
  remove_dead(parent);
  const std::string made = parent + "/." + prefix() + to_string(life); // has its name when it is locked
  if (::mkdir(made.c_str(), 0700) == 0) {
    lock_ = open_folder(made);
    if (lock(*lock_) && ::rename(made.c_str(), path_.c_str()) == 0) {
      return;
    }
  }
  const int code = errno;
  ::rmdir(made.c_str());
  throw error{errc::failed, path_ + ": cannot be made: " + std::strerror(code)};
}

version_folder::~version_folder() {
  files_.clear();
  spare_.clear();
  std::error_code ignored; // what stays is taken away by the next process
  fs::remove_all(path_, ignored);
}

version_folder::file version_folder::add(std::uint64_t publication, const version_name& name,
                                         std::span<const std::uint32_t> words) {
  if (!has(publication)) {
    const std::string path = path_ + "/" + std::to_string(publication);
    const auto again =
        std::find_if(spare_.begin(), spare_.end(), [&](const auto& slot) { return slot->write(name, words, path); });
    if (again != spare_.end()) {
      files_[publication] = std::move(*again);
      spare_.erase(again);
    } else {
      auto made = std::make_unique<version_slot>(path + ".new", words.size());
      made->write(name, words, path);
      files_[publication] = std::move(made);
    }
  }
  const auto& slot = *files_.at(publication);
  return {slot.path(), slot.checksum()};
}

void version_folder::keep_only(const std::set<std::uint64_t>& publications) {
  for (auto it = files_.begin(); it != files_.end();) {
    if (publications.contains(it->first)) {
      ++it;
      continue;
    }
    spare_.push_back(std::move(it->second));
    it = files_.erase(it);
  }
  while (spare_.size() > spare_max) {
    spare_.erase(spare_.begin());
  }
}

} // namespace troupe::weights
