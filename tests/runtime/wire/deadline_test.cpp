// SPDX-License-Identifier: Apache-2.0
#include "tests/runtime/wire/talk.hpp"

namespace troupe::wire {
namespace {

TEST(Deadline, ARequestMadeWhileTheClientEndsIsAnsweredToo) {
  std::promise<bool> answered;
  {
    client c{to("tcp://127.0.0.1:9")};
    c.request(words(1, {}), patience, [&](const outcome&) {
      c.request(words(2, {}), patience, [&](const outcome& how) { answered.set_value(static_cast<bool>(how)); });
    });
  }
  EXPECT_FALSE(answered.get_future().get());
}

TEST(Deadline, NoServer) {
  std::string nowhere;
  {
    const server s{{}, echo};
    nowhere = s.endpoint();
  }
  client c{to(nowhere)};
  const auto got = ask(c, {}, 200ms).get();
  ASSERT_FALSE(got);
  EXPECT_EQ(got.failure->code(), errc::unavailable);
  const std::string what = got.failure->what();
  EXPECT_NE(what.find(nowhere), std::string::npos) << what;
  EXPECT_NE(what.find("200 ms"), std::string::npos) << what;
  EXPECT_NE(what.find("no connection"), std::string::npos) << what;
  EXPECT_FALSE(c.connected());
}

TEST(Deadline, AHandlerThatNeverAnswers) {
  held_requests held;
  server s{{}, held.keep()};
  client c{to(s.endpoint())};
  const auto got = ask(c, {}, 300ms).get();
  ASSERT_FALSE(got);
  EXPECT_EQ(got.failure->code(), errc::unavailable);
  EXPECT_TRUE(c.connected());
  EXPECT_EQ(c.read().expired, 1U);
  EXPECT_TRUE(eventually([&] { return c.outstanding_bytes() == 0; }));
  auto second = ask(c, {}); // behind it, the server knows that nobody waits for the first
  ASSERT_TRUE(eventually([&] { return held.count() == 2; }));
  held.answer_all(); // too late for the first: dropped, and counted
  EXPECT_TRUE(second.get());
  EXPECT_EQ(s.read().dropped_replies, 1U);
}

TEST(Deadline, TheCreditOfAnExpiredRequestIsFreeAgain) {
  held_requests held;
  server_options options;
  options.bounds.credit_bytes = 2000;
  server s{options, held.keep()};
  client c{to(s.endpoint())};
  EXPECT_FALSE(ask(c, words(1, {std::string(1500, 'x')}), 300ms).get());
  auto next = ask(c, words(2, {std::string(1500, 'x')}));
  ASSERT_TRUE(eventually([&] { return held.count() == 2; }));
  // A third expired one would make 3 * 1756 bytes held by the handler, more than twice the credit.
  held.answer_all();
  EXPECT_TRUE(next.get());
  EXPECT_EQ(s.read().over_credit, 0U);
}

TEST(Deadline, AListenerThatSaysNothing) {
  zmq::context_t context; // a ROUTER nobody reads: it connects and accepts, and that is all
  zmq::socket_t silent{context, zmq::socket_type::router};
  silent.bind("tcp://127.0.0.1:0");
  client c{to(silent.get(zmq::sockopt::last_endpoint))};
  EXPECT_EQ(ask(c, {}, 300ms).get().failure->code(), errc::unavailable);
}

TEST(Deadline, ClosingAClientEndsItsRequests) {
  held_requests held;
  server s{{}, held.keep()};
  std::future<outcome> last;
  {
    client c{to(s.endpoint())};
    last = ask(c, {});
    ASSERT_TRUE(eventually([&] { return held.count() == 1; }));
  }
  EXPECT_EQ(last.get().failure->code(), errc::unavailable);
}

TEST(Deadline, AServerStopsWithinTwoSeconds) {
  held_requests held;
  auto s = std::make_unique<server>(server_options{}, held.keep());
  client c{to(s->endpoint())};
  auto unanswered = ask(c, {}, 5s);
  ASSERT_TRUE(eventually([&] { return held.count() == 1; }));
  const auto begin = std::chrono::steady_clock::now();
  s.reset();
  EXPECT_LT(std::chrono::steady_clock::now() - begin, 2s);
  held.answer_all(); // an answer for a server that is gone goes nowhere
}

} // namespace
} // namespace troupe::wire
