// SPDX-License-Identifier: Apache-2.0
#include "runtime/error.hpp"
#include "tests/gpu/training/ranks.hpp"

#include <ATen/ATen.h>
#include <csignal>
#include <future>
#include <gmock/gmock.h>
#include <sys/wait.h>
#include <unistd.h>

namespace troupe::gpu {
namespace {

using std::chrono::milliseconds;
using testing::AllOf;
using testing::HasSubstr;
using clock = std::chrono::steady_clock;

std::string words_of(const std::exception_ptr& what, errc expected) {
  try {
    if (what) {
      std::rethrow_exception(what);
    }
  } catch (const error& e) {
    EXPECT_EQ(e.code(), expected) << e.what();
    return e.what();
  }
  return "ended well";
}

TEST(TorchCollective, EachRankGetsItsPartOfTheSumAndEverybodysPart) {
  for (const std::uint32_t size : {1U, 2U, 3U}) {
    all_well(on_ranks(size, [&](const std::shared_ptr<torch_collective>& ranks) {
      const auto r = static_cast<std::int64_t>(ranks->rank());
      auto whole = at::arange(2 * size, at::kFloat) * static_cast<double>(r + 1); // rank r has 0, r+1, 2(r+1), ...
      auto part = at::empty({2}, at::kFloat);
      ranks->reduce_scatter(part, whole);
      const double sum = size * (size + 1) / 2.0; // 1 + ... + size
      EXPECT_EQ(part[0].item<double>(), 2.0 * static_cast<double>(r) * sum);
      EXPECT_EQ(part[1].item<double>(), (2.0 * static_cast<double>(r) + 1) * sum);
      auto gathered = at::empty({2 * size}, at::kFloat);
      ranks->all_gather(gathered, part);
      EXPECT_TRUE(at::equal(gathered, at::arange(2 * size, at::kFloat) * sum));
      const double mine[] = {static_cast<double>(r), 0.1};
      const auto rows = ranks->exchange(mine);
      ASSERT_EQ(rows.size(), size);
      for (std::size_t i = 0; i < size; ++i) {
        EXPECT_EQ(rows[i], (std::vector<double>{static_cast<double>(i), 0.1}));
      }
    }));
  }
}

TEST(TorchCollective, ARankThatIsGoneIsNoticedLongBeforeTheDeadline) {
  const auto began = clock::now();
  const auto ended = on_ranks(3, [](std::shared_ptr<torch_collective> ranks) {
    const double mine = 1;
    ranks->exchange({&mine, 1}); // all have joined
    if (ranks->rank() == 1) {
      return; // destroys its collective: the others see its sockets close
    }
    ranks->exchange({&mine, 1});
  });
  EXPECT_LT(clock::now() - began, std::chrono::seconds{20}); // the deadline is 60
  EXPECT_FALSE(ended[1]);
  EXPECT_THAT(words_of(ended[0], errc::unavailable), HasSubstr("rank 0 of 3: all_gather: another rank is gone"));
  EXPECT_THAT(words_of(ended[2], errc::unavailable), HasSubstr("rank 2 of 3"));
}

TEST(TorchCollective, ARankThatHangsCostsTheOthersTheirDeadlineAndNoMore) {
  std::promise<void> over;
  auto others_ended = over.get_future().share();
  const auto began = clock::now();
  const auto ended = on_ranks(
      2,
      [&](const std::shared_ptr<torch_collective>& ranks) {
        if (ranks->rank() == 1) {
          others_ended.wait(); // hangs until the other has given up
          return;
        }
        const double mine = 1;
        const auto end = std::unique_ptr<std::promise<void>, void (*)(std::promise<void>*)>{
            &over, [](std::promise<void>* p) { p->set_value(); }};
        ranks->exchange({&mine, 1});
      },
      milliseconds{1500});
  EXPECT_GE(clock::now() - began, milliseconds{1000});
  EXPECT_LT(clock::now() - began, std::chrono::seconds{15});
  EXPECT_THAT(words_of(ended[0], errc::unavailable), HasSubstr("did not come within 1500 ms"));
}

TEST(TorchCollective, OnceFailedItFailsAtOnce) {
  const auto ended = on_ranks(2, [](std::shared_ptr<torch_collective> ranks) {
    const double mine = 1;
    ranks->exchange({&mine, 1}); // all have joined
    if (ranks->rank() == 1) {
      return;
    }
    EXPECT_THROW(ranks->exchange({&mine, 1}), error);
    ranks->exchange({&mine, 1});
  });
  EXPECT_THAT(words_of(ended[0], errc::unavailable), HasSubstr("failed before"));
}

TEST(TorchCollective, WhoComesAloneWaitsNoLongerThanItIsToldTo) {
  const auto words_of_one = [&](seat alone) {
    const auto place = open_store_meeting("127.0.0.1");
    alone.address = place->address();
    alone.size = 2;
    const auto began = clock::now();
    try {
      join_gloo(alone);
      return std::string{"joined alone"};
    } catch (const error& e) {
      EXPECT_EQ(e.code(), errc::unavailable);
      EXPECT_GE(clock::now() - began, milliseconds{900});
      EXPECT_LT(clock::now() - began, std::chrono::seconds{15});
      return std::string{e.what()};
    }
  };
  for (const auto& within :
       {seat{.rank = 0, .deadline = milliseconds{1000}}, seat{.rank = 1, .join_within = milliseconds{1000}}}) {
    EXPECT_THAT(words_of_one(within), AllOf(HasSubstr("did not find the others at 127.0.0.1:"), HasSubstr("1000 ms")));
  }
}

TEST(TorchCollective, AnOperationMayTakeLongerThanTheMeeting) {
  const auto place = open_store_meeting("127.0.0.1");
  const auto joined = [&](std::uint32_t rank) {
    return join_gloo({.address = place->address(),
                      .rank = rank,
                      .size = 2,
                      .deadline = milliseconds{20'000},
                      .join_within = milliseconds{1000}});
  };
  const auto sum_of_ones = [](torch_collective& ranks) {
    auto whole = at::ones({2}, at::kFloat);
    auto part = at::empty({1}, at::kFloat);
    ranks.reduce_scatter(part, whole);
    auto gathered = at::empty({2}, at::kFloat);
    ranks.all_gather(gathered, part);
    return gathered.sum().item<double>();
  };
  std::promise<void> other_has_joined;
  auto other = std::async(std::launch::async, [&] {
    const auto ranks = joined(1);
    other_has_joined.set_value();
    return sum_of_ones(*ranks);
  });
  const auto ranks = joined(0);
  other_has_joined.get_future().wait();
  EXPECT_EQ(other.wait_for(milliseconds{2500}), std::future_status::timeout) << "did not wait for this rank";
  EXPECT_EQ(sum_of_ones(*ranks), 4); // 1 + 1 in each of two parts
  EXPECT_EQ(other.get(), 4);
}

TEST(TorchCollective, AProcessThatIsKilledIsNoticed) {
  const double one = 1;
  int told[2];
  ASSERT_EQ(::pipe(told), 0);
  const auto child = ::fork(); // before the meeting has threads: a lock that one of them holds would be held for ever
  if (child == 0) {
    char address[64] = {};
    if (::read(told[0], address, sizeof address - 1) > 0) {
      const auto ranks = join_gloo({.address = address, .rank = 1, .size = 2});
      ranks->exchange({&one, 1});
      ::pause();
    }
    ::_exit(1);
  }
  const auto place = open_store_meeting("127.0.0.1");
  const auto address = place->address();
  ASSERT_EQ(::write(told[1], address.data(), address.size()), static_cast<ssize_t>(address.size()));
  const auto ranks = join_gloo({.address = address, .rank = 0, .size = 2});
  EXPECT_EQ(ranks->exchange({&one, 1}).size(), 2U);
  ::kill(child, SIGKILL);
  ::waitpid(child, nullptr, 0);
  ::close(told[0]);
  ::close(told[1]);
  const auto began = clock::now();
  try {
    ranks->exchange({&one, 1});
    ADD_FAILURE() << "met a dead process";
  } catch (const error& e) {
    EXPECT_EQ(e.code(), errc::unavailable);
  }
  EXPECT_LT(clock::now() - began, std::chrono::seconds{30}); // the deadline is ten minutes
}

TEST(TorchCollective, AMeetingThatIsOverIsUnavailable) {
  std::string address;
  address = open_store_meeting("127.0.0.1")->address();
  try {
    join_gloo({.address = address, .rank = 1, .size = 2, .deadline = milliseconds{1000}});
    FAIL() << "joined nobody";
  } catch (const error& e) {
    EXPECT_EQ(e.code(), errc::unavailable);
  }
}

} // namespace
} // namespace troupe::gpu
