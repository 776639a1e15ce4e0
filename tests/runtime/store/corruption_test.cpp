// SPDX-License-Identifier: Apache-2.0
#include "runtime/store/acknowledged.hpp"
#include "runtime/store/journal.hpp"
#include "tests/reliability_log.hpp"
#include "tests/runtime/store/oracle.hpp"
#include "tests/runtime/store/volatile_disk.hpp"

#include <gtest/gtest.h>
#include <random>

/// Damages files of a store and looks what becomes of it: refused, named, or harmless; never a silent change.
namespace troupe::store {
namespace {

using files = std::map<std::string, std::string>;
constexpr std::size_t short_sample = 40; // tokens: small enough for a log that is cut at every byte

std::set<std::uint64_t> below(std::uint64_t n) {
  std::set<std::uint64_t> all;
  while (n > 0) {
    all.insert(--n);
  }
  return all;
}

/// A store of `count` transitions. Reopened now and then, which moves the log into SST and blob files.
files written(std::uint64_t count, std::uint64_t reopen_every, std::size_t tokens) {
  volatile_disk disk;
  for (std::uint64_t n = 0; n < count;) {
    journal j{"/store", open_mode::create, {&disk.env(), "boot"}};
    do {
      j.commit(oracle::transition_of(n++, tokens), durability::disk);
    } while (n < count && n % reopen_every != 0);
  }
  auto all = disk.files();
  std::erase_if(all, [](const auto& f) { return f.first.find("LOCK") != std::string::npos; });
  return all;
}

enum class outcome { refused, named, harmless, undetected };

/// What somebody who opens the damaged store meets.
outcome open_and_read(const files& damaged, std::uint64_t count, std::size_t tokens) {
  volatile_disk disk;
  disk.load(damaged);
  std::unique_ptr<journal> j;
  try {
    j = std::make_unique<journal>("/store", open_mode::existing, storage{&disk.env(), "boot"});
  } catch (const error& e) {
    return outcome::refused;
  }
  if (!j->verify().empty()) {
    return outcome::named;
  }
  try {
    return oracle::examine(*j, below(count), count, tokens).clean() ? outcome::harmless : outcome::undetected;
  } catch (const error& e) {
    return outcome::named;
  }
}

bool ends_with(const std::string& name, const std::string& end) {
  return name.size() >= end.size() && name.compare(name.size() - end.size(), end.size(), end) == 0;
}

files::const_iterator largest(const files& all, const std::string& kind) {
  auto found = all.end();
  for (auto it = all.begin(); it != all.end(); ++it) {
    if (ends_with(it->first, kind) && (found == all.end() || it->second.size() > found->second.size())) {
      found = it;
    }
  }
  return found;
}

TEST(DamagedStore, ALogCutAtAnyByteIsNoticed) {
  constexpr std::uint64_t count = 4;
  const auto whole = written(count, 1000, short_sample);
  const auto log = largest(whole, ".log");
  ASSERT_NE(log, whole.end());
  ASSERT_GT(log->second.size(), 1000U);
  std::uint64_t undetected = 0;
  for (std::size_t size = 0; size < log->second.size(); ++size) {
    auto cut = whole;
    cut[log->first].resize(size);
    const auto what = open_and_read(cut, count, short_sample);
    EXPECT_EQ(what, outcome::refused) << "cut at byte " << size;
    undetected += what == outcome::undetected || what == outcome::harmless ? 1 : 0;
  }
  log_reliability("store, log cut at every byte", log->second.size(), 0, 0, undetected);
}

/// The last number says nothing here: it is in the log that stands behind the damaged one.
void cut_the_first_of_two_logs(durability how) {
  constexpr std::uint64_t count = 1200; // more than one buffer of samples, so that a second log is begun
  volatile_disk disk;
  { journal{"/store", open_mode::create, {&disk.env(), "boot"}}; } // the format's number leaves the log
  journal j{"/store", open_mode::existing, {&disk.env(), "boot"}};
  for (std::uint64_t n = 0; n < count; ++n) {
    j.commit(oracle::transition_of(n), how);
  }
  auto whole = disk.files();
  std::erase_if(whole, [](const auto& f) { return ends_with(f.first, "LOCK"); });
  std::vector<std::string> logs;
  for (const auto& [name, content] : whole) {
    if (ends_with(name, ".log")) {
      logs.push_back(name);
    }
  }
  ASSERT_GE(logs.size(), 2U);
  const auto size = whole[logs.front()].size();
  for (std::uint64_t tenths = 1; tenths < 10; ++tenths) {
    auto cut = whole;
    cut[logs.front()].resize(size * tenths / 10);
    EXPECT_EQ(open_and_read(cut, count, 2000), outcome::refused) << tenths;
  }
  if (how == durability::disk) { // a log that was never synced is not listed in the manifest
    whole[logs.front()].clear();
    EXPECT_EQ(open_and_read(whole, count, 2000), outcome::refused) << "empty";
    whole.erase(logs.front());
    EXPECT_EQ(open_and_read(whole, count, 2000), outcome::refused) << "missing";
  }
}

TEST(DamagedStore, ALogCutBehindWhichAnotherStandsIsRefusedByDisk) {
  cut_the_first_of_two_logs(durability::disk);
}

TEST(DamagedStore, ALogCutBehindWhichAnotherStandsIsRefusedByWal) {
  cut_the_first_of_two_logs(durability::wal);
}

/// Every file but those that hold nothing of ours: options, identity and lock.
std::vector<std::string> damageable(const files& all) {
  std::vector<std::string> names;
  for (const auto& [name, content] : all) {
    if (name.find("OPTIONS") == std::string::npos && name.find("IDENTITY") == std::string::npos && !content.empty()) {
      names.push_back(name);
    }
  }
  return names;
}

/// TROUPE_BIT_FLIPS: how many; each file in turn, so that small ones get their share.
TEST(DamagedStore, AFlippedBitIsRefusedNamedOrHarmless) {
  constexpr std::uint64_t count = 12;
  const auto flips = size_from_environment("TROUPE_BIT_FLIPS", 500);
  const auto whole = written(count, 5, 2000);
  for (const auto* kind : {".log", ".sst", ".blob", "ACKNOWLEDGED", "CURRENT"}) {
    ASSERT_NE(largest(whole, kind), whole.end()) << kind;
  }
  const auto names = damageable(whole);
  std::map<outcome, std::uint64_t> seen;
  for (std::uint64_t i = 0; i < flips; ++i) {
    std::mt19937_64 random{i};
    auto damaged = whole;
    const auto& name = names[i % names.size()];
    auto& content = damaged[name];
    const auto byte = random() % content.size();
    content[byte] = static_cast<char>(content[byte] ^ (1 << random() % 8));
    const auto what = open_and_read(damaged, count, 2000);
    EXPECT_NE(what, outcome::undetected) << "flip " << i << ": byte " << byte << " of " << name;
    ++seen[what];
  }
  EXPECT_GT(seen[outcome::refused], 0U);
  EXPECT_GT(seen[outcome::named], 0U);
  log_reliability("store, bit flips", flips, 0, 0, seen[outcome::undetected]);
}

TEST(DamagedStore, AMissingFileIsRefusedOrNamed) {
  constexpr std::uint64_t count = 12;
  const auto whole = written(count, 5, 2000);
  for (const auto& name : damageable(whole)) {
    if (name == "/store/ACKNOWLEDGED") {
      continue; // a store from before there was one
    }
    auto damaged = whole;
    damaged.erase(name);
    const auto what = open_and_read(damaged, count, 2000);
    EXPECT_TRUE(what == outcome::refused || what == outcome::named) << name;
  }
}

} // namespace
} // namespace troupe::store
