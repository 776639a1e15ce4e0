// SPDX-License-Identifier: Apache-2.0
#include "tests/runtime/wire/talk.hpp"

namespace troupe::wire {
namespace {

TEST(RoundTrip, PartsComeBackAsTheyWere) {
  server s{{}, echo};
  client c{to(s.endpoint())};
  const std::vector<std::vector<std::string>> cases{
      {},
      {""},
      {"one"},
      {"a", "", std::string(8191, 'b'), std::string(8192, 'c'), "d", "e", "f", std::string(1, '\0')}};
  for (const auto& parts : cases) {
    const auto got = ask(c, words(7, parts)).get();
    ASSERT_TRUE(got) << got.failure->what();
    EXPECT_EQ(got.reply.kind, 1007);
    EXPECT_EQ(text_of(got.reply), parts);
  }
  EXPECT_EQ(s.read().requests, cases.size());
  EXPECT_EQ(s.read().replies, cases.size());
  EXPECT_EQ(s.read().malformed, 0U);
}

TEST(RoundTrip, TenMebibytes) {
  server s{{}, echo};
  client c{to(s.endpoint())};
  std::string large(10 << 20, '\0');
  for (std::size_t i = 0; i < large.size(); ++i) {
    large[i] = static_cast<char>(i * 2654435761U >> 13);
  }
  const auto got = ask(c, words(1, {large, "tail"})).get();
  ASSERT_TRUE(got) << got.failure->what();
  EXPECT_TRUE(text_of(got.reply) == (std::vector<std::string>{large, "tail"}));
}

TEST(RoundTrip, TheHandlerKnowsWhoAsks) {
  std::promise<peer> asked;
  server s{{}, [&](const peer& from, message m, const respond& answer) {
             asked.set_value(from);
             answer(std::move(m));
           }};
  auto options = to(s.endpoint(), "learner-3");
  options.as = role::learner;
  client c{options};
  ASSERT_TRUE(ask(c, {}).get());
  const auto who = asked.get_future().get();
  EXPECT_EQ(who.name, "learner-3");
  EXPECT_EQ(who.as, role::learner);
  EXPECT_EQ(who.life, options.life);
}

TEST(RoundTrip, EightClientsAtOnce) {
  server s{{}, echo};
  constexpr int each = 200;
  std::vector<std::thread> threads;
  std::atomic<int> right = 0;
  for (int i = 0; i < 8; ++i) {
    threads.emplace_back([&, i] {
      client c{to(s.endpoint(), "generator-" + std::to_string(i))};
      std::vector<std::future<outcome>> answers;
      for (int j = 0; j < each; ++j) {
        answers.push_back(ask(c, words(1, {std::to_string(i), std::to_string(j)})));
      }
      for (int j = 0; j < each; ++j) {
        const auto got = answers[static_cast<std::size_t>(j)].get();
        right += got && text_of(got.reply) == std::vector{std::to_string(i), std::to_string(j)} ? 1 : 0;
      }
    });
  }
  for (auto& t : threads) {
    t.join();
  }
  EXPECT_EQ(right, 8 * each);
}

TEST(RoundTrip, TwoClientsOfOneProcess) {
  server s{{}, echo};
  const auto options = to(s.endpoint());
  client one{options};
  client two{options}; // the same name and incarnation
  auto first = ask(one, words(1, {"one"}));
  auto second = ask(two, words(1, {"two"}));
  EXPECT_EQ(text_of(first.get().reply), std::vector<std::string>{"one"});
  EXPECT_EQ(text_of(second.get().reply), std::vector<std::string>{"two"});
}

TEST(RoundTrip, AnswersFromOtherThreadsInAnyOrder) {
  held_requests held;
  server s{{}, held.keep()};
  client c{to(s.endpoint())};
  auto first = ask(c, words(1, {"first"}));
  auto second = ask(c, words(2, {"second"}));
  ASSERT_TRUE(eventually([&] { return held.count() == 2; }));
  std::thread{[&] { held.answer_all(); }}.join();
  EXPECT_EQ(first.get().reply.kind, 1);
  EXPECT_EQ(second.get().reply.kind, 2);
}

TEST(RoundTrip, WhatTheHandlerThrowsRefusesTheRequest) {
  server s{{}, [](const peer&, const message&, const respond&) { throw error{errc::conflict, "another sample"}; }};
  client c{to(s.endpoint())};
  const auto got = ask(c, {}).get();
  ASSERT_FALSE(got);
  EXPECT_EQ(got.failure->code(), errc::conflict);
  EXPECT_NE(std::string{got.failure->what()}.find("another sample"), std::string::npos);
}

TEST(RoundTrip, AnAnswerThatIsDroppedFailsAtOnce) {
  server s{{}, [](const peer&, const message&, const respond&) {}};
  client c{to(s.endpoint())};
  EXPECT_EQ(ask(c, {}).get().failure->code(), errc::failed);
}

TEST(RoundTrip, ARequestMayBeMadeFromADone) {
  server s{{}, echo};
  client c{to(s.endpoint())};
  std::promise<outcome> last;
  c.request({}, patience, [&](const outcome&) {
    c.request(words(5, {}), patience, [&](outcome o) { last.set_value(std::move(o)); });
  });
  EXPECT_EQ(last.get_future().get().reply.kind, 1005);
}

TEST(RoundTrip, TooLargeForAnyServerIsRefusedBeforeItIsSent) {
  server s{{}, echo};
  auto options = to(s.endpoint());
  options.bounds.frame_bytes_max = 1000;
  options.bounds.parts_max = 2;
  client c{options};
  EXPECT_EQ(ask(c, words(1, {std::string(1001, 'x')})).get().failure->code(), errc::invalid);
  EXPECT_EQ(ask(c, words(1, {"a", "b", "c"})).get().failure->code(), errc::invalid);
  EXPECT_TRUE(ask(c, words(1, {std::string(1000, 'x')})).get());
}

} // namespace
} // namespace troupe::wire
