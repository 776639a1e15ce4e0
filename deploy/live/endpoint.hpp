// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "deploy/live/socket.hpp"
#include "runtime/store/journal.hpp"

#include <chrono>
#include <cstdint>
#include <list>
#include <string>
#include <thread>

namespace troupe::live {

/// Lets `troupectl --run` look into this process's store while it works, on a thread of its own: never opens the
/// database a second time, never holds up a writer. A copy goes when its asker hangs up, however that ends; what a
/// killed process left is removed by the next one's constructor.
class endpoint {
public:
  /// The caller holds the store's lock. A folder that cannot hold a socket is no reason not to run: see `problem`.
  endpoint(const std::string& run_folder, const store::journal& journal);
  ~endpoint();
  endpoint(const endpoint&) = delete;
  endpoint& operator=(const endpoint&) = delete;

  /// Why it does not listen; empty when it does.
  const std::string& problem() const noexcept { return problem_; }

private:
  struct asker {
    descriptor fd;
    std::chrono::steady_clock::time_point hang_up; ///< when it has not asked by then
    std::string said;
    std::string copy; ///< the folder it was given; empty: none yet
  };

  void serve();
  void admit();
  /// False when it is to be hung up on.
  bool hear(asker& a);
  std::string answer(asker& a);
  void forget(const asker& a) const;
  int wait_ms() const;

  std::string folder_; ///< RUN/copies
  std::string socket_;
  const store::journal& journal_;
  std::string problem_;
  descriptor listener_;
  descriptor wake_;
  std::list<asker> askers_;
  std::chrono::steady_clock::time_point admit_after_;
  std::uint64_t copies_made_ = 0;
  std::thread thread_;
};

} // namespace troupe::live
