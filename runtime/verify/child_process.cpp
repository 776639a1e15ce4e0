// SPDX-License-Identifier: Apache-2.0
#include "runtime/verify/child_process.hpp"

#include "runtime/error.hpp"

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

extern char** environ;

namespace troupe::verify {
namespace {

constexpr std::size_t longest_line = 16u << 20;

void close_one(int& fd) {
  if (fd >= 0) {
    ::close(fd);
    fd = -1;
  }
}

} // namespace

child_process::child_process(const std::vector<std::string>& command) {
  int in[2] = {-1, -1};
  int out[2] = {-1, -1};
  int err[2] = {-1, -1};
  int failed = ::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, in) != 0 || ::pipe2(out, O_CLOEXEC) != 0 ||
                       ::pipe2(err, O_CLOEXEC) != 0
                   ? errno
                   : 0;
  if (failed == 0) {
    posix_spawn_file_actions_t files;
    posix_spawnattr_t attributes;
    posix_spawn_file_actions_init(&files);
    posix_spawn_file_actions_adddup2(&files, in[1], 0);
    posix_spawn_file_actions_adddup2(&files, out[1], 1);
    posix_spawn_file_actions_adddup2(&files, err[1], 2);
    posix_spawnattr_init(&attributes);
    sigset_t none;
    sigset_t usual;
    sigemptyset(&none);
    sigfillset(&usual);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
    posix_spawnattr_setpgroup(&attributes, 0);
    posix_spawnattr_setsigmask(&attributes, &none);
    posix_spawnattr_setsigdefault(&attributes, &usual);
    std::vector<char*> words;
    for (const auto& word : command) {
      words.push_back(const_cast<char*>(word.c_str()));
    }
    words.push_back(nullptr);
    failed = ::posix_spawnp(&pid_, words[0], &files, &attributes, words.data(), environ);
    posix_spawn_file_actions_destroy(&files);
    posix_spawnattr_destroy(&attributes);
  }
  for (int* theirs : {&in[1], &out[1], &err[1]}) {
    close_one(*theirs);
  }
  in_ = in[0];
  out_ = out[0];
  err_ = err[0];
  if (failed != 0) {
    pid_ = -1;
    close_all();
    throw error(failed == ENOENT ? errc::not_found : errc::failed,
                "the verifier's program " + command[0] + " cannot be started: " + std::strerror(failed));
  }
  for (const int fd : {in_, out_, err_}) {
    ::fcntl(fd, F_SETFL, O_NONBLOCK);
  }
}

child_process::~child_process() {
  kill_group();
  close_all();
}

void child_process::close_all() {
  close_one(in_);
  close_one(out_);
  close_one(err_);
}

void child_process::kill_group() {
  if (pid_ > 0) {
    ::kill(-pid_, SIGKILL);
    while (::waitpid(pid_, nullptr, 0) < 0 && errno == EINTR) {
    }
    pid_ = -1;
  }
}

bool child_process::read_into(int fd, std::string& buffer) {
  char piece[1 << 16];
  const auto got = ::read(fd, piece, sizeof piece);
  if (got > 0) {
    buffer.append(piece, static_cast<std::size_t>(got));
    return true;
  }
  return got < 0 && (errno == EAGAIN || errno == EINTR);
}

child_process::outcome child_process::exchange(std::string_view& input, std::string& line, deadline until) {
  while (true) {
    if (const auto end = out_text_.find('\n'); end != std::string::npos) {
      line = out_text_.substr(0, end);
      out_text_.erase(0, end + 1);
      return outcome::line;
    }
    if (out_ < 0 || out_text_.size() > longest_line) {
      return outcome::ended;
    }
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(until - std::chrono::steady_clock::now()).count();
    if (left <= 0) {
      return outcome::late;
    }
    pollfd watched[3] = {{out_, POLLIN, 0}, {err_, POLLIN, 0}, {input.empty() ? -1 : in_, POLLOUT, 0}};
    if (::poll(watched, 3, static_cast<int>(std::min<std::int64_t>(left, 1 << 30))) < 0 && errno != EINTR) {
      return outcome::ended;
    }
    if (watched[0].revents != 0 && !read_into(out_, out_text_)) {
      close_one(out_);
    }
    if (watched[1].revents != 0) {
      if (!read_into(err_, err_text_)) {
        close_one(err_);
      }
      err_text_.erase(0, err_text_.size() - std::min<std::size_t>(err_text_.size(), 4096));
    }
    if (watched[2].revents != 0) {
      const auto sent = ::send(in_, input.data(), input.size(), MSG_NOSIGNAL);
      if (sent > 0) {
        input.remove_prefix(static_cast<std::size_t>(sent));
      } else if (errno != EAGAIN && errno != EINTR) {
        input = {}; // it closed its stdin; what it has already answered can still be read
      }
    }
  }
}

std::string child_process::last_words() {
  close_one(in_);
  int status = 0;
  bool reaped = false;
  for (int wait = 0; wait < 100 && !reaped; ++wait) {
    reaped = ::waitpid(pid_, &status, WNOHANG) == pid_;
    if (!reaped) {
      ::poll(nullptr, 0, 10);
    }
  }
  std::string words = "still running with its output closed";
  if (reaped) {
    words = WIFEXITED(status) ? "exit status " + std::to_string(WEXITSTATUS(status))
                              : "signal " + std::to_string(WTERMSIG(status));
    ::kill(-pid_, SIGKILL); // what it started and left behind
    pid_ = -1;
  }
  while (err_ >= 0 && err_text_.size() < longest_line) {
    const auto before = err_text_.size();
    if (!read_into(err_, err_text_) || err_text_.size() == before) {
      close_one(err_);
    }
  }
  while (!err_text_.empty() && err_text_.back() == '\n') {
    err_text_.pop_back();
  }
  const auto last = err_text_.rfind('\n');
  const auto said = err_text_.substr(last == std::string::npos ? 0 : last + 1, 300);
  return words + (said.empty() ? "" : "; its last words: " + said);
}

} // namespace troupe::verify
