// SPDX-License-Identifier: Apache-2.0
// What operators change while a run goes on. It lies in the journal, so that it outlives a restart.
#include "actors/buffer_service.hpp"
#include "runtime/error.hpp"

#include <charconv>

namespace troupe::actors {

namespace {

constexpr const char* pause_setting = "paused";

std::string staleness_setting(stage_index stage) {
  return "live_max_staleness:" + std::to_string(stage.value);
}

} // namespace

void buffer_service::take_up_steering() {
  paused_ = journal_.setting(pause_setting).value_or("0") == "1";
  const auto text = open_ ? journal_.setting(staleness_setting(stage_).c_str()) : std::nullopt;
  std::uint32_t versions = 0;
  if (text && std::from_chars(text->data(), text->data() + text->size(), versions).ec == std::errc{}) {
    ledger_.set_max_staleness(versions);
  }
}

steer_reply buffer_service::steer(const steer_request& r) {
  const bool trains_groups = open_ && spec().type == config::stage_type::grpo;
  if (r.max_staleness && !trains_groups) {
    throw error{errc::conflict, "max_staleness is of a grpo stage; none is at work now"};
  }
  store::write rest;
  if (r.paused) {
    rest.settings.emplace_back(pause_setting, *r.paused ? "1" : "0");
  }
  if (r.max_staleness) {
    rest.settings.emplace_back(staleness_setting(stage_), std::to_string(*r.max_staleness));
  }
  save({}, std::move(rest), store::durability::disk);
  take_up_steering();
  return {.paused = paused_, .max_staleness = trains_groups ? ledger_.max_staleness() : 0};
}

} // namespace troupe::actors
