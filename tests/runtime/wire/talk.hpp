// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "runtime/wire/client.hpp"
#include "runtime/wire/incarnation.hpp"
#include "runtime/wire/server.hpp"

#include <condition_variable>
#include <functional>
#include <future>
#include <gtest/gtest.h>
#include <mutex>
#include <thread>
#include <zmq.hpp>

/// What the tests over real sockets share. Deadlines here are far longer than what happens takes.
namespace troupe::wire {

using namespace std::chrono_literals;

inline constexpr auto patience = 20s;

inline message words(std::uint16_t kind, const std::vector<std::string>& parts) {
  message m{.kind = kind};
  for (const auto& p : parts) {
    m.parts.push_back(make_part(p));
  }
  return m;
}

inline std::vector<std::string> text_of(const message& m) {
  std::vector<std::string> out;
  for (const auto& p : m.parts) {
    out.push_back(*p);
  }
  return out;
}

/// Answers with what it was asked, and the kind plus 1000.
inline void echo(const peer& /*from*/, message request, const respond& answer) {
  request.kind = static_cast<std::uint16_t>(request.kind + 1000);
  answer(std::move(request));
}

inline client_options to(const std::string& endpoint, const std::string& name = "generator-0") {
  return {.endpoint = endpoint, .name = name, .as = role::generator, .life = new_incarnation(), .hello_every = 50ms};
}

/// A request and its outcome.
inline std::future<outcome> ask(client& c, message what, std::chrono::milliseconds deadline = patience) {
  auto promise = std::make_shared<std::promise<outcome>>();
  c.request(std::move(what), deadline, [promise](outcome o) { promise->set_value(std::move(o)); });
  return promise->get_future();
}

/// True once it holds; asks again and again until `patience` is at an end.
inline bool eventually(const std::function<bool()>& holds) {
  const auto end = std::chrono::steady_clock::now() + patience;
  while (!holds()) {
    if (std::chrono::steady_clock::now() > end) {
      return false;
    }
    std::this_thread::sleep_for(2ms);
  }
  return true;
}

/// Requests that wait for the test to answer them.
class held_requests {
public:
  handler keep() {
    return [this](const peer&, message m, respond answer) {
      const std::lock_guard hold{mutex_};
      requests_.emplace_back(std::move(m), std::move(answer));
    };
  }
  std::size_t count() {
    const std::lock_guard hold{mutex_};
    return requests_.size();
  }
  std::size_t bytes() {
    const std::lock_guard hold{mutex_};
    std::size_t sum = 0;
    for (const auto& [m, answer] : requests_) {
      sum += m.bytes();
    }
    return sum;
  }
  /// Answers those that wait, empty-handed.
  void answer_all() {
    decltype(requests_) now;
    {
      const std::lock_guard hold{mutex_};
      now.swap(requests_);
    }
    for (auto& [m, answer] : now) {
      answer({.kind = m.kind});
    }
  }

private:
  std::mutex mutex_;
  std::vector<std::pair<message, respond>> requests_;
};

} // namespace troupe::wire
