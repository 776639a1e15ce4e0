// SPDX-License-Identifier: Apache-2.0
#include "runtime/wire/message.hpp"

#include <algorithm>
#include <array>

namespace troupe::wire {

namespace {

constexpr std::array<std::string_view, 7> role_names{"controller", "buffer",     "generator",    "verifier",
                                                     "learner",    "admin_read", "admin_operate"};

} // namespace

std::size_t message::bytes() const noexcept {
  std::size_t sum = 0;
  for (const auto& p : parts) {
    sum += p->size();
  }
  return sum;
}

part make_part(std::string bytes) {
  return std::make_shared<const std::string>(std::move(bytes));
}

std::string to_string(role r) {
  return std::string{role_names.at(static_cast<std::size_t>(r))};
}

std::optional<role> parse_role(std::string_view text) {
  const auto* const found = std::find(role_names.begin(), role_names.end(), text);
  return found == role_names.end() ? std::nullopt : std::optional{static_cast<role>(found - role_names.begin())};
}

bool is_worker(role r) {
  return std::find(worker_roles.begin(), worker_roles.end(), r) != worker_roles.end();
}

std::vector<std::string> worker_names() {
  std::vector<std::string> names;
  for (const auto one : worker_roles) {
    names.push_back(to_string(one));
  }
  return names;
}

} // namespace troupe::wire
