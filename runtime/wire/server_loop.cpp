// SPDX-License-Identifier: Apache-2.0
#include "runtime/wire/server_loop.hpp"

#include "runtime/wire/incarnation.hpp"

#include <atomic>

namespace troupe::wire {

namespace {

using std::chrono::milliseconds;

constexpr milliseconds retry_every{5};             // of replies that ZeroMQ had no room for
constexpr milliseconds look_for_silent_every{250}; // for silent peers

server_options checked_server(server_options o) {
  if (!o.keys && !is_loopback(o.endpoint)) {
    throw error{errc::invalid, o.endpoint +
                                   " can be reached from other hosts: give keys and an allow-list, or listen on "
                                   "tcp://127.0.0.1"};
  }
  if (o.keys && !o.allowed_keys) {
    throw error{errc::invalid, o.endpoint + ": keys without an allow-list would let everybody in; give the allow-list"};
  }
  if (o.keys && zmq_has("curve") == 0) {
    throw error{errc::failed, "this libzmq was built without CURVE; install one with libsodium"};
  }
  if (o.bounds.parts_max > parts_max || o.bounds.credit_bytes < envelope_cost) {
    throw error{errc::invalid, o.endpoint + ": at most " + std::to_string(parts_max) + " parts, at least " +
                                   std::to_string(envelope_cost) + " bytes of credit"};
  }
  return o;
}

} // namespace

server::loop::loop(server_options options, handler handle)
    : options_(checked_server(std::move(options))), handle_(std::move(handle)), life_(new_incarnation()),
      outbox_(std::make_shared<mailbox<outgoing>>()) {
  if (options_.keys) {
    authenticator_.emplace(context_, options_.allowed_keys, [this] { count(&counters::unauthenticated); });
  }
  try {
    socket_ = zmq::socket_t{context_, zmq::socket_type::router};
    configure(socket_, std::max(options_.bounds.frame_bytes_max, options_.bounds.message_bytes_max));
    socket_.set(zmq::sockopt::router_mandatory, true);
    if (options_.keys) {
      // ZAP_ENFORCE_DOMAIN is a draft option that packaged builds lack. Without it a connection that no handler was
      // asked about would be let in; the handler is there before this socket, and identify() wants the key it gave.
      socket_.set(zmq::sockopt::zap_domain, authenticator::domain);
      socket_.set(zmq::sockopt::curve_server, true);
      socket_.set(zmq::sockopt::curve_secretkey, options_.keys->secret_key);
    }
    monitor_.open(context_, socket_, "inproc://connections", ZMQ_EVENT_ACCEPTED | ZMQ_EVENT_HANDSHAKE_SUCCEEDED);
    socket_.bind(options_.endpoint);
    endpoint_ = socket_.get(zmq::sockopt::last_endpoint);
  } catch (const zmq::error_t& e) {
    monitor_.close();
    socket_.close();
    context_.shutdown(); // ends the authenticator
    throw error{errc::unavailable, options_.endpoint + ": " + e.what() + "; is another process listening there?"};
  }
  thread_ = std::thread{[this] { run(); }};
}

server::loop::~loop() {
  outbox_->close();
  thread_.join();
  monitor_.close();
  socket_.close();
  context_.shutdown();
  authenticator_.reset();
}

void server::loop::run() {
  auto look_at = clock::now() + look_for_silent_every;
  while (!outbox_->closed()) {
    std::vector<zmq::pollitem_t> items{{socket_.handle(), 0, ZMQ_POLLIN, 0},
                                       {monitor_.handle(), 0, ZMQ_POLLIN, 0},
                                       {nullptr, outbox_->fd(), ZMQ_POLLIN, 0}};
    poll(items, any_queued_ ? retry_every : look_for_silent_every);
    count_connections();
    receive_some();
    send_answers();
    send_queued();
    if (clock::now() >= look_at) {
      look_at = clock::now() + look_for_silent_every;
      forget_silent();
    }
  }
  sessions_.clear();
  routes_.clear();
}

void server::loop::count_connections() {
  while (const auto event = monitor_.next()) {
    count(event == ZMQ_EVENT_ACCEPTED ? &counters::connections : &counters::handshakes);
  }
}

/// Hands the caller's answer over, once; one that nobody gives any more is a failure.
class server::loop::answer_slot {
public:
  answer_slot(std::shared_ptr<mailbox<outgoing>> outbox, std::weak_ptr<session> to, std::uint64_t sequence)
      : outbox_(std::move(outbox)), to_(std::move(to)), sequence_(sequence) {}
  ~answer_slot() { refuse(error{errc::failed, "the server dropped this request unanswered; see its log"}); }
  answer_slot(const answer_slot&) = delete;
  answer_slot& operator=(const answer_slot&) = delete;

  void give(message reply) {
    if (!given_.exchange(true)) {
      outbox_->push({to_, sequence_, std::move(reply), std::nullopt});
    }
  }
  void refuse(const error& why) {
    if (!given_.exchange(true)) {
      outbox_->push({to_, sequence_, {}, why});
    }
  }

private:
  std::shared_ptr<mailbox<outgoing>> outbox_;
  std::weak_ptr<session> to_;
  std::uint64_t sequence_;
  std::atomic<bool> given_ = false;
};

void server::loop::handle_fresh(const std::shared_ptr<session>& s, const envelope& head, std::vector<part> parts) {
  count(&counters::requests);
  const auto slot = std::make_shared<answer_slot>(outbox_, s, head.sequence);
  try {
    handle_(s->who, {head.kind, std::move(parts)}, [slot](message reply) { slot->give(std::move(reply)); });
  } catch (const error& e) {
    slot->refuse(e);
  }
}

answer server::loop::encode_answer(const outgoing& what) const {
  envelope head{.what = purport::reply, .kind = what.reply.kind, .life = life_, .sequence = what.sequence};
  const auto refusal = [&](const error& why) {
    head.what = purport::refuse;
    head.code = static_cast<std::uint8_t>(why.code());
    head.text = why.what();
    return answer{encode(head), {}};
  };
  if (what.refusal) {
    return refusal(*what.refusal);
  }
  const auto& parts = what.reply.parts;
  if (parts.size() > options_.bounds.parts_max || what.reply.bytes() > options_.bounds.message_bytes_max) {
    return refusal(error{errc::failed, "the reply has " + std::to_string(parts.size()) + " parts of " +
                                           std::to_string(what.reply.bytes()) +
                                           " bytes, more than the server may send"});
  }
  describe(head, parts);
  return {encode(head), parts};
}

void server::loop::send_answers() {
  for (const auto& what : outbox_->take()) {
    const auto s = what.to.lock();
    const answer* const kept = s ? s->book.reply(what.sequence, encode_answer(what)) : nullptr;
    if (kept == nullptr) {
      count(&counters::dropped_replies);
      continue;
    }
    count(&counters::replies);
    send_to(*s, *kept);
  }
}

/// Now, or behind what waits. A peer with too many unread bytes is dropped.
void server::loop::send_to(session& s, const answer& what) {
  const std::size_t unread = s.unsent->load() + s.queued_bytes;
  if (unread > 0 && unread + what.bytes() > options_.bounds.unsent_bytes_max) {
    count(&counters::slow_peers);
    const auto found = routes_.find(s.routing_id);
    if (found != routes_.end()) {
      drop(std::shared_ptr{found->second});
    }
    return;
  }
  if (s.queue.empty()) {
    const auto how = send(socket_, s.routing_id, what.head, what.parts, s.unsent);
    if (how != sending::full) {
      count(&counters::bytes_out, how == sending::done ? what.bytes() : 0); // gone: it comes back and asks again
      return;
    }
  }
  s.queued_bytes += what.bytes();
  s.queue.push_back(what);
  any_queued_ = true;
}

void server::loop::send_queued() {
  if (!any_queued_) {
    return;
  }
  any_queued_ = false;
  for (const auto& [id, s] : routes_) {
    while (!s->queue.empty()) {
      const answer& next = s->queue.front();
      const auto how = send(socket_, id, next.head, next.parts, s->unsent);
      if (how == sending::full) {
        any_queued_ = true;
        break;
      }
      count(&counters::bytes_out, how == sending::done ? next.bytes() : 0);
      s->queued_bytes -= next.bytes();
      s->queue.pop_front();
    }
  }
}

/// Short things, for which nobody waits longer: lost when there is no room.
void server::loop::say(const std::string& routing_id, const envelope& head) {
  static_cast<void>(send(socket_, routing_id, encode(head), {}, nullptr));
}

void server::loop::refuse(const std::string& routing_id, std::uint64_t sequence, const error& why) {
  say(routing_id, {.what = purport::refuse,
                   .code = static_cast<std::uint8_t>(why.code()),
                   .life = life_,
                   .sequence = sequence,
                   .text = why.what()});
}

void server::loop::drop(const std::shared_ptr<session>& s) {
  if (s->unsent->load() > 0) {
    draining_[s->routing_id] = s->unsent;
  }
  routes_.erase(s->routing_id);
  sessions_.erase({s->who.life, s->client});
}

void server::loop::forget_silent() {
  const auto now = clock::now();
  for (auto it = sessions_.begin(); it != sessions_.end();) {
    const auto s = (it++)->second;
    if (now - s->heard > options_.forget_after) {
      count(&counters::forgotten_peers);
      drop(s);
    }
  }
  std::erase_if(draining_, [](const auto& one) { return one.second->load() == 0; });
}

} // namespace troupe::wire
