// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "runtime/error.hpp"
#include "runtime/store/durability.hpp"
#include "runtime/store/storage.hpp"
#include "schema/dataset.hpp"
#include "schema/rollout.hpp"
#include "schema/step.hpp"

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

/// The durable record of a run: one RocksDB database, column families by kind of record, big-endian keys, every record
/// in an envelope with a checksum of its own. Readable with stock `ldb` and `sst_dump`.
namespace troupe::store {

/// A run was killed while it made this store, which holds nothing yet. Thrown to those who only read; code invalid.
class half_made_store : public error {
public:
  explicit half_made_store(const std::string& folder);
};

/// One transition: everything in it becomes visible together or not at all.
struct write {
  std::vector<group> groups;
  std::vector<group> forgotten; ///< marked so: their records are written, their prompts, samples and judgements removed
  std::vector<std::pair<group_id, prompt>> prompts;
  std::vector<std::pair<sample_id, sample>> samples;
  std::vector<std::pair<sample_id, judgement>> judgements;
  std::optional<step_record> step;
  std::optional<checkpoint_record> checkpoint;
  std::vector<checkpoint_record> forgotten_checkpoints;
  std::optional<stage_record> stage;
  std::optional<dataset_manifest> dataset;                     ///< created or, with more records, replaced
  std::vector<std::pair<std::string, dataset_record>> records; ///< by dataset name
  std::vector<std::pair<std::string, std::string>> settings;   ///< small named values: epoch, next lease, ...
  bool empty() const;
};

enum class open_mode : std::uint8_t { create, existing, read_only };

/// Thread rule: everything from any thread. One caller's commits keep their order; callers that commit at the same time
/// share one write.
/// Errors: error(unavailable) when another process holds the store; error(invalid) when the folder is no store or of a
/// newer format; error(corrupt) naming the key when a checksum does not hold, or, on opening, what was acknowledged and
/// is gone; error(resource_exhausted) when the files take no more: reads go on, and commits work again by themselves
/// some seconds after there is space (for a device that failed: in a journal opened anew).
class journal {
public:
  journal(const std::string& folder, open_mode mode, const storage& on = {});
  ~journal();
  journal(const journal&) = delete;
  journal& operator=(const journal&) = delete;

  /// Returns once `how` holds, with forgotten groups always `disk`. error(invalid), and nothing written, for a value
  /// that decoding would refuse.
  void commit(const write& what, durability how);

  /// Why commits fail now; empty while they work.
  std::string not_ready() const;
  /// A store that would be refused for writing opens read-only as far as it can be read; then this says what is wrong
  /// and what to do. Empty for a sound one.
  const std::string& degradation() const;

  std::optional<group> find_group(const group_id& id) const;
  std::optional<prompt> find_prompt(const group_id& id) const;
  std::optional<sample> find_sample(const sample_id& id) const;
  std::optional<judgement> find_judgement(const sample_id& id) const;
  std::optional<step_record> find_step(stage_index stage, policy_version version) const;
  std::vector<step_record> steps(stage_index stage) const;             ///< in order
  std::vector<checkpoint_record> checkpoints(stage_index stage) const; ///< in order
  std::vector<stage_record> stages() const;
  std::vector<dataset_manifest> datasets() const;
  std::optional<std::string> setting(const std::string& name) const;

  /// In key order; stops when `visit` returns false. No payload is loaded by for_each_group.
  void for_each_group(const std::function<bool(const group&)>& visit) const;
  void for_each_record(const std::string& dataset, const std::function<bool(const dataset_record&)>& visit) const;

  /// What is stored beside the groups, by its key alone, so that what no group or dataset names can be found.
  enum class payload_kind : std::uint8_t { prompt, sample, judgement };
  /// In key order, of one kind; a prompt as its group's sample 0. error(corrupt) for a key that names nothing, and
  /// where a damaged payload bars the way to those behind it.
  void for_each_payload_name(payload_kind kind, const std::function<void(const sample_id&)>& visit) const;
  /// Names of the datasets that records are stored under.
  std::vector<std::string> record_owners() const;

  /// Makes the new folder `to` a store that holds what this one holds now, of hard links where both lie on one file
  /// system. From any thread, while others commit; takes no flush, so at most the log's last 64 MB are copied.
  void checkpoint(const std::string& to) const;

  /// Gives the space of removed payloads back now, instead of by and by as more is written. Takes as long as reading
  /// and writing all payloads that are left; others may commit meanwhile.
  void compact();

  /// Reads and checks every record; the keys of those that fail, with the reason.
  std::vector<std::string> verify() const;

private:
  struct implementation;
  std::unique_ptr<implementation> impl_;
};

} // namespace troupe::store
