// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "deploy/troupectl/open_store.hpp"
#include "runtime/rollout/advantages.hpp"

#include <map>
#include <optional>
#include <string>
#include <vector>

/// What follows from the records of a group about its members. One instance reads the store's steps and stages once.
namespace troupe::ctl {

class sample_facts {
public:
  explicit sample_facts(const opened_store& from);

  const std::string& stage_name(stage_index stage) const;
  /// The learner's version when the group was trained, or now, minus the member's oldest version; nothing for a member
  /// without a sample, a group whose version is pinned, and one that was dropped and ages no more.
  std::optional<std::uint64_t> staleness(const group& g, const member& m) const;
  /// By member, as the learner's step computed them; empty for a group that was not trained.
  std::vector<double> advantages(const group& g) const;
  /// Of the members that count.
  rollout::spread rewards(const group& g) const;
  /// The step that made the version the group was trained in, if it was.
  std::optional<step_record> trained_by(const group& g) const;

private:
  config::stage_spec spec_of(stage_index stage) const;

  const opened_store& from_;
  mutable std::map<stage_index, std::string> names_;
  std::map<stage_index, policy_version> newest_;
};

} // namespace troupe::ctl
