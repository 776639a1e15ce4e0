// SPDX-License-Identifier: Apache-2.0
#include "runtime/metrics/appender.hpp"

#include "runtime/error.hpp"

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <utility>

namespace troupe::metrics {

appender::appender(std::filesystem::path place)
    : place_(std::move(place)), file_(::open(place_.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644)) {
  if (file_ < 0) {
    throw error{errc::resource_exhausted, "cannot append to " + place_.string() + ": " + std::strerror(errno)};
  }
}

appender::~appender() {
  close();
}

void appender::append(std::string entry) {
  if (waiting_bytes_ + entry.size() > memory_max) {
    retry();
  }
  if (waiting_bytes_ + entry.size() > memory_max) {
    ++lost_;
    return;
  }
  waiting_bytes_ += entry.size();
  waiting_.push_back(std::move(entry));
  retry();
}

void appender::retry() {
  while (!waiting_.empty()) {
    const auto rest = std::string_view{waiting_.front()}.substr(begun_);
    const auto written = ::write(file_, rest.data(), rest.size());
    if (written < 0) {
      if (errno == EINTR) {
        continue;
      }
      problem_ = place_.string() + ": cannot be written: " + std::strerror(errno);
      return;
    }
    begun_ += static_cast<std::size_t>(written);
    if (begun_ == waiting_.front().size()) {
      waiting_bytes_ -= begun_;
      begun_ = 0;
      waiting_.pop_front();
    }
  }
}

void appender::close() {
  if (file_ < 0) {
    return;
  }
  retry();
  struct stat about {};
  if (begun_ > 0 && ::fstat(file_, &about) == 0 &&
      ::ftruncate(file_, about.st_size - static_cast<off_t>(begun_)) != 0) {
    problem_ = place_.string() + ": cannot be written: " + std::strerror(errno);
  }
  lost_ += waiting_.size();
  waiting_.clear();
  ::close(std::exchange(file_, -1));
}

} // namespace troupe::metrics
