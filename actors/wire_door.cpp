// SPDX-License-Identifier: Apache-2.0
#include "actors/wire_door.hpp"

#include <algorithm>
#include <caf/send.hpp>

namespace troupe::actors {

void controller_fence::check(const wire::peer& from) {
  if (from.as != wire::role::controller || from.life == present_) {
    return;
  }
  if (std::find(replaced_.begin(), replaced_.end(), from.life) != replaced_.end()) {
    throw error{errc::fenced, "another controller has taken over from " + to_string(from.life)};
  }
  if (present_ != incarnation{}) {
    replaced_.push_back(present_);
  }
  present_ = from.life;
}

wire::handler handler_of(door_actor door) {
  return [door = std::move(door)](const wire::peer& from, wire::message what, wire::respond answer) {
    caf::anon_send(door, wire_asked{from, std::make_shared<wire::message>(std::move(what)), std::move(answer)});
  };
}

} // namespace troupe::actors
