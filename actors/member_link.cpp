// SPDX-License-Identifier: Apache-2.0
#include "actors/member_link.hpp"

#include "actors/control_calls.hpp"
#include "actors/wire_reply.hpp"
#include "runtime/error.hpp"

#include <algorithm>
#include <optional>

namespace troupe::actors {

namespace {

constexpr std::chrono::milliseconds first_pause{200}; // between two attempts to join; doubled each time
constexpr std::chrono::milliseconds longest_pause{5000};
constexpr std::chrono::milliseconds goodbye{1000};
constexpr std::chrono::milliseconds look_for_interest_every{50}; // whether an answer is still of interest

} // namespace

member_link::member_link(member_link_options options) : options_(std::move(options)), thread_([this] { run(); }) {}

member_link::~member_link() {
  {
    std::lock_guard lock{mutex_};
    over_ = true;
  }
  changed_.notify_all();
  thread_.join();
}

bool member_link::is_over() const {
  std::lock_guard lock{mutex_};
  return over_;
}

bool member_link::joined() const {
  std::lock_guard lock{mutex_};
  return joined_;
}

void member_link::wait(std::chrono::milliseconds so_long) {
  std::unique_lock lock{mutex_};
  changed_.wait_for(lock, so_long, [this] { return over_; });
}

template <class Message>
std::optional<cluster::instruction> member_link::ask(control_call call, const Message& what,
                                                     std::chrono::milliseconds within, bool to_the_end) {
  struct answer {
    std::mutex mutex;
    std::condition_variable came;
    std::optional<wire::outcome> how;
  };
  const auto got = std::make_shared<answer>(); // outlives this call where nobody waits for it any more
  options_.controller->request({static_cast<std::uint16_t>(call), {wire::make_part(encode(what))}}, within,
                               [got](wire::outcome how) {
                                 std::lock_guard lock{got->mutex};
                                 got->how = std::move(how);
                                 got->came.notify_all();
                               });
  std::unique_lock lock{got->mutex};
  while (!got->came.wait_for(lock, look_for_interest_every, [&] { return got->how.has_value(); })) {
    if (!to_the_end && is_over()) {
      return std::nullopt;
    }
  }
  const auto& how = *got->how;
  if (how.failure && how.failure->code() == errc::unavailable) {
    return std::nullopt;
  }
  try {
    return decode_call<cluster::instruction>(reply_in(how));
  } catch (const std::exception& e) { // a key that is not allowed, or no controller that speaks there
    return cluster::instruction{cluster::order::leave, e.what(), true};
  }
}

void member_link::run() {
  auto answered = std::chrono::steady_clock::now();
  auto pause = first_pause;
  while (!is_over()) {
    const bool in = joined();
    const auto told = in ? ask(control_call::heartbeat, options_.tell(), options_.answer_within, false)
                         : ask(control_call::join, options_.who, options_.answer_within, false);
    const auto now = std::chrono::steady_clock::now();
    if (is_over()) {
      return;
    }
    if (options_.reached && in) {
      options_.reached(told.has_value());
    }
    if (!told) {
      if (now - answered > options_.give_up_after) {
        options_.obey({cluster::order::leave,
                       "the controller at " + options_.where + " did not answer for " +
                           std::to_string(std::chrono::duration_cast<std::chrono::seconds>(now - answered).count()) +
                           " s; does it run there, and are these keys of its folder?",
                       true});
        return;
      }
      wait(pause);
      pause = std::min(2 * pause, longest_pause);
      continue;
    }
    answered = now;
    pause = first_pause;
    if (told->what == cluster::order::leave) {
      options_.obey(*told);
      return;
    }
    if (told->what == cluster::order::join_again) {
      std::lock_guard lock{mutex_};
      joined_ = false;
      continue;
    }
    if (!in) {
      {
        std::lock_guard lock{mutex_};
        joined_ = true;
      }
      if (options_.joined) {
        options_.joined();
      }
    }
    if (told->what == cluster::order::drain) {
      options_.obey(*told);
    }
    wait(options_.heartbeat);
  }
}

void member_link::leave(const std::string& why) {
  {
    std::lock_guard lock{mutex_};
    over_ = true;
    if (!joined_) {
      return;
    }
    joined_ = false;
  }
  changed_.notify_all();
  ask(control_call::leave, leave_request{why}, goodbye, true);
}

} // namespace troupe::actors
