// SPDX-License-Identifier: Apache-2.0
#include "actors/member_link.hpp"

#include "actors/control_calls.hpp"
#include "actors/wire_reply.hpp"
#include "runtime/error.hpp"

#include <algorithm>
#include <future>
#include <optional>

namespace troupe::actors {

namespace {

constexpr std::chrono::milliseconds first_pause{200}; // between two attempts to join; doubled each time
constexpr std::chrono::milliseconds longest_pause{5000};
constexpr std::chrono::milliseconds goodbye{2000};

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

bool member_link::joined() const {
  std::lock_guard lock{mutex_};
  return joined_;
}

void member_link::wait(std::chrono::milliseconds so_long) {
  std::unique_lock lock{mutex_};
  changed_.wait_for(lock, so_long, [this] { return over_; });
}

template <class Message>
std::optional<cluster::instruction> member_link::ask(std::uint16_t kind, const Message& what,
                                                     std::chrono::milliseconds within) {
  auto promised = std::make_shared<std::promise<wire::outcome>>();
  auto answer = promised->get_future();
  options_.controller->request({kind, {wire::make_part(encode(what))}}, within,
                               [promised](wire::outcome how) { promised->set_value(std::move(how)); });
  const auto how = answer.get(); // the client bounds it
  if (how.failure && how.failure->code() == errc::unavailable) {
    return std::nullopt;
  }
  try {
    return decode_control<cluster::instruction>(reply_in(how));
  } catch (const std::exception& e) { // a key that is not allowed, or no controller that speaks there
    return cluster::instruction{cluster::order::leave, e.what(), true};
  }
}

void member_link::run() {
  auto answered = std::chrono::steady_clock::now();
  auto pause = first_pause;
  const auto over = [this] {
    std::lock_guard lock{mutex_};
    return over_;
  };
  while (!over()) {
    const bool in = joined();
    const auto told =
        in ? ask(static_cast<std::uint16_t>(control_call::heartbeat), options_.tell(), options_.answer_within)
           : ask(static_cast<std::uint16_t>(control_call::join), options_.who, options_.answer_within);
    const auto now = std::chrono::steady_clock::now();
    if (!told) {
      if (now - answered > options_.give_up_after) {
        options_.obey({cluster::order::leave,
                       "the controller did not answer for " +
                           std::to_string(std::chrono::duration_cast<std::chrono::seconds>(now - answered).count()) +
                           " s",
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
  ask(static_cast<std::uint16_t>(control_call::leave), leave_request{why}, goodbye);
}

} // namespace troupe::actors
