// SPDX-License-Identifier: Apache-2.0
#include "runtime/wire/answer_book.hpp"

#include <algorithm>

namespace troupe::wire {

namespace {

constexpr std::size_t entry_bytes = 128; // a node of the map, about

} // namespace

std::size_t answer::bytes() const noexcept {
  std::size_t sum = entry_bytes + head.size();
  for (const auto& p : parts) {
    sum += p->size();
  }
  return sum;
}

answer_book::arrival answer_book::arrive(std::uint64_t sequence, std::size_t cost) {
  const auto found = entries_.find(sequence);
  if (found != entries_.end()) {
    entry& e = found->second;
    if (e.answered) {
      return arrival::answered;
    }
    if (!e.charged && charged_ + e.cost <= options_.credit_bytes) {
      e.charged = true;
      charged_ += e.cost;
    }
    return arrival::in_progress;
  }
  if (sequence < known_from_) {
    return arrival::forgotten;
  }
  if (charged_ + cost > options_.credit_bytes || in_progress_ + cost > 2 * options_.credit_bytes) {
    return arrival::over_credit;
  }
  entries_[sequence] = {.cost = cost, .charged = true};
  charged_ += cost;
  in_progress_ += cost;
  return arrival::fresh;
}

void answer_book::settle(std::uint64_t below) {
  known_from_ = std::max(known_from_, below);
  for (auto it = entries_.begin(); it != entries_.end() && it->first < below;) {
    if (!it->second.answered) {
      uncharge(it->second);
      ++it;
      continue;
    }
    remembered_ -= it->second.what.bytes();
    it = entries_.erase(it);
  }
}

void answer_book::cancel(std::uint64_t sequence) {
  const auto found = entries_.find(sequence);
  if (found == entries_.end()) {
    return;
  }
  entry& e = found->second;
  uncharge(e);
  e.cancelled = true;
  if (e.answered) {
    remembered_ -= e.what.bytes();
    e.what = {};
    remembered_ += e.what.bytes();
  }
}

void answer_book::reconnect() {
  for (auto& [sequence, e] : entries_) {
    uncharge(e);
  }
}

const answer* answer_book::reply(std::uint64_t sequence, answer what) {
  const auto found = entries_.find(sequence);
  if (found == entries_.end() || found->second.answered) {
    return nullptr;
  }
  entry& e = found->second;
  uncharge(e);
  in_progress_ -= e.cost;
  e.answered = true;
  e.what = e.cancelled ? answer{} : std::move(what);
  remembered_ += e.what.bytes();
  forget_oldest(sequence);
  return e.cancelled ? nullptr : &e.what;
}

const answer* answer_book::find(std::uint64_t sequence) const {
  const auto found = entries_.find(sequence);
  return found != entries_.end() && found->second.answered && !found->second.cancelled ? &found->second.what : nullptr;
}

void answer_book::uncharge(entry& e) {
  if (e.charged) {
    e.charged = false;
    charged_ -= e.cost;
  }
}

/// Lowest sequences first, but never `but`, which is about to be sent.
void answer_book::forget_oldest(std::uint64_t but) {
  for (auto it = entries_.begin(); it != entries_.end() && remembered_ > options_.remembered_bytes;) {
    if (!it->second.answered || it->first == but) {
      ++it;
      continue;
    }
    remembered_ -= it->second.what.bytes();
    known_from_ = std::max(known_from_, it->first + 1);
    it = entries_.erase(it);
  }
}

} // namespace troupe::wire
