// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "runtime/wire/allow_list.hpp"

#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <zmq.hpp>

namespace troupe::wire {

/// The ZAP handler (RFC 27) of one ZeroMQ context: lets in the CURVE keys of an allow-list and no other, and gives each
/// connection its public key as `User-Id`. Must exist before the first server socket is bound, and end after the
/// context was shut down.
class authenticator {
public:
  static constexpr const char* domain = "troupe";

  /// `refused` is called on the handler's thread for each key that is not let in.
  authenticator(zmq::context_t& context, std::shared_ptr<const allow_list> allowed, std::function<void()> refused);
  ~authenticator();
  authenticator(const authenticator&) = delete;
  authenticator& operator=(const authenticator&) = delete;

private:
  void run();

  zmq::socket_t socket_;
  std::shared_ptr<const allow_list> allowed_;
  std::function<void()> refused_;
  std::thread thread_; ///< last: it uses all of the above
};

} // namespace troupe::wire
