// SPDX-License-Identifier: Apache-2.0
#include "runtime/store/repair.hpp"

#include "runtime/error.hpp"
#include "runtime/store/acknowledged.hpp"
#include "runtime/store/database.hpp"
#include "runtime/store/envelope.hpp"

#include <chrono>

namespace troupe::store {

namespace {

constexpr const char* losses = "accepted_loss/"; // settings: a number of three digits -> what was lost

/// The families without payload files, whose records are counted without reading much.
constexpr family counted[] = {family::group, family::step, family::checkpoint, family::stage, family::dataset};

using counts = std::map<std::string, std::uint64_t>;

counts count(const database& db) {
  counts n;
  for (const family f : counted) {
    db.scan(f, "", [&](auto, auto) { return ++n[name_of(f)] > 0; });
  }
  return n;
}

/// Records that can be read when damaged parts of the log are left out, and cannot be kept.
counts behind(const database& kept, const std::string& folder, const storage& on) {
  const auto stays = count(kept);
  counts more;
  for (const auto& [name, n] : count(database{folder, open_mode::read_only, on, damaged_log::keep_around})) {
    const auto there = stays.find(name);
    const auto known = there == stays.end() ? 0 : there->second;
    if (n > known) {
      more.emplace(name, n - known);
    }
  }
  return more;
}

std::vector<std::string> accepted_before(const database& db) {
  std::vector<std::string> all;
  db.scan(family::meta, losses, [&](std::string_view key, std::string_view sealed) {
    all.emplace_back(unseal(sealed, "setting " + std::string{key}));
    return true;
  });
  return all;
}

std::optional<std::uint64_t> acknowledged(const std::string& folder, const storage& on) {
  try {
    return acknowledged_mark::read(folder, on);
  } catch (const error& e) {
    if (e.code() != errc::corrupt) {
      throw;
    }
    return std::nullopt; // damaged itself: that is the reason, or one of them
  }
}

error beyond_repair(const error& e) {
  return error{errc::corrupt, std::string{e.what()} + "; this cannot be repaired here: put the missing or damaged file "
                                                      "back, or go on from a checkpoint of the store"};
}

std::string note_of(const loss& what) {
  const auto at = std::chrono::system_clock::now().time_since_epoch();
  return "at " + std::to_string(std::chrono::duration_cast<std::chrono::seconds>(at).count()) +
         " s since 1970: kept to change " + std::to_string(what.last_good) +
         (what.acknowledged ? " of " + std::to_string(*what.acknowledged) + " acknowledged" : "") + "; " + what.reason;
}

std::string numbered(std::size_t n) {
  const auto digits = std::to_string(n);
  return losses + std::string(3 - std::min<std::size_t>(3, digits.size()), '0') + digits;
}

} // namespace

loss find_loss(const std::string& folder, const storage& on) {
  loss found;
  found.reason = journal{folder, open_mode::read_only, on}.degradation();
  found.acknowledged = acknowledged(folder, on);
  const auto log = found.reason.empty() ? damaged_log::refuse : damaged_log::keep_before;
  try {
    const database kept{folder, open_mode::read_only, on, log};
    found.last_good = kept.last_sequence();
    found.earlier = accepted_before(kept);
    if (!found.reason.empty()) {
      found.readable = behind(kept, folder, on);
    }
  } catch (const error& e) {
    throw e.code() == errc::corrupt ? beyond_repair(e) : e;
  }
  return found;
}

loss accept_loss(const std::string& folder, const storage& on) {
  const auto found = find_loss(folder, on);
  if (found.reason.empty()) {
    return found;
  }
  std::uint64_t reached = 0;
  try {
    database db{folder, open_mode::existing, on, damaged_log::keep_before};
    const transition note{{family::meta, numbered(found.earlier.size() + 1), seal(note_of(found))}};
    reached = db.write({&note}, true);
  } catch (const error& e) {
    throw e.code() == errc::corrupt ? beyond_repair(e) : e;
  }
  acknowledged_mark::reset(folder, on, reached);
  return found;
}

} // namespace troupe::store
