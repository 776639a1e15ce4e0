// SPDX-License-Identifier: Apache-2.0
#include "runtime/store/acknowledged.hpp"

#include "runtime/error.hpp"
#include "runtime/store/database.hpp"

#include <algorithm>
#include <cstring>
#include <rocksdb/env.h>
#include <xxhash.h>

namespace troupe::store {

namespace {

enum class kind : std::uint8_t { disk, wal };
constexpr std::size_t slots_a_kind = 2;
constexpr std::size_t slot_distance = 4096; // a page: a torn write hits one slot
constexpr std::size_t file_size = 2 * slots_a_kind * slot_distance;
constexpr std::uint64_t magic = 0x314b434150555254; // "TRUPACK1"

/// Little-endian on disk, as this program's only machines are.
struct slot {
  std::uint64_t magic = 0;
  std::uint64_t generation = 0;
  std::uint64_t sequence = 0;
  std::uint64_t boot = 0;
  std::uint64_t checksum = 0;

  std::uint64_t expected() const { return XXH3_64bits(this, offsetof(slot, checksum)); }
  bool holds() const { return magic == store::magic && checksum == expected(); }
};

slot filled(std::uint64_t generation, std::uint64_t sequence, std::uint64_t boot) {
  slot s{magic, generation, sequence, boot, 0};
  s.checksum = s.expected();
  return s;
}

rocksdb::Slice bytes_of(const slot& s) {
  return {reinterpret_cast<const char*>(&s), sizeof s};
}

constexpr std::size_t offset(kind k, std::size_t index) {
  return (static_cast<std::size_t>(k) * slots_a_kind + index) * slot_distance;
}

std::string path_of(const std::string& folder) {
  return folder + "/" + acknowledged_mark::file_name;
}

std::uint64_t hash_of_boot(const storage& on) {
  const auto name = on.boot_name();
  return name.empty() ? 0 : XXH3_64bits(name.data(), name.size());
}

struct newest {
  std::optional<slot> what;
  std::size_t index = slots_a_kind - 1; ///< so that the first slot is written first
};

newest newest_of(const std::string& content, kind k) {
  newest found;
  for (std::size_t i = 0; i < slots_a_kind; ++i) {
    slot s;
    if (content.size() >= offset(k, i) + sizeof s) {
      std::memcpy(&s, content.data() + offset(k, i), sizeof s);
    }
    if (s.holds() && (!found.what || s.generation > found.what->generation)) {
      found = {s, i};
    }
  }
  return found;
}

std::string content_of(const std::string& folder, const storage& on) {
  std::string content;
  require(rocksdb::ReadFileToString(&on.files(), path_of(folder), &content), path_of(folder));
  if (!newest_of(content, kind::disk).what) {
    throw error{errc::corrupt, path_of(folder) + " is damaged: what was acknowledged cannot be told from it"};
  }
  return content;
}

} // namespace

std::optional<std::uint64_t> acknowledged_mark::read(const std::string& folder, const storage& on) {
  if (on.files().FileExists(path_of(folder)).IsNotFound()) {
    return std::nullopt;
  }
  const auto content = content_of(folder, on);
  std::uint64_t sequence = newest_of(content, kind::disk).what->sequence;
  const auto wal = newest_of(content, kind::wal).what;
  const auto boot = hash_of_boot(on);
  if (wal && boot != 0 && wal->boot == boot) {
    sequence = std::max(sequence, wal->sequence);
  }
  return sequence;
}

void acknowledged_mark::reset(const std::string& folder, const storage& on, std::uint64_t sequence) {
  const std::string temporary = path_of(folder) + ".tmp";
  std::string content(file_size, '\0');
  const auto first = filled(1, sequence, hash_of_boot(on));
  std::memcpy(content.data(), &first, sizeof first);
  auto& files = on.files();
  require(rocksdb::WriteStringToFile(&files, content, temporary, true), temporary);
  require(files.RenameFile(temporary, path_of(folder)), path_of(folder));
  std::unique_ptr<rocksdb::Directory> names;
  require(files.NewDirectory(folder, &names), folder);
  require(names->Fsync(), folder);
}

acknowledged_mark::acknowledged_mark(const std::string& folder, const storage& on, std::uint64_t sequence)
    : name_(path_of(folder)), boot_(hash_of_boot(on)) {
  if (on.files().FileExists(name_).IsNotFound()) {
    reset(folder, on, sequence);
  }
  const auto content = content_of(folder, on);
  for (const kind k : {kind::disk, kind::wal}) {
    const auto found = newest_of(content, k);
    next_[static_cast<std::size_t>(k)] = (found.index + 1) % slots_a_kind;
    generation_ = std::max(generation_, found.what ? found.what->generation : 0);
  }
  require(on.files().NewRandomRWFile(name_, &file_, rocksdb::EnvOptions{}), name_);
}

acknowledged_mark::~acknowledged_mark() = default;

void acknowledged_mark::advance(durability how, std::uint64_t sequence) {
  if (how == durability::none) {
    return;
  }
  const kind k = how == durability::disk ? kind::disk : kind::wal;
  auto& next = next_[static_cast<std::size_t>(k)];
  auto s = file_->Write(offset(k, next), bytes_of(filled(++generation_, sequence, boot_)));
  if (s.ok() && k == kind::disk) {
    s = file_->Sync();
  }
  if (!s.ok()) {
    throw error{errc::resource_exhausted, "write to the store: " + name_ + ": " + s.ToString()};
  }
  next = (next + 1) % slots_a_kind;
}

} // namespace troupe::store
