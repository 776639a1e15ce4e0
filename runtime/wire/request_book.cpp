// SPDX-License-Identifier: Apache-2.0
#include "runtime/wire/request_book.hpp"

#include <algorithm>

namespace troupe::wire {

namespace {

constexpr std::chrono::milliseconds repeat_after_max{30'000};
constexpr unsigned doublings_max = 10;

} // namespace

std::uint64_t request_book::add(request r) {
  const auto sequence = next_sequence_++;
  deadlines_.insert({r.deadline, sequence});
  unsent_.insert(sequence);
  requests_.emplace(sequence, std::move(r));
  return sequence;
}

void request_book::welcome(std::size_t credit) {
  leave();
  credit_ = credit;
}

void request_book::leave() {
  repeats_.clear();
  charged_ = 0;
  credit_ = 0;
  for (auto& [sequence, r] : requests_) {
    r.charged = false;
    unsent_.insert(sequence);
  }
}

std::optional<std::uint64_t> request_book::next() const {
  if (unsent_.empty() || blocked()) {
    return std::nullopt;
  }
  return *unsent_.begin();
}

bool request_book::blocked() const {
  if (unsent_.empty()) {
    return false;
  }
  const auto& first = requests_.at(*unsent_.begin());
  return !first.charged && charged_ + first.cost > credit_;
}

void request_book::sent(std::uint64_t sequence, time_point now) {
  auto& r = requests_.at(sequence);
  unsent_.erase(sequence);
  if (!r.charged) {
    r.charged = true;
    charged_ += r.cost;
  }
  const auto after = std::min(retransmit_after_ * (1 << std::min(r.sends, doublings_max)), repeat_after_max);
  repeats_.erase({r.resend_at, sequence});
  r.resend_at = now + std::max(after, retransmit_after_);
  ++r.sends;
  repeats_.insert({r.resend_at, sequence});
}

request_book::request request_book::remove(std::map<std::uint64_t, request>::iterator at) {
  const auto sequence = at->first;
  request r = std::move(at->second);
  requests_.erase(at);
  unsent_.erase(sequence);
  deadlines_.erase({r.deadline, sequence});
  repeats_.erase({r.resend_at, sequence});
  charged_ -= r.charged ? r.cost : 0;
  return r;
}

std::optional<request_book::request> request_book::take(std::uint64_t sequence) {
  const auto found = requests_.find(sequence);
  return found == requests_.end() ? std::nullopt : std::optional{remove(found)};
}

std::vector<std::pair<std::uint64_t, request_book::request>> request_book::expired(time_point now) {
  std::vector<std::pair<std::uint64_t, request>> out;
  while (!deadlines_.empty() && deadlines_.begin()->first <= now) {
    const auto sequence = deadlines_.begin()->second;
    out.emplace_back(sequence, remove(requests_.find(sequence)));
  }
  return out;
}

std::vector<request_book::request> request_book::take_all() {
  std::vector<request> out;
  while (!requests_.empty()) {
    out.push_back(remove(requests_.begin()));
  }
  return out;
}

std::size_t request_book::repeat(time_point now) {
  std::size_t count = 0;
  while (!repeats_.empty() && repeats_.begin()->first <= now) {
    unsent_.insert(repeats_.begin()->second);
    repeats_.erase(repeats_.begin());
    ++count;
  }
  return count;
}

std::optional<request_book::time_point> request_book::next_timer() const {
  if (deadlines_.empty()) {
    return std::nullopt; // a repetition is of a request, and that has a deadline
  }
  const auto deadline = deadlines_.begin()->first;
  return repeats_.empty() ? deadline : std::min(deadline, repeats_.begin()->first);
}

} // namespace troupe::wire
