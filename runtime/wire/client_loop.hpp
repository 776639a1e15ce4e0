// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "runtime/wire/client.hpp"
#include "runtime/wire/connection.hpp"
#include "runtime/wire/envelope.hpp"
#include "runtime/wire/frames.hpp"
#include "runtime/wire/mailbox.hpp"

#include <atomic>
#include <thread>

namespace troupe::wire {

/// The thread that owns a client's DEALER, and the requests that are not finished.
class client::loop {
public:
  explicit loop(client_options options);
  ~loop();
  loop(const loop&) = delete;
  loop& operator=(const loop&) = delete;

  void request(message what, std::chrono::milliseconds deadline, std::function<void(outcome)> done);
  std::size_t outstanding_bytes() const noexcept { return outstanding_bytes_; }
  bool connected() const noexcept { return connected_; }
  std::chrono::milliseconds waiting() const noexcept;
  client_counters read() const { return tally_.read(); }

private:
  using clock = std::chrono::steady_clock;

  void run();
  void turn();
  /// After ZeroMQ refused something, as when the process has no file descriptor left: waits, and dials anew.
  void mend();
  std::chrono::milliseconds until_next_timer(clock::time_point now) const;
  void take_requests();
  void read_news();
  void read_replies();
  void on_welcome(const envelope& head);
  void on_reply(const envelope& head, std::vector<part> parts);
  void on_refuse(const envelope& head);
  void lose();
  void give_up_late(clock::time_point now);
  void say_hello(clock::time_point now);
  void send_requests(clock::time_point now);
  bool send_next(std::uint64_t sequence, clock::time_point now);
  void measure_blocked(clock::time_point now);
  envelope head_of(purport what) const;
  error late(const request_book::request& r) const;
  void fail(const request_book::request& r, error why);
  void fail_all(const error& why);
  std::optional<error> too_large(const message& what) const;
  void count(std::uint64_t client_counters::*which, std::uint64_t n = 1) { tally_.add(which, n); }

  const client_options options_;
  const std::uint32_t number_; ///< of this client in its process
  tally<client_counters> tally_;
  mailbox<request_book::request> inbox_;
  std::atomic<bool> connected_ = false;
  std::atomic<std::size_t> outstanding_bytes_ = 0;
  std::atomic<clock::rep> oldest_asked_ = 0; ///< ticks of the clock; 0: nothing is asked

  request_book book_;
  incarnation server_;           ///< that welcomed us last
  std::optional<error> refused_; ///< our hello, by the server
  bool key_refused_ = false;
  std::optional<clock::time_point> made_at_; ///< the handshake of this connection
  bool broken_ = false;                      ///< there may be no socket
  bool no_room_ = false;                     ///< ZeroMQ took nothing more, or nothing is connected
  clock::time_point hello_at_{};             ///< when the next is due
  std::optional<clock::time_point> blocked_since_;

  connection connection_;
  std::thread thread_; ///< last: it uses all of the above
};

} // namespace troupe::wire
