// SPDX-License-Identifier: Apache-2.0
#include "actors/failure.hpp"

#include <caf/atom.hpp>
#include <caf/deep_to_string.hpp>
#include <caf/message.hpp>
#include <caf/sec.hpp>
#include <string>

namespace troupe::actors {

caf::error to_caf(const std::exception& e) {
  const auto* ours = dynamic_cast<const error*>(&e);
  const errc code = ours == nullptr ? errc::failed : ours->code();
  return caf::error{static_cast<std::uint8_t>(code), caf::atom("troupe"), caf::make_message(std::string{e.what()})};
}

error from_caf(const caf::error& e) {
  if (e.category() == caf::atom("troupe") && e.context().match_elements<std::string>()) {
    return error{static_cast<errc>(e.code()), e.context().get_as<std::string>(0)};
  }
  if (e == caf::sec::request_timeout) {
    return error{errc::unavailable, "an actor did not answer in time"};
  }
  return error{errc::failed, "an actor ended: " + caf::to_string(e.category()) + " " + std::to_string(e.code()) + " " +
                                 caf::to_string(e.context())};
}

} // namespace troupe::actors
