// SPDX-License-Identifier: Apache-2.0
#include "runtime/store/journal.hpp"

#include "runtime/check.hpp"
#include "runtime/error.hpp"
#include "runtime/store/acknowledged.hpp"
#include "runtime/store/committer.hpp"
#include "runtime/store/database.hpp"
#include "runtime/store/envelope.hpp"
#include "runtime/store/keys.hpp"
#include "runtime/store/verify.hpp"
#include "schema/codec.hpp"

namespace troupe::store {

namespace {

constexpr const char* format_setting = "format_version";
constexpr int format_version = 1;
constexpr const char* forgotten_setting = "retention"; // there once a group was forgotten

/// Decodes a sealed value; what is wrong with it is error(corrupt) that names `where`.
template <class T>
T open_value(std::string_view sealed, const std::string& where) {
  const auto payload = unseal(sealed, where);
  try {
    return decode<T>(payload);
  } catch (const codec_error& e) {
    throw error{errc::corrupt, where + ": " + e.what()};
  }
}

template <class T>
std::optional<T> find(const database& db, family f, const std::string& key, const std::string& where) {
  std::string sealed;
  return db.get(f, key, sealed) ? std::optional<T>{open_value<T>(sealed, where)} : std::nullopt;
}

template <class T>
std::vector<T> list(const database& db, family f, const std::string& prefix) {
  std::vector<T> all;
  db.scan(f, prefix, [&](std::string_view, std::string_view sealed) {
    all.push_back(open_value<T>(sealed, name_of(f) + " record " + std::to_string(all.size())));
    return true;
  });
  return all;
}

} // namespace

bool write::empty() const {
  return groups.empty() && forgotten.empty() && prompts.empty() && samples.empty() && judgements.empty() && !step &&
         !checkpoint && forgotten_checkpoints.empty() && !stage && !dataset && records.empty() && settings.empty();
}

struct journal::implementation {
  implementation(const std::string& folder, open_mode mode, const storage& on, damaged_log log)
      : db(folder, mode, on, log) {
    if (mode != open_mode::read_only) {
      mark.emplace(folder, on, db.last_sequence());
      writing.emplace([this](const auto& group, durability how) { write(group, how); });
    }
  }

  void write(const std::vector<const transition*>& group, durability how) {
    const auto reached = db.write(group, how == durability::disk);
    try {
      mark->advance(how, reached);
    } catch (const error& e) {
      db.report_failure(e.what());
      throw;
    }
  }

  database db;
  std::string degradation;
  std::optional<acknowledged_mark> mark;
  std::optional<committer> writing; ///< last: it writes what is queued when it goes
};

namespace {

/// Throws what stands against opening the store, before anything on disk is changed.
void require_sound(const std::string& folder, const storage& on) {
  const auto seen = database::look(folder, format_setting, on);
  if (!seen) {
    return;
  }
  if (seen->sealed) {
    const std::string found{unseal(*seen->sealed, "the format version of store " + folder)};
    if (found != std::to_string(format_version)) {
      throw error{errc::invalid, "store " + folder + " has format " + found + "; this program reads format " +
                                     std::to_string(format_version) + ": use a newer troupe"};
    }
  }
  const auto acknowledged = acknowledged_mark::read(folder, on);
  if (acknowledged && seen->last_sequence < *acknowledged) {
    throw error{errc::corrupt, "store " + folder + " lost the end of its log: changes " +
                                   std::to_string(seen->last_sequence + 1) + " to " + std::to_string(*acknowledged) +
                                   " were acknowledged and are gone"};
  }
}

template <class Implementation>
std::unique_ptr<Implementation> open_damaged(const std::string& folder, const storage& on) {
  try {
    return std::make_unique<Implementation>(folder, open_mode::read_only, on, damaged_log::keep_before);
  } catch (const error& e) {
    if (e.code() != errc::corrupt) {
      throw;
    }
  }
  return std::make_unique<Implementation>(folder, open_mode::read_only, on, damaged_log::keep_around);
}

std::string advice(const std::string& folder) {
  return "; `troupectl --store " + folder + " repair` says what would have to be given up";
}

/// In order. A damaged record counts as not forgotten: nothing of its group is dropped.
std::vector<group_id> forgotten_groups(const database& db) {
  std::vector<group_id> found;
  db.scan(family::group, "", [&](std::string_view, std::string_view sealed) {
    try {
      if (const auto g = open_value<group>(sealed, "group"); g.forgotten_ms != 0) {
        found.push_back(g.id);
      }
    } catch (const error& e) {
      if (e.code() != errc::corrupt) {
        throw;
      }
    }
    return true;
  });
  return found;
}

transition encoded(const write& what) {
  transition all;
  const auto put = [&](family f, std::string k, const std::string& payload) {
    all.push_back({f, std::move(k), seal(payload)});
  };
  for (const auto& g : what.groups) {
    put(family::group, key(g.id), encode(g));
  }
  for (const auto& g : what.forgotten) {
    put(family::group, key(g.id), encode(g));
    all.push_back({family::prompt, key(g.id), std::nullopt});
    for (std::uint32_t i = 0; i < g.members.size(); ++i) {
      all.push_back({family::sample, key(sample_id{g.id, i}), std::nullopt});
      all.push_back({family::judgement, key(sample_id{g.id, i}), std::nullopt});
    }
  }
  if (!what.forgotten.empty()) {
    put(family::meta, forgotten_setting, "used");
  }
  for (const auto& [id, p] : what.prompts) {
    put(family::prompt, key(id), encode(p));
  }
  for (const auto& [id, s] : what.samples) {
    put(family::sample, key(id), encode(s));
  }
  for (const auto& [id, j] : what.judgements) {
    put(family::judgement, key(id), encode(j));
  }
  if (what.step) {
    put(family::step, key(what.step->stage, what.step->version), encode(*what.step));
  }
  for (const auto& c : what.forgotten_checkpoints) {
    all.push_back({family::checkpoint, key(c.stage, c.version), std::nullopt});
  }
  if (what.checkpoint) {
    put(family::checkpoint, key(what.checkpoint->stage, what.checkpoint->version), encode(*what.checkpoint));
  }
  if (what.stage) {
    put(family::stage, key(what.stage->stage), encode(*what.stage));
  }
  if (what.dataset) {
    put(family::dataset, what.dataset->name, encode(*what.dataset));
  }
  for (const auto& [name, r] : what.records) {
    put(family::record, record_key(name, r.index), encode(r));
  }
  for (const auto& [name, value] : what.settings) {
    put(family::meta, name, value);
  }
  return all;
}

} // namespace

journal::journal(const std::string& folder, open_mode mode, const storage& on) {
  std::string wrong;
  try {
    require_sound(folder, on);
    impl_ = std::make_unique<implementation>(folder, mode, on, damaged_log::refuse);
  } catch (const error& e) {
    if (e.code() != errc::corrupt) {
      throw;
    }
    wrong = e.what() + advice(folder);
    if (mode != open_mode::read_only) {
      throw error{errc::corrupt, wrong};
    }
  }
  if (!impl_) {
    impl_ = open_damaged<implementation>(folder, on);
    impl_->degradation = "opened as far as it can be read: " + wrong;
  }
  if (mode != open_mode::read_only && setting(forgotten_setting)) {
    impl_->db.drop(forgotten_groups(impl_->db));
  }
  if (!impl_->degradation.empty() || setting(format_setting)) {
    return;
  }
  // A store without its format version was killed while it was made: then it holds nothing.
  bool anything = false;
  for (std::size_t i = 0; i < family_count; ++i) {
    impl_->db.scan(static_cast<family>(i), "", [&](auto, auto) { return !(anything = true); });
  }
  if (anything) {
    throw error{errc::invalid, folder + " is a RocksDB database, but no store of troupe"};
  }
  if (mode == open_mode::read_only) {
    throw half_made_store{folder};
  }
  commit({.settings = {{format_setting, std::to_string(format_version)}}}, durability::disk);
}

journal::~journal() = default;

void journal::commit(const write& what, durability how) {
  TROUPE_CHECK(impl_->writing, "a commit to a store that was opened read-only");
  for (const auto& g : what.forgotten) {
    TROUPE_CHECK(g.forgotten_ms != 0, "group ", to_string(g.id));
  }
  try {
    // The mark is on disk before a compaction drops a payload for good, or a power cut could leave a group without
    // both.
    impl_->writing->commit(encoded(what), what.forgotten.empty() ? how : durability::disk);
  } catch (const codec_error& e) {
    throw error{errc::invalid, std::string{"refused to write what could not be read again: "} + e.what()};
  }
}

std::string journal::not_ready() const {
  return impl_->db.health().reason();
}

const std::string& journal::degradation() const {
  return impl_->degradation;
}

std::optional<group> journal::find_group(const group_id& id) const {
  return find<group>(impl_->db, family::group, key(id), "group " + to_string(id));
}

std::optional<prompt> journal::find_prompt(const group_id& id) const {
  return find<prompt>(impl_->db, family::prompt, key(id), "prompt of group " + to_string(id));
}

std::optional<sample> journal::find_sample(const sample_id& id) const {
  return find<sample>(impl_->db, family::sample, key(id), "sample " + to_string(id));
}

std::optional<judgement> journal::find_judgement(const sample_id& id) const {
  return find<judgement>(impl_->db, family::judgement, key(id), "judgement of sample " + to_string(id));
}

std::optional<step_record> journal::find_step(stage_index stage, policy_version version) const {
  return find<step_record>(impl_->db, family::step, key(stage, version),
                           "step " + std::to_string(version.value) + " of stage " + std::to_string(stage.value));
}

std::vector<step_record> journal::steps(stage_index stage) const {
  return list<step_record>(impl_->db, family::step, key(stage));
}

std::vector<checkpoint_record> journal::checkpoints(stage_index stage) const {
  return list<checkpoint_record>(impl_->db, family::checkpoint, key(stage));
}

std::vector<stage_record> journal::stages() const {
  return list<stage_record>(impl_->db, family::stage, "");
}

std::vector<dataset_manifest> journal::datasets() const {
  return list<dataset_manifest>(impl_->db, family::dataset, "");
}

std::optional<std::string> journal::setting(const std::string& name) const {
  std::string sealed;
  return impl_->db.get(family::meta, name, sealed) ? std::optional{std::string{unseal(sealed, "setting " + name)}}
                                                   : std::nullopt;
}

void journal::for_each_group(const std::function<bool(const group&)>& visit) const {
  std::uint64_t n = 0;
  impl_->db.scan(family::group, "", [&](std::string_view, std::string_view sealed) {
    return visit(open_value<group>(sealed, "group record " + std::to_string(n++)));
  });
}

void journal::for_each_record(const std::string& dataset,
                              const std::function<bool(const dataset_record&)>& visit) const {
  std::uint64_t n = 0;
  impl_->db.scan(family::record, records_begin(dataset), [&](std::string_view, std::string_view sealed) {
    return visit(open_value<dataset_record>(sealed, "record " + std::to_string(n++) + " of dataset " + dataset));
  });
}

void journal::for_each_payload_name(payload_kind kind, const std::function<void(const sample_id&)>& visit) const {
  const auto f = kind == payload_kind::prompt   ? family::prompt
                 : kind == payload_kind::sample ? family::sample
                                                : family::judgement;
  impl_->db.scan(f, "", [&](std::string_view key, std::string_view) {
    const auto id = parse_payload_key(key);
    if (!id) {
      throw error{errc::corrupt, name_of(f) + " has a key that names nothing"};
    }
    visit(*id);
    return true;
  });
}

std::vector<std::string> journal::record_owners() const {
  std::vector<std::string> names;
  std::string from;
  for (bool found = true; found;) {
    found = false;
    impl_->db.scan_from(family::record, from, [&](std::string_view key, std::string_view) {
      names.emplace_back(key.substr(0, key.find('\0')));
      from = names.back() + '\1'; // past all records of this dataset
      found = true;
      return false;
    });
  }
  return names;
}

void journal::compact() {
  impl_->db.compact();
}

void journal::checkpoint(const std::string& to) const {
  impl_->db.checkpoint(to);
}

std::vector<std::string> journal::verify() const {
  auto damaged = store::verify(impl_->db);
  if (!impl_->degradation.empty()) {
    damaged.insert(damaged.begin(), impl_->degradation);
  }
  return damaged;
}

} // namespace troupe::store
