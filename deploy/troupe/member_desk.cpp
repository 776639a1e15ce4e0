// SPDX-License-Identifier: Apache-2.0
#include "deploy/troupe/member_desk.hpp"

#include "actors/control_calls.hpp"
#include "actors/wire_reply.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

namespace troupe::program {

namespace {

constexpr std::chrono::seconds account_every{1};

bool is_core(wire::role as) {
  return as == wire::role::buffer || as == wire::role::learner;
}

} // namespace

wire::handler member_desk::handler() {
  return [this](const wire::peer& from, wire::message what, wire::respond respond) {
    actors::answered(respond, [&] { respond(actors::success(actors::encode(answer(from, what)))); });
  };
}

cluster::instruction member_desk::answer(const wire::peer& from, const wire::message& what) {
  using actors::control_call;
  const auto now = std::chrono::steady_clock::now();
  switch (static_cast<control_call>(what.kind)) {
  case control_call::join: {
    auto who = actors::decode_call<cluster::joiner>(*actors::only_part(what));
    who.name = from.name;
    who.as = from.as;
    who.life = from.life;
    std::lock_guard lock{mutex_};
    return membership_.join(who, now);
  }
  case control_call::heartbeat: {
    const auto said = actors::decode_call<cluster::sign_of_life>(*actors::only_part(what));
    std::lock_guard lock{mutex_};
    const auto told = membership_.hear(from.name, from.life, said, now);
    if (told.what != cluster::order::join_again && !told.refused) {
      account(from.name, from.as, said);
    }
    return told;
  }
  case control_call::leave: {
    const auto left = actors::decode_call<actors::leave_request>(*actors::only_part(what));
    std::lock_guard lock{mutex_};
    membership_.leave(from.name, from.life, left.why, now);
    return {};
  }
  }
  throw error{errc::invalid, "request of the unknown kind " + std::to_string(what.kind)};
}

bool member_desk::is_rank(const std::string& name) const {
  return cluster::is_rank(options_.ranks, name);
}

void member_desk::account(const std::string& name, wire::role as, const cluster::sign_of_life& said) {
  auto& last = meters_[name];
  const auto grown = [](std::uint64_t now, std::uint64_t before) { return now < before ? now : now - before; };
  const double busy = static_cast<double>(grown(said.busy_us, last.busy_us)) * 1e-6;
  if (as == wire::role::generator) {
    generated_since_[name] += busy;
    sampled_since_ += grown(said.tokens, last.tokens);
  } else if (as == wire::role::learner && !is_rank(name)) { // its ranks train at the same time
    trained_since_ += busy;
  }
  last = {said.busy_us, said.tokens};
}

void member_desk::tick() {
  const auto now = std::chrono::steady_clock::now();
  std::vector<cluster::event> events;
  bool begun = false;
  {
    std::lock_guard lock{mutex_};
    membership_.expire(now);
    events = membership_.take_events();
    begun = begun_;
    for (const auto& e : events) {
      tally_.joined += e.what == cluster::event::kind::joined ? 1 : 0;
      tally_.lost += e.what == cluster::event::kind::lost ? 1 : 0;
      if (e.what != cluster::event::kind::joined && is_core(e.who.as)) {
        begun_ = false;
      }
    }
    if (const auto passed = now - ticked_; passed >= account_every) {
      double most = 0;
      for (auto& [name, busy] : generated_since_) {
        most = std::max(most, busy);
        busy = 0;
      }
      carry_on(now);
      const double seconds = std::chrono::duration<double>(passed).count();
      rates_.generating = std::min(1.0, most / seconds);
      rates_.training = std::min(1.0, trained_since_ / seconds);
      rates_.both = std::max(0.0, rates_.generating + rates_.training - 1);
      rates_.tokens = static_cast<double>(std::exchange(sampled_since_, 0)) / seconds;
      trained_since_ = 0;
      ticked_ = now;
    }
  }
  for (const auto& e : events) {
    const auto role = wire::to_string(e.who.as);
    if (e.what == cluster::event::kind::joined) {
      options_.note(e.who.name + " has joined from " + e.who.host + ", process " + std::to_string(e.who.pid));
      options_.roll->join({e.who.name, e.who.life}, role);
      continue;
    }
    const auto why = e.who.name + (e.what == cluster::event::kind::left ? " has left: " : " is lost: ") + e.reason;
    options_.note(why);
    if (is_core(e.who.as)) {
      if (begun) {
        options_.interrupted(why);
      }
    } else {
      options_.roll->lose({e.who.name, e.who.life}, role, e.reason, e.what == cluster::event::kind::left);
    }
  }
}

std::vector<std::string> member_desk::missing_now() const {
  std::vector<std::string> all;
  const auto here = membership_.members(std::chrono::steady_clock::now());
  for (const auto role : {wire::role::buffer, wire::role::learner}) {
    const bool present = std::any_of(here.begin(), here.end(), [&](const auto& m) {
      return m.who.as == role && !is_rank(m.who.name) && membership_.present(m.who.name);
    });
    if (!present) {
      all.push_back(wire::to_string(role));
    }
  }
  std::copy_if(options_.ranks.begin(), options_.ranks.end(), std::back_inserter(all),
               [this](const auto& name) { return !membership_.present(name); });
  return all;
}

std::vector<std::string> member_desk::missing() {
  std::lock_guard lock{mutex_};
  return missing_now();
}

bool member_desk::begin() {
  tick(); // what happened before is no interruption
  std::lock_guard lock{mutex_};
  if (!missing_now().empty() || membership_.has_events()) {
    return false;
  }
  options_.roll->mend();
  begun_ = true;
  return true;
}

bool member_desk::drain(const std::string& name) {
  std::lock_guard lock{mutex_};
  return membership_.drain(name);
}

void member_desk::finish(const std::string& why) {
  std::lock_guard lock{mutex_};
  membership_.finish(why);
}

std::vector<cluster::member> member_desk::members() {
  std::lock_guard lock{mutex_};
  return membership_.members(std::chrono::steady_clock::now());
}

member_desk::counts member_desk::tally() {
  std::lock_guard lock{mutex_};
  return tally_;
}

std::size_t member_desk::present() {
  std::lock_guard lock{mutex_};
  std::size_t n = 0;
  for (const auto& m : membership_.members(std::chrono::steady_clock::now())) {
    n += membership_.present(m.who.name) ? 1 : 0;
  }
  return n;
}

actors::activity::seconds member_desk::measure() {
  std::lock_guard lock{mutex_};
  carry_on(std::chrono::steady_clock::now());
  return sum_;
}

void member_desk::carry_on(cluster::time_point now) {
  const double passed = std::chrono::duration<double>(now - carried_).count();
  carried_ = now;
  sum_.generating += rates_.generating * passed;
  sum_.training += rates_.training * passed;
  sum_.both += rates_.both * passed;
  tokens_ += rates_.tokens * passed;
  sum_.tokens = static_cast<std::uint64_t>(tokens_);
}

} // namespace troupe::program
