// SPDX-License-Identifier: Apache-2.0
#include "deploy/troupe/child_process.hpp"

#include "runtime/error.hpp"

#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstring>
#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>

namespace troupe::program {

namespace {

constexpr std::chrono::milliseconds look_for_end_every{20};

/// In the child; async-signal-safe calls alone.
[[noreturn]] void become(char* const* words, const char* log, pid_t parent) {
  ::setpgid(0, 0);
  ::prctl(PR_SET_PDEATHSIG, SIGTERM);
  if (::getppid() != parent) { // it died before it could be watched
    ::_exit(1);
  }
  std::signal(SIGCHLD, SIG_DFL);
  sigset_t none;
  sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  const int nothing = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
  ::dup2(nothing, STDIN_FILENO);
  if (log != nullptr) {
    const int out = ::open(log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
    if (out < 0) {
      ::_exit(1);
    }
    ::dup2(out, STDOUT_FILENO);
    ::dup2(out, STDERR_FILENO);
  }
  ::execv("/proc/self/exe", words);
  ::_exit(127);
}

} // namespace

std::string process_end::text() const {
  return signal != 0 ? "killed by signal " + std::to_string(signal) : "exit status " + std::to_string(status);
}

child_process::child_process(const std::vector<std::string>& arguments, const std::string& log) {
  std::vector<std::string> words{"troupe"};
  words.insert(words.end(), arguments.begin(), arguments.end());
  std::vector<char*> pointers;
  for (auto& w : words) {
    pointers.push_back(w.data());
  }
  pointers.push_back(nullptr);
  const pid_t parent = ::getpid();
  pid_ = ::fork();
  if (pid_ < 0) {
    throw error{errc::failed, std::string{"cannot start a process: "} + std::strerror(errno)};
  }
  if (pid_ == 0) {
    become(pointers.data(), log.empty() ? nullptr : log.c_str(), parent);
  }
}

child_process::~child_process() {
  if (!ended()) {
    signal(SIGKILL);
    wait(5);
  }
}

void child_process::signal(int number) const {
  if (!end_) {
    ::kill(pid_, number);
  }
}

std::optional<process_end> child_process::ended() {
  if (!end_) {
    int status = 0;
    if (::waitpid(pid_, &status, WNOHANG) == pid_) {
      end_ = WIFSIGNALED(status) ? process_end{.signal = WTERMSIG(status)} : process_end{.status = WEXITSTATUS(status)};
    }
  }
  return end_;
}

std::optional<process_end> child_process::wait(double seconds) {
  const auto until = std::chrono::steady_clock::now() + std::chrono::duration<double>(seconds);
  while (!ended() && std::chrono::steady_clock::now() < until) {
    std::this_thread::sleep_for(look_for_end_every); // waitpid has no deadline
  }
  return end_;
}

} // namespace troupe::program
