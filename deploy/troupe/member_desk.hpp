// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "actors/activity.hpp"
#include "actors/roll_call.hpp"
#include "runtime/cluster/membership.hpp"
#include "runtime/wire/server.hpp"

#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

namespace troupe::program {

/// Where the members of a distributed run join, in the controller's process: turns the messages of the wire into calls
/// of the membership, and what follows into entries of the roll call. Safe from any thread.
class member_desk {
public:
  struct options {
    cluster::membership_rules rules;
    std::vector<std::string> ranks; ///< names of the learner's ranks that are processes beside it
    std::shared_ptr<actors::roll_call> roll;
    std::function<void(const std::string& text)> note; ///< what a user would like to know
    /// The buffer or a rank of the learner is gone or was restarted, while a run was under way.
    std::function<void(const std::string& why)> interrupted;
  };
  explicit member_desk(options o) : options_(std::move(o)), membership_(options_.rules) {}

  wire::handler handler();
  /// Looks who is silent, and passes on what happened. Call it several times a second.
  void tick();

  /// Whom the run cannot do without and who is not here: "buffer", "learner", the name of a rank; empty when it can
  /// begin.
  std::vector<std::string> missing();
  /// From now on a loss of buffer or learner interrupts, and none from before does. False when one of them is missing,
  /// or something has happened meanwhile: ask again.
  bool begin();

  bool drain(const std::string& name);
  void finish(const std::string& why);
  std::vector<cluster::member> members();
  const std::vector<std::string>& ranks() const { return options_.ranks; }
  bool is_rank(const std::string& name) const;
  struct counts {
    std::uint64_t joined = 0;
    std::uint64_t lost = 0;
  };
  counts tally();
  /// Members that have not left or been lost.
  std::size_t present();
  /// From what members say of themselves: the last second's shares, carried on until the next; `both` is a lower bound.
  actors::activity::seconds measure();

private:
  std::vector<std::string> missing_now() const;
  cluster::instruction answer(const wire::peer& from, const wire::message& what);
  void account(const std::string& name, wire::role as, const cluster::sign_of_life& said);

  options options_;
  std::mutex mutex_;
  cluster::membership membership_;
  bool begun_ = false;
  counts tally_;
  struct meter {
    std::uint64_t busy_us = 0;
    std::uint64_t tokens = 0;
  };
  std::map<std::string, meter> meters_; ///< by name: what this life has said last
  /// Adds what has passed since the last call, at the present rates.
  void carry_on(cluster::time_point now);

  /// Seconds, or tokens, a second.
  struct rates {
    double generating = 0;
    double training = 0;
    double both = 0;
    double tokens = 0;
  };
  rates rates_;
  double tokens_ = 0;
  actors::activity::seconds sum_;
  cluster::time_point carried_ = std::chrono::steady_clock::now();
  std::uint64_t sampled_since_ = 0;
  std::map<std::string, double> generated_since_; ///< busy seconds by generator since the last tick
  double trained_since_ = 0;
  cluster::time_point ticked_ = std::chrono::steady_clock::now();
};

} // namespace troupe::program
