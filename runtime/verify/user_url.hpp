// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "runtime/verify/judge.hpp"

namespace troupe::verify {

/// The user's own verifier behind a URL: a POST of JSON lines, one JSON line per input in the reply, in order. No
/// reply, a status other than 200 or a short reply make `undecided`. Not thread-safe.
class user_url final : public judge {
public:
  struct options {
    std::string url; ///< http://host:port/path or https://...
    double timeout_s =
        10.0; ///< of one completion; a request of n may take n times that, and is silent no longer than it
  };

  /// Throws error(invalid) when the URL is none.
  explicit user_url(options opts);

  std::vector<finding> judge_all(std::span<const question> questions) override;
  std::string name_and_version() const override { return "url:" + opts_.url; }

private:
  options opts_;
  std::string origin_; ///< scheme, host and port
  std::string path_;
};

} // namespace troupe::verify
