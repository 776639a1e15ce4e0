// SPDX-License-Identifier: Apache-2.0
#include "runtime/wire/envelope.hpp"
#include "runtime/wire/frames.hpp"
#include "tests/runtime/wire/talk.hpp"

namespace troupe::wire {
namespace {

TEST(Credit, AClientNeverHasMoreThanItsCreditOnTheWire) {
  constexpr std::size_t request_bytes = 1000;
  constexpr std::size_t fit = 10;
  held_requests held;
  server_options options;
  options.bounds.credit_bytes = fit * (request_bytes + envelope_cost);
  server s{options, held.keep()};
  client c{to(s.endpoint())};
  std::vector<std::future<outcome>> pending;
  for (std::size_t i = 0; i < 4 * fit; ++i) { // four times its credit
    pending.push_back(ask(c, words(1, {std::string(request_bytes, 'x')})));
  }
  for (int round = 0; round < 4; ++round) {
    ASSERT_TRUE(eventually([&] { return held.count() == fit; }));
    EXPECT_EQ(held.bytes(), fit * request_bytes);
    EXPECT_LE(c.outstanding_bytes(), options.bounds.credit_bytes);
    held.answer_all();
  }
  for (auto& p : pending) {
    EXPECT_TRUE(p.get());
  }
  EXPECT_EQ(s.read().over_credit, 0U);
  EXPECT_EQ(s.read().requests, 4 * fit);
  EXPECT_GT(c.read().blocked_us, 0U);
  EXPECT_TRUE(eventually([&] { return c.outstanding_bytes() == 0; }));
}

TEST(Credit, ARequestThatNoCreditCoversIsRefusedAndOthersGoOn) {
  server_options options;
  options.bounds.credit_bytes = 1000;
  server s{options, echo};
  client c{to(s.endpoint())};
  auto never = ask(c, words(1, {std::string(1000, 'x')}));
  auto other = ask(c, words(1, {std::string(700, 'x')}));
  const auto got = never.get();
  ASSERT_FALSE(got);
  EXPECT_EQ(got.failure->code(), errc::invalid);
  EXPECT_TRUE(other.get());
}

TEST(Credit, APeerThatDoesNotReadItsRepliesIsDroppedAndOthersAreAnswered) {
  server_options options;
  options.bounds.unsent_bytes_max = 4 << 20;
  options.bounds.remembered_bytes = 1 << 20;
  const std::string large(1 << 20, 'r');
  server s{options, [&](const peer& from, const message& m, const respond& answer) {
             answer(from.name == "slow" ? words(m.kind, {large}) : message{.kind = m.kind});
           }};
  zmq::context_t context;
  zmq::socket_t slow{context, zmq::socket_type::dealer};
  slow.set(zmq::sockopt::linger, 0);
  slow.set(zmq::sockopt::rcvhwm, 1);
  slow.set(zmq::sockopt::rcvbuf, 64 << 10);
  slow.connect(s.endpoint());
  envelope head{.life = {1, 2}, .client = 1, .name = "slow"};
  ASSERT_EQ(send(slow, {}, encode(head), {}, nullptr), sending::done);
  head.what = purport::request;
  for (head.sequence = 1; head.sequence <= 64; ++head.sequence) {
    describe(head, {});
    ASSERT_EQ(send(slow, {}, encode(head), {}, nullptr), sending::done);
  }
  EXPECT_TRUE(eventually([&] { return s.read().slow_peers == 1; }));
  client other{to(s.endpoint())};
  EXPECT_TRUE(ask(other, {}).get());
}

} // namespace
} // namespace troupe::wire
