// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "deploy/troupectl/open_store.hpp"

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
  /// without a sample or a group whose version is pinned.
  std::optional<std::uint64_t> staleness(const group& g, const member& m) const;
  /// By member, as the learner's step computed them; empty for a group that was not trained.
  std::vector<double> advantages(const group& g) const;

private:
  const opened_store& from_;
  mutable std::map<stage_index, std::string> names_;
  std::map<stage_index, policy_version> newest_;
};

/// Steps as they count: of each version the one with the highest branch, in order.
std::vector<step_record> present_steps(const store::journal& from, stage_index stage);

/// The plain text of a prompt; of a conversation its messages as `role: content`, one a line.
std::string prompt_text(const prompt& p);

} // namespace troupe::ctl
