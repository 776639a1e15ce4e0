// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "runtime/wire/answer_book.hpp"
#include "runtime/wire/authenticator.hpp"
#include "runtime/wire/envelope.hpp"
#include "runtime/wire/frames.hpp"
#include "runtime/wire/mailbox.hpp"
#include "runtime/wire/monitor.hpp"
#include "runtime/wire/server.hpp"

#include <deque>
#include <map>
#include <thread>
#include <unordered_map>

namespace troupe::wire {

/// The thread that owns a server's ROUTER, and all that is known of its peers.
class server::loop {
public:
  loop(server_options options, handler handle);
  ~loop();
  loop(const loop&) = delete;
  loop& operator=(const loop&) = delete;

  const std::string& endpoint() const noexcept { return endpoint_; }
  counters read() const { return tally_.read(); }

private:
  using clock = std::chrono::steady_clock;

  /// A client object of a peer, over all its connections.
  struct session {
    peer who;
    std::uint32_t client = 0;
    std::string user;       ///< its public key; empty without CURVE
    std::string routing_id; ///< of its connection
    answer_book book;
    gauge unsent;
    std::deque<answer> queue; ///< while ZeroMQ's own is full
    std::size_t queued_bytes = 0;
    clock::time_point heard;
  };
  /// An answer on its way from any thread to this one.
  struct outgoing {
    std::weak_ptr<session> to;
    std::uint64_t sequence = 0;
    message reply;
    std::optional<error> refusal;
  };
  class answer_slot;
  using session_key = std::pair<incarnation, std::uint32_t>;

  void run();
  void count_connections();
  void receive_some();
  void receive_one(arrived& what);
  void on_hello(const arrived& from, const envelope& head);
  std::optional<error> identify(const arrived& from, const envelope& head);
  std::shared_ptr<session> open_session(const arrived& from, const envelope& head);
  void on_request(arrived& from, const envelope& head);
  void on_cancel(const arrived& from, const envelope& head);
  bool within_limits(const arrived& from, const envelope& head, const session& s);
  void handle_fresh(const std::shared_ptr<session>& s, const envelope& head, std::vector<part> parts);
  std::shared_ptr<session> find(const arrived& from, const envelope& head);
  void send_answers();
  answer encode_answer(const outgoing& what) const;
  void send_to(session& s, const answer& what);
  void send_queued();
  void say(const std::string& routing_id, const envelope& head);
  void refuse(const std::string& routing_id, std::uint64_t sequence, const error& why);
  void drop(const std::shared_ptr<session>& s);
  void forget_silent();
  void count(std::uint64_t counters::*which, std::uint64_t n = 1) { tally_.add(which, n); }

  const server_options options_;
  const handler handle_;
  const incarnation life_;
  tally<counters> tally_;
  std::string endpoint_;
  const std::shared_ptr<mailbox<outgoing>> outbox_;

  std::map<session_key, std::shared_ptr<session>> sessions_;
  std::unordered_map<std::string, std::shared_ptr<session>> routes_; ///< by routing id
  std::unordered_map<std::string, gauge> draining_; ///< connections of dropped peers that hold unread replies
  bool any_queued_ = false;

  zmq::context_t context_;
  std::optional<authenticator> authenticator_;
  zmq::socket_t socket_;
  monitor monitor_;
  std::thread thread_; ///< last: it uses all of the above
};

} // namespace troupe::wire
