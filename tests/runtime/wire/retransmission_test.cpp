// SPDX-License-Identifier: Apache-2.0
#include "runtime/wire/envelope.hpp"
#include "runtime/wire/frames.hpp"
#include "tests/runtime/wire/talk.hpp"

#include <optional>
#include <sys/resource.h>

namespace troupe::wire {
namespace {

/// Stands between one client and its server, and loses the first of the messages that `loses` names.
class lossy_road {
public:
  lossy_road(const std::string& server, std::function<bool(const envelope&)> loses) : loses_(std::move(loses)) {
    front_.bind("tcp://127.0.0.1:0");
    endpoint_ = front_.get(zmq::sockopt::last_endpoint);
    back_.connect(server);
    thread_ = std::thread{[this] { run(); }};
  }
  ~lossy_road() {
    ending_ = true;
    thread_.join();
  }
  const std::string& endpoint() const { return endpoint_; }
  int lost() const { return lost_; }

private:
  void run() {
    while (!ending_) {
      std::vector<zmq::pollitem_t> items{{front_.handle(), 0, ZMQ_POLLIN, 0}, {back_.handle(), 0, ZMQ_POLLIN, 0}};
      poll(items, 10ms);
      arrived what;
      while (receive(front_, true, {}, what)) {
        client_ = what.routing_id;
        pass(what, back_, {});
      }
      while (receive(back_, false, {}, what)) {
        pass(what, front_, client_);
      }
    }
  }
  void pass(const arrived& what, zmq::socket_t& to, const std::string& routing_id) {
    if (lost_ == 0 && loses_(decode_envelope(what.head))) {
      ++lost_;
      return;
    }
    ASSERT_EQ(send(to, routing_id, what.head, what.parts, nullptr), sending::done);
  }

  std::function<bool(const envelope&)> loses_;
  zmq::context_t context_;
  zmq::socket_t front_{context_, zmq::socket_type::router};
  zmq::socket_t back_{context_, zmq::socket_type::dealer};
  std::string endpoint_;
  std::string client_;
  std::atomic<int> lost_ = 0;
  std::atomic<bool> ending_ = false;
  std::thread thread_;
};

void is_answered_once_when_lost(purport which) {
  std::atomic<int> handled = 0;
  server s{{}, [&](const peer& from, message m, const respond& answer) {
             ++handled;
             echo(from, std::move(m), answer);
           }};
  lossy_road road{s.endpoint(), [which](const envelope& head) { return head.what == which; }};
  auto options = to(road.endpoint());
  options.retransmit_after = 100ms;
  client c{options};
  const auto got = ask(c, words(1, {std::string(20000, 'x')})).get();
  ASSERT_TRUE(got) << got.failure->what();
  EXPECT_EQ(got.reply.kind, 1001);
  EXPECT_EQ(road.lost(), 1);
  EXPECT_EQ(handled, 1);
}

TEST(Retransmission, ALostReplyIsSentAgainAndTheHandlerIsNotCalledAgain) {
  is_answered_once_when_lost(purport::reply);
}

TEST(Retransmission, ALostRequestIsSentAgain) {
  is_answered_once_when_lost(purport::request);
}

TEST(Retransmission, ALostHelloIsSaidAgain) {
  is_answered_once_when_lost(purport::hello);
}

TEST(Retransmission, ALostWelcomeIsSaidAgain) {
  is_answered_once_when_lost(purport::welcome);
}

TEST(Retransmission, ASlowHandlerIsCalledOnce) {
  held_requests held;
  server s{{}, held.keep()};
  auto options = to(s.endpoint());
  options.retransmit_after = 20ms;
  client c{options};
  auto pending = ask(c, words(3, {"x"}));
  ASSERT_TRUE(eventually([&] { return s.read().retransmitted >= 2; }));
  EXPECT_EQ(held.count(), 1U);
  held.answer_all();
  EXPECT_EQ(pending.get().reply.kind, 3);
  EXPECT_EQ(s.read().requests, 1U);
}

TEST(Restart, WhatIsOutstandingIsAnsweredByTheNextServer) {
  held_requests held;
  auto first = std::make_unique<server>(server_options{}, held.keep());
  const std::string endpoint = first->endpoint();
  client c{to(endpoint)};
  std::vector<std::future<outcome>> pending;
  for (std::uint16_t i = 0; i < 10; ++i) {
    pending.push_back(ask(c, words(i, {std::string(10000, 'x')})));
  }
  ASSERT_TRUE(eventually([&] { return held.count() == 10; }));
  first.reset();
  server_options same;
  same.endpoint = endpoint;
  server second{same, echo};
  for (std::uint16_t i = 0; i < 10; ++i) {
    const auto got = pending[i].get();
    ASSERT_TRUE(got) << got.failure->what();
    EXPECT_EQ(got.reply.kind, 1000 + i);
  }
  EXPECT_EQ(second.read().requests, 10U);
  EXPECT_EQ(c.read().connections, 2U);
}

TEST(Restart, AServerThatComesLaterIsFound) {
  std::string endpoint;
  {
    const server s{{}, echo};
    endpoint = s.endpoint();
  }
  client c{to(endpoint)};
  auto pending = ask(c, words(1, {}));
  EXPECT_EQ(pending.wait_for(100ms), std::future_status::timeout);
  server_options same;
  same.endpoint = endpoint;
  server s{same, echo};
  EXPECT_TRUE(pending.get());
}

TEST(Restart, AClientThatFindsNoFileDescriptorTriesAgainUntilThereIsOne) {
  auto first = std::make_unique<server>(server_options{}, echo);
  const auto endpoint = first->endpoint();
  client c{to(endpoint)};
  ASSERT_TRUE(ask(c, words(1, {"a"})).get());
  std::this_thread::sleep_for(600ms); // a connection that lasted is dialled anew, with sockets of its own
  rlimit before{};
  ASSERT_EQ(getrlimit(RLIMIT_NOFILE, &before), 0);
  const rlimit none{.rlim_cur = 3, .rlim_max = before.rlim_max};
  ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &none), 0); // whatever is opened now is refused
  first.reset();
  EXPECT_TRUE(eventually([&] { return !c.connected(); }));
  auto asked = ask(c, words(2, {"b"}));
  std::this_thread::sleep_for(500ms);
  ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &before), 0);
  server second{{.endpoint = endpoint}, echo};
  EXPECT_EQ(text_of(asked.get().reply), (std::vector<std::string>{"b"}));
}

TEST(Restart, AForgottenPeerIntroducesItselfAgain) {
  server_options options;
  options.forget_after = 1ms;
  server s{options, echo};
  client c{to(s.endpoint())};
  ASSERT_TRUE(ask(c, {}).get());
  ASSERT_TRUE(eventually([&] { return s.read().forgotten_peers == 1; }));
  EXPECT_TRUE(ask(c, {}).get());
}

TEST(Restart, AnEndpointInUseIsRefused) {
  const server s{{}, echo};
  server_options same;
  same.endpoint = s.endpoint();
  try {
    const server other{same, echo};
    FAIL() << "two servers at " << s.endpoint();
  } catch (const error& e) {
    EXPECT_EQ(e.code(), errc::unavailable);
    EXPECT_NE(std::string{e.what()}.find(s.endpoint()), std::string::npos) << e.what();
  }
}

} // namespace
} // namespace troupe::wire
