// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "runtime/http/server.hpp"
#include "runtime/store/journal.hpp"

#include <atomic>
#include <cstdint>
#include <string>

namespace troupe::admin {

/// Lets others read the store of this process with troupectl's own verbs: POST /v1/read {"arguments":["get","groups"]}
/// answers {"status","out","err"} as `troupectl --run RUN ARGUMENTS` would have exited and printed here. Each reads a
/// copy (hard links) of its own moment, RUN/copies/http-N, which goes with the answer; no writer waits.
///
/// Verbs that write are refused: a store that is at work has one writer. At most `readers_max` at once, others get 503;
/// an answer longer than `answer_max` is refused with the advice to ask for less. For admin_read and admin_operate.
class store_reading {
public:
  static constexpr unsigned readers_max = 2;
  static constexpr std::size_t answer_max = std::size_t{16} << 20; ///< bytes

  /// `journal` is the open store of RUN/store; both outlive the server.
  store_reading(std::string run_folder, const store::journal& journal);

  void add_routes(http::server& to);

private:
  http::reply read(const http::request& asked);

  std::string run_folder_;
  const store::journal& journal_;
  std::atomic<unsigned> readers_ = 0;
  std::atomic<std::uint64_t> copies_made_ = 0;
};

} // namespace troupe::admin
