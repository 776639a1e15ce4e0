// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <caf/actor_system.hpp>
#include <caf/actor_system_config.hpp>
#include <caf/send.hpp>

namespace troupe::program {

/// What a quiet_system is configured with, which has to outlive it.
class quiet_config {
protected:
  quiet_config() {
    config_.set("scheduler.max-threads", std::size_t{1});
    config_.set("logger.verbosity", caf::atom("quiet"));
  }
  caf::actor_system_config config_;
};

/// For a process whose heavy actors each have a thread of their own.
class quiet_system : private quiet_config, public caf::actor_system {
public:
  quiet_system() : caf::actor_system(config_) {}
};

/// Tells them to end, the first one first.
template <class... Actors>
void end_actors(const Actors&... these) {
  (caf::anon_send_exit(these, caf::exit_reason::user_shutdown), ...);
}

} // namespace troupe::program
