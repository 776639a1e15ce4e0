// SPDX-License-Identifier: Apache-2.0
#include "runtime/wire/client_loop.hpp"

#include "schema/codec.hpp"

#include <algorithm>

namespace troupe::wire {

namespace {

using std::chrono::milliseconds;

constexpr milliseconds idle_hello_every{10'000}; // keeps the server's memory of us, and says what is settled
constexpr milliseconds look_for_deadlines_every{1'000};
constexpr milliseconds renew_after{500};
constexpr milliseconds mend_every{200};
constexpr int replies_at_once = 64; // received before requests are sent

client_options checked_client(client_options o) {
  if (!o.server_public_key && !is_loopback(o.endpoint)) {
    throw error{errc::invalid, o.endpoint + " is on another host: give its public key and one's own key pair"};
  }
  if (o.server_public_key && (!o.keys || !is_key(*o.server_public_key))) {
    throw error{errc::invalid, o.endpoint + ": a server's public key is 40 characters, and needs one's own key pair"};
  }
  if (o.server_public_key && zmq_has("curve") == 0) {
    throw error{errc::failed, "this libzmq was built without CURVE; install one with libsodium"};
  }
  if (!is_name(o.name)) {
    throw error{errc::invalid, "'" + o.name + "' cannot name a client; use letters, digits, '.', '-', '_'"};
  }
  return o;
}

std::uint32_t next_number() {
  static std::atomic<std::uint32_t> number = 0;
  return ++number;
}

} // namespace

client::loop::loop(client_options options)
    : options_(checked_client(std::move(options))), number_(next_number()), book_(options_.retransmit_after),
      connection_(options_, number_), thread_([this] { run(); }) {}

client::loop::~loop() {
  inbox_.close();
  thread_.join();
}

void client::loop::request(message what, milliseconds deadline, std::function<void(outcome)> done) {
  const auto now = clock::now();
  const std::size_t cost = what.bytes() + envelope_cost;
  request_book::request r{
      .what = std::move(what), .asked = now, .deadline = now + deadline, .done = std::move(done), .cost = cost};
  if (!inbox_.push(std::move(r))) { // asked by a `done` while the client ends
    r.done({.failure = error{errc::unavailable, "the client of " + options_.endpoint + " is closed"}});
  }
}

void client::loop::run() {
  while (!inbox_.closed()) {
    try {
      broken_ ? mend() : turn();
    } catch (const zmq::error_t&) { // requests keep their deadlines, and are sent when there is a socket again
      broken_ = true;
      connected_ = false;
      made_at_.reset();
      book_.leave();
    }
  }
  take_requests();
  fail_all(error{errc::unavailable, "the client of " + options_.endpoint + " was closed before the reply came"});
}

void client::loop::turn() {
  const bool wants_room = no_room_ && (connected_ ? book_.next().has_value() : clock::now() >= hello_at_);
  const short socket_events = static_cast<short>(ZMQ_POLLIN | (wants_room ? ZMQ_POLLOUT : 0));
  std::vector<zmq::pollitem_t> items{{connection_.socket().handle(), 0, socket_events, 0},
                                     {connection_.news_handle(), 0, ZMQ_POLLIN, 0},
                                     {nullptr, inbox_.fd(), ZMQ_POLLIN, 0}};
  poll(items, until_next_timer(clock::now()));
  take_requests();
  read_replies();
  read_news();
  const auto now = clock::now();
  give_up_late(now);
  count(&client_counters::retransmitted, book_.repeat(now));
  say_hello(now);
  send_requests(now);
  measure_blocked(now);
  outstanding_bytes_ = book_.charged();
  oldest_asked_ = book_.empty() ? 0 : book_.at(book_.settled()).asked.time_since_epoch().count();
}

std::chrono::milliseconds client::loop::waiting() const noexcept {
  const auto asked = oldest_asked_.load();
  return asked == 0 ? std::chrono::milliseconds{0}
                    : std::chrono::duration_cast<std::chrono::milliseconds>(clock::now().time_since_epoch() -
                                                                            clock::duration{asked});
}

void client::loop::mend() {
  std::vector<zmq::pollitem_t> items{{nullptr, inbox_.fd(), ZMQ_POLLIN, 0}};
  poll(items, mend_every);
  take_requests();
  give_up_late(clock::now());
  connection_.renew();
  broken_ = false;
  hello_at_ = clock::now();
  no_room_ = true;
}

milliseconds client::loop::until_next_timer(clock::time_point now) const {
  auto until = now + look_for_deadlines_every;
  if (const auto timer = book_.next_timer()) {
    until = std::min(until, *timer);
  }
  if (!no_room_ || connected_) {
    until = std::min(until, hello_at_);
  }
  const auto wait = std::chrono::ceil<milliseconds>(until - now);
  return std::max(wait, milliseconds{0});
}

void client::loop::take_requests() {
  for (auto& r : inbox_.take()) {
    count(&client_counters::requests);
    if (auto why = too_large(r.what)) {
      fail(r, *why);
    } else if (refused_ && refused_->code() == errc::invalid) {
      fail(r, *refused_);
    } else {
      book_.add(std::move(r));
    }
  }
}

std::optional<error> client::loop::too_large(const message& what) const {
  const auto& parts = what.parts;
  const bool large_part = std::any_of(parts.begin(), parts.end(),
                                      [&](const part& p) { return p->size() > options_.bounds.frame_bytes_max; });
  if (large_part || what.bytes() > options_.bounds.message_bytes_max) {
    return error{errc::invalid, "a request of " + std::to_string(what.bytes()) + " bytes to " + options_.endpoint +
                                    " is too large; at most " + std::to_string(options_.bounds.frame_bytes_max) +
                                    " a part and " + std::to_string(options_.bounds.message_bytes_max) + " in all"};
  }
  if (parts.size() > options_.bounds.parts_max) {
    return error{errc::invalid, "a request of " + std::to_string(parts.size()) + " parts to " + options_.endpoint +
                                    "; at most " + std::to_string(options_.bounds.parts_max)};
  }
  return std::nullopt;
}

void client::loop::read_news() {
  for (auto news = connection_.next(); news != connection::news::none; news = connection_.next()) {
    switch (news) {
    case connection::news::made:
      made_at_ = clock::now();
      hello_at_ = *made_at_;
      no_room_ = false;
      key_refused_ = false;
      break;
    case connection::news::lost:
      if (made_at_) {
        lose();
      }
      break;
    case connection::news::key_refused:
      key_refused_ = true;
      break;
    case connection::news::none:
      break;
    }
  }
}

/// Everything is sent again over the next connection. One that broke at once is left to ZeroMQ, which dials ever more
/// rarely.
void client::loop::lose() {
  connected_ = false;
  refused_.reset();
  book_.leave();
  if (clock::now() - *made_at_ > renew_after) {
    connection_.renew();
  }
  made_at_.reset();
  hello_at_ = clock::now();
  no_room_ = true;
}

void client::loop::read_replies() {
  arrived what;
  for (int i = 0; i < replies_at_once && receive(connection_.socket(), false, options_.bounds, what); ++i) {
    envelope head;
    try {
      head = decode_envelope(what.head);
    } catch (const codec_error&) {
      count(&client_counters::bad_replies);
      continue;
    }
    if (head.version != protocol_version) {
      refused_ = error{errc::invalid, options_.endpoint + " speaks protocol " + std::to_string(head.version) +
                                          ", this client " + std::to_string(protocol_version) +
                                          "; start both from one release"};
      fail_all(*refused_);
      continue;
    }
    switch (head.what) {
    case purport::welcome:
      on_welcome(head);
      break;
    case purport::reply:
      on_reply(head, std::move(what.parts));
      break;
    case purport::refuse:
      on_refuse(head);
      break;
    case purport::greet:
      if (connected_) {
        connected_ = false;
        book_.leave();
        hello_at_ = clock::now();
      }
      break;
    case purport::hello:
    case purport::request:
    case purport::cancel:
      count(&client_counters::bad_replies);
      break;
    }
  }
}

void client::loop::on_welcome(const envelope& head) {
  refused_.reset();
  if (!connected_ || head.life != server_) {
    count(&client_counters::connections);
    server_ = head.life;
    book_.welcome(head.credit);
    connected_ = true;
    hello_at_ = clock::now() + idle_hello_every;
  }
}

void client::loop::on_reply(const envelope& head, std::vector<part> parts) {
  if (!sizes_match(head, parts) || checksum(parts) != head.checksum) {
    count(&client_counters::bad_replies); // we ask again
    return;
  }
  if (auto r = book_.take(head.sequence)) {
    count(&client_counters::replies);
    r->done({{head.kind, std::move(parts)}, std::nullopt});
  }
}

void client::loop::on_refuse(const envelope& head) {
  const auto why = to_error(head);
  if (head.sequence > 0) {
    if (const auto r = book_.take(head.sequence)) {
      count(&client_counters::refused);
      fail(*r, error{why.code(), options_.endpoint + " refused the request: " + why.what()});
    }
    return;
  }
  refused_ = error{why.code(), options_.endpoint + " refused this client: " + why.what()};
  connected_ = false;
  book_.leave();
  if (why.code() == errc::invalid) {
    fail_all(*refused_);
  }
}

void client::loop::give_up_late(clock::time_point now) {
  for (auto& [sequence, r] : book_.expired(now)) {
    count(&client_counters::expired);
    if (connected_ && r.charged) {
      auto head = head_of(purport::cancel); // its credit is ours again, on both sides
      head.sequence = sequence;
      static_cast<void>(send(connection_.socket(), {}, encode(head), {}, nullptr));
    }
    fail(r, late(r));
  }
}

error client::loop::late(const request_book::request& r) const {
  const auto waited = std::chrono::duration_cast<milliseconds>(r.deadline - r.asked);
  std::string why = "sent " + std::to_string(r.sends) + " times; is the server busy or gone?";
  if (refused_) {
    why = refused_->what();
  } else if (key_refused_) {
    why = "the server does not know this client's key; add it to the server's allow-list";
  } else if (!connected_) {
    why = "no connection; does a server listen there?";
  } else if (r.sends == 0) {
    why = "never sent, for want of credit; the server answers too slowly";
  }
  return error{errc::unavailable,
               "no reply from " + options_.endpoint + " within " + std::to_string(waited.count()) + " ms: " + why};
}

void client::loop::say_hello(clock::time_point now) {
  if (now < hello_at_) {
    return;
  }
  auto head = head_of(purport::hello);
  head.as = options_.as;
  head.name = options_.name;
  no_room_ = send(connection_.socket(), {}, encode(head), {}, nullptr) != sending::done;
  if (!no_room_ || connected_) {
    hello_at_ = now + (connected_ ? idle_hello_every : options_.hello_every);
  }
}

envelope client::loop::head_of(purport what) const {
  return {.what = what, .life = options_.life, .client = number_, .settled = book_.settled()};
}

void client::loop::send_requests(clock::time_point now) {
  while (connected_) {
    if (const auto sequence = book_.next()) {
      if (!send_next(*sequence, now)) {
        return;
      }
      continue;
    }
    if (!book_.blocked() || book_.at(book_.first_unsent()).cost <= book_.credit()) {
      return;
    }
    const auto r = book_.take(book_.first_unsent()); // no credit can ever cover it, and others wait behind it
    fail(*r,
         error{errc::invalid, "a request of " + std::to_string(r->what.bytes()) + " bytes exceeds the credit of " +
                                  options_.endpoint + ", " + std::to_string(book_.credit()) + "; send less at once"});
  }
}

bool client::loop::send_next(std::uint64_t sequence, clock::time_point now) {
  const auto& r = book_.at(sequence);
  auto head = head_of(purport::request);
  head.sequence = sequence;
  head.kind = r.what.kind;
  describe(head, r.what.parts);
  no_room_ = send(connection_.socket(), {}, encode(head), r.what.parts, nullptr) != sending::done;
  if (!no_room_) {
    book_.sent(sequence, now);
  }
  return !no_room_;
}

void client::loop::measure_blocked(clock::time_point now) {
  if (blocked_since_) {
    const auto past = std::chrono::duration_cast<std::chrono::microseconds>(now - *blocked_since_);
    count(&client_counters::blocked_us, static_cast<std::uint64_t>(past.count()));
    blocked_since_.reset();
  }
  if (connected_ && book_.blocked()) {
    blocked_since_ = now;
  }
}

void client::loop::fail(const request_book::request& r, error why) {
  r.done({{}, std::move(why)});
}

void client::loop::fail_all(const error& why) {
  for (const auto& r : book_.take_all()) {
    fail(r, why);
  }
}

} // namespace troupe::wire
