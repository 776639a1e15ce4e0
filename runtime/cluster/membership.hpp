// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "runtime/wire/message.hpp"

#include <array>
#include <chrono>
#include <cstdint>
#include <deque>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace troupe::cluster {

using time_point = std::chrono::steady_clock::time_point;
using std::chrono::milliseconds;

/// Of the control plane's messages. A controller refuses members of another one.
inline constexpr std::uint32_t protocol = 1;

/// A process that wants to take part.
struct joiner {
  std::string name; ///< and role: as its key says, not as it says
  wire::role as = wire::role::generator;
  incarnation life;
  std::uint32_t speaks = protocol;
  std::uint64_t pid = 0;
  std::string host;
  std::string program; ///< its version
  std::string recipe;  ///< hash of the recipe it follows; empty: it needs none
  std::string http;    ///< HOST:PORT of its health page; empty: none
  std::string admin;   ///< URL of its admin page; empty: none
};

/// What a member says about itself with each heartbeat. Times are whole microseconds or milliseconds.
struct sign_of_life {
  std::string doing;         ///< in words: "decoding 16 samples"
  milliseconds doing_for{0}; ///< so long already
  std::string waits_for;     ///< role or name of whom it waits for; empty: nobody
  policy_version version;    ///< of the weights it works with
  std::uint64_t leases = 0;  ///< it holds
  std::uint64_t busy_us = 0; ///< since its start: sampling, judging or training
  std::uint64_t tokens = 0;  ///< sampled since its start
  std::string unanswered_by; ///< role that owes it an answer; empty: none
  milliseconds unanswered_for{0};
  bool draining = false;
};

/// What a member is told.
enum class order : std::uint8_t {
  carry_on = 0,
  join_again = 1, ///< the controller does not know it: it was restarted, or has given the member up
  drain = 2,      ///< finish or hand back, then leave
  leave = 3,      ///< now: the run is over, or another process has this name; `why` says
};
struct instruction {
  order what = order::carry_on;
  std::string why;
  bool refused = false; ///< leave, and it is an error
};

enum class member_state : std::uint8_t { ready, draining, silent, lost, left };
/// Their names, in the order of the enumeration.
inline constexpr std::array<std::string_view, 5> member_states{"ready", "draining", "silent", "lost", "left"};
std::string to_string(member_state s);
/// Neither lost nor gone.
bool is_here(member_state s);

/// Whether the member of this name is one of `ranks`: the learner's ranks that are processes beside it.
bool is_rank(std::span<const std::string> ranks, const std::string& name);

struct member {
  joiner who;
  member_state state = member_state::ready;
  std::string reason; ///< why it is lost or has left
  sign_of_life last;
  milliseconds silent_for{0};
};

struct event {
  enum class kind : std::uint8_t { joined, lost, left };
  kind what = kind::joined;
  joiner who;
  std::string reason;
};

struct membership_rules {
  milliseconds heartbeat{1000};
  milliseconds timeout{5000}; ///< of silence, after which a member is lost
  std::string recipe;         ///< hash; empty: any
};

/// Who takes part. A name belongs to its newest process: whoever had it before is lost at once, and is told to leave
/// when it is heard again. Not thread-safe.
class membership {
public:
  explicit membership(membership_rules rules) : rules_(std::move(rules)) {}

  instruction join(const joiner& who, time_point now);
  instruction hear(const std::string& name, const incarnation& life, const sign_of_life& said, time_point now);
  void leave(const std::string& name, const incarnation& life, const std::string& why, time_point now);
  /// Those not heard for `timeout` are lost.
  void expire(time_point now);

  /// Tells a member to drain. False when there is none of this name.
  bool drain(const std::string& name);
  /// From now on everyone is told to leave.
  void finish(const std::string& why) { over_ = why; }

  bool has_events() const { return !events_.empty(); }
  /// What happened since the last call, in order.
  std::vector<event> take_events();
  /// All, those lost or gone as well, by name.
  std::vector<member> members(time_point now) const;
  bool present(const std::string& name) const;

private:
  struct entry {
    joiner who;
    member_state state = member_state::ready;
    std::string reason;
    sign_of_life last;
    time_point heard;
    bool drain_wanted = false;
  };
  bool is_retired(const std::string& name, const incarnation& life) const;
  void lose(entry& e, const std::string& reason);

  membership_rules rules_;
  std::map<std::string, entry> entries_;
  std::map<std::string, std::deque<incarnation>> retired_; ///< lives that another one has replaced, the last few
  std::vector<event> events_;
  std::string over_; ///< why the run is over; empty: it is not
};

} // namespace troupe::cluster
