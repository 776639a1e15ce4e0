// SPDX-License-Identifier: Apache-2.0
#include "runtime/wire/answer_book.hpp"
#include "runtime/wire/request_book.hpp"

#include <gtest/gtest.h>

namespace troupe::wire {
namespace {

using namespace std::chrono_literals;
using arrival = answer_book::arrival;

answer of_bytes(std::size_t n) {
  return {std::string(n, 'h'), {}};
}

TEST(AnswerBook, ARequestIsFreshOnceThenInProgressThenAnswered) {
  answer_book book{{.credit_bytes = 100, .remembered_bytes = 10'000}};
  EXPECT_EQ(book.arrive(1, 60), arrival::fresh);
  EXPECT_EQ(book.arrive(1, 60), arrival::in_progress);
  EXPECT_EQ(book.charged(), 60U);
  EXPECT_EQ(book.arrive(2, 41), arrival::over_credit); // 60 + 41 > 100
  ASSERT_NE(book.reply(1, of_bytes(3)), nullptr);
  EXPECT_EQ(book.reply(1, of_bytes(4)), nullptr); // once
  EXPECT_EQ(book.charged(), 0U);
  EXPECT_EQ(book.arrive(1, 60), arrival::answered);
  EXPECT_EQ(book.find(1)->head, "hhh");
}

TEST(AnswerBook, OldAnswersAreForgottenFirst) {
  answer_book book{{.credit_bytes = 1000, .remembered_bytes = 700}}; // two of 128 + 200 each
  for (std::uint64_t i = 1; i <= 3; ++i) {
    EXPECT_EQ(book.arrive(i, 1), arrival::fresh);
    EXPECT_NE(book.reply(i, of_bytes(200)), nullptr);
  }
  EXPECT_EQ(book.remembered(), 656U);
  EXPECT_EQ(book.arrive(1, 1), arrival::forgotten);
  EXPECT_EQ(book.arrive(2, 1), arrival::answered);
}

TEST(AnswerBook, WhatIsSettledIsForgotten) {
  answer_book book{{.credit_bytes = 1000, .remembered_bytes = 10'000}};
  for (std::uint64_t i = 1; i <= 3; ++i) {
    EXPECT_EQ(book.arrive(i, 10), arrival::fresh);
  }
  book.reply(1, of_bytes(1));
  book.reply(3, of_bytes(1));
  book.settle(3);
  EXPECT_EQ(book.arrive(1, 10), arrival::forgotten);
  EXPECT_EQ(book.arrive(2, 10), arrival::in_progress); // its handler has not come back
  EXPECT_EQ(book.arrive(3, 10), arrival::answered);
}

TEST(AnswerBook, CancelledRequestsGiveCreditBackButOnlyTwiceTheCreditIsHeld) {
  answer_book book{{.credit_bytes = 100, .remembered_bytes = 10'000}};
  EXPECT_EQ(book.arrive(1, 100), arrival::fresh);
  book.cancel(1);
  EXPECT_EQ(book.arrive(2, 100), arrival::fresh);
  book.cancel(2);
  EXPECT_EQ(book.arrive(3, 1), arrival::over_credit);
  EXPECT_EQ(book.reply(1, of_bytes(1)), nullptr); // nobody waits
  EXPECT_EQ(book.arrive(3, 1), arrival::fresh);
}

TEST(AnswerBook, AfterAReconnectOnlyWhatComesAgainIsCharged) {
  answer_book book{{.credit_bytes = 100, .remembered_bytes = 10'000}};
  EXPECT_EQ(book.arrive(1, 50), arrival::fresh);
  EXPECT_EQ(book.arrive(2, 50), arrival::fresh);
  book.reconnect();
  EXPECT_EQ(book.charged(), 0U);
  EXPECT_EQ(book.arrive(2, 50), arrival::in_progress);
  EXPECT_EQ(book.charged(), 50U);
}

/// Times are seconds from a zero of the test's own.
request_book::time_point at(int seconds) {
  return request_book::time_point{std::chrono::seconds{seconds}};
}

request_book::request costs(std::size_t cost, int deadline = 1000) {
  return {.deadline = at(deadline), .cost = cost};
}

TEST(RequestBook, SendsInOrderWithinTheCredit) {
  request_book book{2s};
  const auto a = book.add(costs(60));
  const auto b = book.add(costs(60));
  const auto c = book.add(costs(10));
  EXPECT_EQ(book.next(), std::nullopt); // no welcome, no credit
  book.welcome(100);
  EXPECT_EQ(book.next(), a);
  book.sent(a, at(0));
  EXPECT_TRUE(book.blocked()); // c would fit, but b was first
  EXPECT_EQ(book.charged(), 60U);
  EXPECT_TRUE(book.take(a));
  EXPECT_EQ(book.next(), b);
  book.sent(b, at(0));
  EXPECT_EQ(book.next(), c);
  EXPECT_EQ(book.settled(), b);
}

TEST(RequestBook, RepeatsAfterTwoThenFourSeconds) {
  request_book book{2s};
  const auto a = book.add(costs(60));
  book.welcome(100);
  book.sent(a, at(0));
  EXPECT_EQ(book.next_timer(), at(2));
  EXPECT_EQ(book.repeat(at(1)), 0U);
  EXPECT_EQ(book.repeat(at(2)), 1U);
  EXPECT_EQ(book.next(), a); // it is charged already
  book.sent(a, at(2));
  EXPECT_EQ(book.charged(), 60U);
  EXPECT_EQ(book.next_timer(), at(6));
  for (int i = 0; i < 100; ++i) {
    book.sent(a, at(10));
  }
  EXPECT_EQ(book.repeat(at(41)), 1U); // never later than 30 s
}

TEST(RequestBook, DeadlinesHoldForWhatWasNeverSent) {
  request_book book{2s};
  book.add(costs(60, 5));
  const auto later = book.add(costs(60, 6));
  EXPECT_EQ(book.next_timer(), at(5));
  EXPECT_EQ(book.expired(at(5)).size(), 1U);
  EXPECT_EQ(book.settled(), later);
  EXPECT_EQ(book.expired(at(6)).size(), 1U);
  EXPECT_TRUE(book.empty());
  EXPECT_EQ(book.next_timer(), std::nullopt);
}

TEST(RequestBook, AWelcomeSendsEverythingAgain) {
  request_book book{2s};
  const auto a = book.add(costs(60));
  book.add(costs(60));
  book.welcome(200);
  book.sent(a, at(0));
  book.leave();
  EXPECT_EQ(book.charged(), 0U);
  book.welcome(200);
  EXPECT_EQ(book.next(), a);
}

} // namespace
} // namespace troupe::wire
