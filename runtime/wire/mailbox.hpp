// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "runtime/error.hpp"

#include <cstdint>
#include <mutex>
#include <sys/eventfd.h>
#include <unistd.h>
#include <utility>
#include <vector>

namespace troupe::wire {

/// What other threads hand to the one that owns a socket. `fd` becomes readable when something came, so that it can be
/// polled together with the socket.
/// Thread rule: `push` and `close` from any thread, `take` from the owner.
template <class T>
class mailbox {
public:
  mailbox() : fd_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
    if (fd_ < 0) {
      throw error{errc::resource_exhausted, "no more file descriptors: raise the limit (ulimit -n)"};
    }
  }
  ~mailbox() { ::close(fd_); }
  mailbox(const mailbox&) = delete;
  mailbox& operator=(const mailbox&) = delete;

  /// False when closed; then `what` is untouched.
  bool push(T&& what) {
    {
      const std::lock_guard hold{mutex_};
      if (closed_) {
        return false;
      }
      queue_.push_back(std::move(what));
      if (queue_.size() > 1) {
        return true; // the owner has been woken and has not come yet
      }
    }
    wake();
    return true;
  }

  /// Everything that came.
  std::vector<T> take() {
    std::uint64_t ignored = 0;
    [[maybe_unused]] const auto n = ::read(fd_, &ignored, sizeof ignored);
    const std::lock_guard hold{mutex_};
    return std::exchange(queue_, {});
  }

  /// Nothing comes after this; wakes the owner.
  void close() {
    {
      const std::lock_guard hold{mutex_};
      closed_ = true;
    }
    wake();
  }

  bool closed() const {
    const std::lock_guard hold{mutex_};
    return closed_;
  }
  int fd() const noexcept { return fd_; }

private:
  void wake() const {
    const std::uint64_t one = 1;
    [[maybe_unused]] const auto n = ::write(fd_, &one, sizeof one);
  }

  const int fd_;
  mutable std::mutex mutex_;
  std::vector<T> queue_;
  bool closed_ = false;
};

} // namespace troupe::wire
