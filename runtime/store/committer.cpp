// SPDX-License-Identifier: Apache-2.0
#include "runtime/store/committer.hpp"

#include "runtime/error.hpp"

#include <algorithm>
#include <semaphore>

namespace troupe::store {

struct committer::request {
  transition what;
  durability how = durability::none;
  std::size_t bytes = 0;
  std::optional<error> failure;
  std::binary_semaphore done{0};
};

namespace {

std::size_t size_of(const transition& what) {
  std::size_t bytes = 0;
  for (const auto& c : what) {
    bytes += c.key.size() + (c.sealed ? c.sealed->size() : 0);
  }
  return bytes;
}

} // namespace

committer::committer(writer write, options opts)
    : write_(std::move(write)), options_(opts), thread_([this] { run(); }) {}

committer::~committer() {
  {
    const std::lock_guard hold{mutex_};
    closing_ = true;
  }
  arrived_.notify_one();
  thread_.join();
}

void committer::commit(transition what, durability how) {
  auto mine = std::make_shared<request>();
  mine->what = std::move(what);
  mine->how = how;
  mine->bytes = size_of(mine->what);
  {
    std::unique_lock hold{mutex_};
    taken_.wait(hold, [&] { return queue_.empty() || queued_bytes_ + mine->bytes <= options_.queued_bytes_max; });
    queued_bytes_ += mine->bytes;
    waiting_ += how == durability::none ? 0 : 1;
    queue_.push_back(mine);
  }
  arrived_.notify_one();
  if (how == durability::none) {
    return;
  }
  mine->done.acquire();
  if (mine->failure) {
    throw *mine->failure;
  }
}

std::size_t committer::queued() const {
  const std::lock_guard hold{mutex_};
  return queue_.size();
}

void committer::run() {
  while (true) {
    const auto group = next_group();
    if (group.empty()) {
      return;
    }
    write_group(group);
  }
}

/// Empty when closing and everything is written.
std::vector<std::shared_ptr<committer::request>> committer::next_group() {
  std::unique_lock hold{mutex_};
  arrived_.wait(hold, [&] { return closing_ || !queue_.empty(); });
  arrived_.wait_until(hold, answered_at_ + options_.wait_max,
                      [&] { return closing_ || waiting_ >= answered_ || queued_bytes_ >= options_.bytes_max; });
  std::vector<std::shared_ptr<request>> group;
  std::size_t bytes = 0;
  while (!queue_.empty() && (group.empty() || bytes + queue_.front()->bytes <= options_.bytes_max)) {
    bytes += queue_.front()->bytes;
    waiting_ -= queue_.front()->how == durability::none ? 0 : 1;
    group.push_back(std::move(queue_.front()));
    queue_.pop_front();
  }
  queued_bytes_ -= bytes;
  hold.unlock();
  taken_.notify_all();
  return group;
}

void committer::write_group(const std::vector<std::shared_ptr<request>>& group) {
  std::vector<const transition*> all;
  auto how = durability::none;
  for (const auto& r : group) {
    all.push_back(&r->what);
    how = std::max(how, r->how);
  }
  std::optional<error> failure;
  try {
    write_(all, how);
  } catch (const error& e) {
    failure = e;
  }
  answered_ = 0;
  answered_at_ = std::chrono::steady_clock::now();
  for (const auto& r : group) {
    answered_ += r->how == durability::none ? 0 : 1;
    r->failure = failure;
    r->done.release();
  }
}

} // namespace troupe::store
