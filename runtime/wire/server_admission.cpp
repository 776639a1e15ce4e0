// SPDX-License-Identifier: Apache-2.0
#include "runtime/wire/server_loop.hpp"
#include "schema/codec.hpp"

/// What a server lets in: from frames to requests that its handler may see.
namespace troupe::wire {

namespace {

// Received before answers are sent: many small ones, or a few large ones, whose senders wait for room.
constexpr int requests_at_once = 64;
constexpr std::size_t bytes_at_once = 1UL << 20;

} // namespace

void server::loop::receive_some() {
  arrived what;
  std::size_t bytes = 0;
  for (int i = 0; i < requests_at_once && bytes < bytes_at_once && receive(socket_, true, options_.bounds, what); ++i) {
    count(&counters::bytes_in, what.bytes);
    bytes += what.bytes;
    receive_one(what);
  }
}

void server::loop::receive_one(arrived& what) {
  envelope head;
  try {
    head = decode_envelope(what.head);
  } catch (const codec_error&) {
    count(&counters::malformed);
    return;
  }
  if (head.version != protocol_version) {
    count(&counters::old_version);
    refuse(what.routing_id, head.sequence,
           error{errc::invalid, "this server speaks protocol " + std::to_string(protocol_version) + ", the client " +
                                    std::to_string(head.version) + "; start both from one release"});
    return;
  }
  switch (head.what) {
  case purport::hello:
    on_hello(what, head);
    return;
  case purport::request:
    on_request(what, head);
    return;
  case purport::cancel:
    on_cancel(what, head);
    return;
  case purport::welcome:
  case purport::reply:
  case purport::refuse:
  case purport::greet:
    count(&counters::malformed); // a server's words, not a client's
    return;
  }
}

/// Who says hello must be who its key says. Without CURVE it is believed.
std::optional<error> server::loop::identify(const arrived& from, const envelope& head) {
  const std::string claim = "'" + head.name + "' as " + to_string(head.as);
  if (!is_name(head.name)) {
    count(&counters::malformed);
    return error{errc::invalid, "a client's name must be of letters, digits, '.', '-', '_'"};
  }
  if (options_.keys) {
    const auto entry = options_.allowed_keys->find(from.user);
    if (!entry || entry->name != head.name) {
      count(&counters::unauthenticated);
      return error{errc::invalid, claim +
                                      ": the server's allow-list has another name for this key, or none; correct it "
                                      "there or start the client under its name"};
    }
    if (entry->as != head.as) {
      count(&counters::wrong_role);
      return error{errc::invalid, claim + ": the server's allow-list says " + to_string(entry->as) + " for this key"};
    }
  }
  const auto known = sessions_.find({head.life, head.client});
  if (known != sessions_.end() &&
      (known->second->user != from.user || known->second->who.name != head.name || known->second->who.as != head.as)) {
    count(&counters::unauthenticated);
    return error{errc::invalid, claim + ": another client has this incarnation"};
  }
  return std::nullopt;
}

void server::loop::on_hello(const arrived& from, const envelope& head) {
  const auto draining = draining_.find(from.routing_id);
  if (draining != draining_.end() && draining->second->load() > 0) {
    return; // dropped because it does not read: first it must
  }
  if (const auto why = identify(from, head)) {
    if (const auto route = routes_.find(from.routing_id); route != routes_.end()) {
      drop(std::shared_ptr{route->second}); // its key was taken off the list
    }
    refuse(from.routing_id, 0, *why);
    return;
  }
  const auto s = open_session(from, head);
  if (!s) {
    count(&counters::too_many_peers);
    refuse(from.routing_id, 0,
           error{errc::unavailable, "the server has its " + std::to_string(options_.bounds.peers_max) +
                                        " peers; raise its limit or start fewer"});
    return;
  }
  s->heard = clock::now();
  s->book.settle(head.settled);
  say(from.routing_id, {.what = purport::welcome, .life = life_, .credit = options_.bounds.credit_bytes});
}

/// The one it had, moved to this connection, or a new one; nothing when there are too many.
std::shared_ptr<server::loop::session> server::loop::open_session(const arrived& from, const envelope& head) {
  const auto known = sessions_.find({head.life, head.client});
  if (known == sessions_.end() && sessions_.size() >= options_.bounds.peers_max) {
    return nullptr;
  }
  const auto old = routes_.find(from.routing_id);
  if (old != routes_.end() && (known == sessions_.end() || old->second != known->second)) {
    drop(std::shared_ptr{old->second}); // one connection, one client
  }
  if (known == sessions_.end()) {
    auto s = std::make_shared<session>(session{
        .who = {head.name, head.as, head.life},
        .client = head.client,
        .user = from.user,
        .routing_id = from.routing_id,
        .book = answer_book{{options_.bounds.credit_bytes, options_.bounds.remembered_bytes}},
        .unsent = std::make_shared<std::atomic<std::size_t>>(0),
    });
    sessions_[{head.life, head.client}] = s;
    routes_[from.routing_id] = s;
    return s;
  }
  auto s = known->second;
  if (s->routing_id != from.routing_id) {
    routes_.erase(s->routing_id);
    routes_[from.routing_id] = s;
    s->routing_id = from.routing_id;
    s->book.reconnect();
    s->queue.clear(); // it asks again
    s->queued_bytes = 0;
    s->unsent = std::make_shared<std::atomic<std::size_t>>(0);
  }
  return s;
}

/// The session of this connection, which is thereby heard of; otherwise asks for a hello.
std::shared_ptr<server::loop::session> server::loop::find(const arrived& from, const envelope& head) {
  const auto route = routes_.find(from.routing_id);
  if (route == routes_.end()) {
    say(from.routing_id, {.what = purport::greet, .life = life_});
    return nullptr;
  }
  const auto& s = route->second;
  if (head.life != s->who.life || head.client != s->client || head.sequence == 0 ||
      (head.what == purport::request && head.settled > head.sequence)) {
    count(&counters::malformed);
    return nullptr;
  }
  s->heard = clock::now();
  return s;
}

bool server::loop::within_limits(const arrived& from, const envelope& head, const session& s) {
  if (from.too_large) {
    count(&counters::too_large);
    refuse(from.routing_id, head.sequence,
           error{errc::invalid, "the request is larger than the server's " +
                                    std::to_string(options_.bounds.frame_bytes_max) + " bytes a part or " +
                                    std::to_string(options_.bounds.message_bytes_max) + " in all; send less at once"});
    return false;
  }
  if (from.too_many_parts) {
    count(&counters::too_many_parts);
    refuse(from.routing_id, head.sequence,
           error{errc::invalid, "the request has more than " + std::to_string(options_.bounds.parts_max) + " parts"});
    return false;
  }
  if (!sizes_match(head, from.parts)) {
    count(&counters::malformed);
    return false;
  }
  if (checksum(from.parts) != head.checksum) {
    count(&counters::bad_checksum); // damaged on its way: it will come again
    return false;
  }
  if (options_.allowed && !options_.allowed(s.who.as, head.kind)) {
    count(&counters::wrong_role);
    refuse(from.routing_id, head.sequence,
           error{errc::invalid, "a " + to_string(s.who.as) + " may not make requests of kind " +
                                    std::to_string(head.kind) + "; use a key of another role"});
    return false;
  }
  return true;
}

void server::loop::on_request(arrived& from, const envelope& head) {
  const auto s = find(from, head);
  if (!s || !within_limits(from, head, *s)) {
    return;
  }
  s->book.settle(head.settled);
  std::size_t cost = envelope_cost;
  for (const auto& p : from.parts) {
    cost += p->size();
  }
  switch (s->book.arrive(head.sequence, cost)) {
  case answer_book::arrival::fresh:
    handle_fresh(s, head, std::move(from.parts));
    return;
  case answer_book::arrival::in_progress:
    count(&counters::retransmitted);
    return;
  case answer_book::arrival::answered:
    count(&counters::retransmitted);
    if (const answer* kept = s->book.find(head.sequence)) {
      send_to(*s, *kept);
    }
    return;
  case answer_book::arrival::forgotten:
    count(&counters::replayed);
    refuse(from.routing_id, head.sequence,
           error{errc::unavailable, "this request was answered, and its reply is no longer remembered; ask what became "
                                    "of it before making it again"});
    return;
  case answer_book::arrival::over_credit:
    count(&counters::over_credit);
    refuse(from.routing_id, head.sequence,
           error{errc::unavailable, "more than " + std::to_string(options_.bounds.credit_bytes) +
                                        " bytes of requests are unanswered; wait for replies"});
    return;
  }
}

void server::loop::on_cancel(const arrived& from, const envelope& head) {
  if (const auto s = find(from, head)) {
    s->book.cancel(head.sequence);
    s->book.settle(head.settled);
  }
}

} // namespace troupe::wire
