// SPDX-License-Identifier: Apache-2.0
#include "deploy/live/endpoint.hpp"

#include "runtime/error.hpp"

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>
#include <vector>

namespace troupe::live {

namespace fs = std::filesystem;
using std::chrono::steady_clock;

namespace {

constexpr std::size_t askers_max = 8;
constexpr auto time_to_ask = std::chrono::seconds{5};
constexpr auto pause_without_descriptors = std::chrono::seconds{1};

void remove_folder(const std::string& folder) {
  std::error_code gone_already; // by its asker, or with the run directory
  fs::remove_all(folder, gone_already);
}

std::string line_of(const nlohmann::json& j) {
  return j.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
}

/// Small enough for any socket's buffer; one who does not take it is hung up on.
bool send_line(const descriptor& to, const std::string& line) {
  return ::send(to.get(), line.data(), line.size(), MSG_NOSIGNAL | MSG_DONTWAIT) == static_cast<ssize_t>(line.size());
}

} // namespace

endpoint::endpoint(const std::string& run_folder, const store::journal& journal)
    : folder_(fs::absolute(fs::path{run_folder} / copies_name).string()),
      socket_((fs::path{run_folder} / socket_name).string()), journal_(journal) {
  remove_folder(folder_);
  try {
    wake_ = descriptor{::eventfd(0, EFD_CLOEXEC)};
    if (!wake_) {
      throw error{errc::failed, "no descriptor is left"};
    }
    listener_ = listen_in(run_folder);
  } catch (const error& e) {
    problem_ = e.what();
    return;
  }
  thread_ = std::thread{[this] { serve(); }};
}

endpoint::~endpoint() {
  if (!thread_.joinable()) {
    return;
  }
  const std::uint64_t one = 1;
  while (::write(wake_.get(), &one, sizeof one) < 0 && errno == EINTR) {
  }
  thread_.join();
  ::unlink(socket_.c_str());
  for (const auto& a : askers_) {
    forget(a);
  }
}

int endpoint::wait_ms() const {
  auto next = steady_clock::time_point::max();
  for (const auto& a : askers_) {
    next = a.copy.empty() ? std::min(next, a.hang_up) : next;
  }
  if (admit_after_ > steady_clock::now()) {
    next = std::min(next, admit_after_);
  }
  if (next == steady_clock::time_point::max()) {
    return -1;
  }
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(next - steady_clock::now()).count();
  return static_cast<int>(std::clamp<std::int64_t>(left, 0, 60'000));
}

void endpoint::serve() {
  while (true) {
    std::vector<pollfd> waits{{wake_.get(), POLLIN, 0}, {listener_.get(), POLLIN, 0}};
    if (admit_after_ > steady_clock::now()) {
      waits[1].events = 0;
    }
    for (const auto& a : askers_) {
      waits.push_back({a.fd.get(), POLLIN, 0});
    }
    if (::poll(waits.data(), waits.size(), wait_ms()) < 0) {
      continue; // interrupted; what was there stays there
    }
    if (waits[0].revents != 0) {
      return;
    }
    auto at = waits.begin() + 2;
    for (auto a = askers_.begin(); a != askers_.end(); ++at) {
      const bool late = a->copy.empty() && a->hang_up <= steady_clock::now();
      const bool stays = at->revents != 0 ? hear(*a) : !late;
      if (!stays) {
        forget(*a);
      }
      a = stays ? std::next(a) : askers_.erase(a);
    }
    if (waits[1].revents != 0) {
      admit();
    }
  }
}

void endpoint::admit() {
  descriptor fd{::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK)};
  if (!fd) { // most likely out of descriptors: the asker keeps waiting in the queue
    admit_after_ = steady_clock::now() + pause_without_descriptors;
    return;
  }
  if (askers_.size() == askers_max) {
    send_line(fd, line_of({{"code", static_cast<int>(errc::unavailable)},
                           {"error", std::to_string(askers_max) + " others look into this run; ask again later"}}));
    return;
  }
  askers_.push_back({std::move(fd), steady_clock::now() + time_to_ask, "", ""});
}

bool endpoint::hear(asker& a) {
  char piece[longest_line];
  const auto got = ::recv(a.fd.get(), piece, sizeof piece, MSG_DONTWAIT);
  if (got < 0) {
    return errno == EAGAIN || errno == EINTR;
  }
  a.said.append(piece, static_cast<std::size_t>(got));
  if (got == 0 || a.said.size() > longest_line || !a.copy.empty()) {
    return false; // hung up, or says more than there is to say
  }
  return a.said.find('\n') == std::string::npos || (send_line(a.fd, answer(a)) && !a.copy.empty());
}

std::string endpoint::answer(asker& a) {
  const auto asked = nlohmann::json::parse(a.said, nullptr, false);
  if (asked.is_discarded() || asked != nlohmann::json::object({{"ask", "checkpoint"}})) {
    return line_of({{"code", static_cast<int>(errc::invalid)},
                    {"error", "this run answers {\"ask\":\"checkpoint\"} only; use the troupectl of its version"}});
  }
  const std::string copy = folder_ + "/" + std::to_string(copies_made_++);
  try {
    fs::create_directories(folder_);
    journal_.checkpoint(copy);
    a.copy = copy;
    return line_of({{"folder", copy}});
  } catch (const error& e) {
    remove_folder(copy);
    return line_of({{"code", static_cast<int>(e.code())}, {"error", e.what()}});
  } catch (const fs::filesystem_error& e) {
    return line_of({{"code", static_cast<int>(errc::failed)}, {"error", e.what()}});
  }
}

void endpoint::forget(const asker& a) const {
  if (!a.copy.empty()) {
    remove_folder(a.copy);
    ::rmdir(folder_.c_str()); // fails while there are others
  }
}

} // namespace troupe::live
