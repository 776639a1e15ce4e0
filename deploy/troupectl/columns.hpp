// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "deploy/troupectl/rows.hpp"
#include "deploy/troupectl/sample_facts.hpp"

#include <span>

/// What rows are made of: one table a kind, one line a field, each with its value. A new field is one line.
namespace troupe::ctl {

inline constexpr auto number = field_type::number;
inline constexpr auto text = field_type::text;

/// A field and its value for `From`. Of a family, whose name ends in `/`, the value is an object: one field a member.
template <class From>
struct column {
  field about;
  row (*value)(const From& from);
};

struct of_group {
  const sample_facts& facts;
  const group& g;
};

struct of_sample {
  const opened_store& from;
  const sample_facts& facts;
  const group& g;
  std::uint32_t index;
  const std::vector<double>& advantages; ///< of the group; empty: none
  const std::optional<prompt>& asked;    ///< read for payload fields alone

  const member& m() const { return g.members[index]; }
  sample_id id() const { return {g.id, index}; }
};

struct of_step {
  const sample_facts& facts;
  const step_record& s;
  row metrics; ///< an object
};

struct of_dataset {
  const sample_facts& facts;
  const dataset_manifest& d;
};

/// What the groups under one lease tell of it. In a store that nobody has open it is void: whoever opens it gives the
/// groups back.
struct of_lease {
  lease_id id;
  const char* work = "";
  std::string holder;
  std::int64_t since_ms = 0; ///< wall clock
  std::vector<group_id> groups;
  std::uint64_t samples = 0;
};
/// In the order in which they were given out.
std::vector<of_lease> leases_in(const opened_store& from);

std::span<const column<of_group>> group_columns();
std::span<const column<of_sample>> sample_columns();
std::span<const column<of_step>> step_columns();
std::span<const column<of_dataset>> dataset_columns();
std::span<const column<of_lease>> lease_columns();
std::span<const column<dataset_record>> record_columns();

template <class T>
row maybe(const std::optional<T>& value) {
  return value ? row(*value) : row();
}
inline row maybe(const std::optional<policy_version>& v) {
  return v ? row(v->value) : row();
}
/// The time of the group's last transition.
row changed(const group& g);
/// When retention removed the payloads; null while they are there.
row forgotten(const group& g);

/// One row; payload fields only with `payloads`.
template <class From>
row make_row(std::span<const column<From>> columns, const From& from, bool payloads = true) {
  row out = row::object();
  for (const auto& c : columns) {
    if (c.about.payload && !payloads) {
      continue;
    }
    auto value = c.value(from);
    if (!c.about.name.ends_with('/')) {
      out[c.about.name] = std::move(value);
      continue;
    }
    for (auto& [name, one] : value.items()) {
      out[c.about.name + name] = one;
    }
  }
  return out;
}

template <class From>
std::vector<field> fields_in(std::span<const column<From>> columns) {
  std::vector<field> all;
  for (const auto& c : columns) {
    all.push_back(c.about);
  }
  return all;
}

} // namespace troupe::ctl
