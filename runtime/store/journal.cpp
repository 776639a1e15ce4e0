// SPDX-License-Identifier: Apache-2.0
#include "runtime/store/journal.hpp"

#include "runtime/error.hpp"
#include "runtime/store/database.hpp"
#include "runtime/store/envelope.hpp"
#include "runtime/store/keys.hpp"
#include "runtime/store/verify.hpp"
#include "schema/codec.hpp"

#include <rocksdb/write_batch.h>

namespace troupe::store {

namespace {

constexpr const char* format_setting = "format_version";
constexpr int format_version = 1;

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
  return groups.empty() && prompts.empty() && samples.empty() && judgements.empty() && !step && !checkpoint &&
         forgotten_checkpoints.empty() && !stage && !dataset && records.empty() && settings.empty();
}

struct journal::implementation {
  implementation(const std::string& folder, open_mode mode) : db(folder, mode) {}
  database db;
};

namespace {

void require_known_format(const std::string& folder) {
  const auto sealed = database::peek(folder, format_setting);
  if (!sealed) {
    return;
  }
  const std::string found{unseal(*sealed, "the format version of store " + folder)};
  if (found != std::to_string(format_version)) {
    throw error{errc::invalid, "store " + folder + " has format " + found + "; this program reads format " +
                                   std::to_string(format_version) + ": use a newer troupe"};
  }
}

} // namespace

journal::journal(const std::string& folder, open_mode mode) {
  require_known_format(folder);
  impl_ = std::make_unique<implementation>(folder, mode);
  if (setting(format_setting)) {
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
    throw half_made(folder);
  }
  commit({.settings = {{format_setting, std::to_string(format_version)}}}, durability::disk);
}

journal::~journal() = default;

void journal::commit(const write& what, durability how) {
  try {
    commit_encoded(what, how);
  } catch (const codec_error& e) {
    throw error{errc::invalid, std::string{"refused to write what could not be read again: "} + e.what()};
  }
}

void journal::commit_encoded(const write& what, durability how) {
  rocksdb::WriteBatch batch;
  auto& db = impl_->db;
  const auto put = [&](family f, const std::string& k, const std::string& payload) {
    require(batch.Put(db[f], k, seal(payload)), "write to the store");
  };
  for (const auto& g : what.groups) {
    put(family::group, key(g.id), encode(g));
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
    require(batch.Delete(db[family::checkpoint], key(c.stage, c.version)), "write to the store");
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
  db.write(batch, how == durability::disk);
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

std::vector<std::string> journal::verify() const {
  return store::verify(impl_->db);
}

} // namespace troupe::store
