// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "schema/ids.hpp"

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// Request and reply of opaque bytes between processes, over ZeroMQ: authenticated, bounded, sent again until answered.
/// What a message means is its users' business.
namespace troupe::wire {

/// Bytes of one frame. Immutable and shared, so that they travel without a copy; never null.
using part = std::shared_ptr<const std::string>;

/// What one side says to the other; `kind` is the users' own number.
struct message {
  std::uint16_t kind = 0;
  std::vector<part> parts;

  std::size_t bytes() const noexcept; ///< of all parts
};

part make_part(std::string bytes);

/// What a process is to the system; decides which kinds of requests it may make. Numbers are never reused.
enum class role : std::uint8_t {
  controller = 0,
  buffer = 1,
  generator = 2,
  verifier = 3,
  learner = 4,
  admin_read = 5,
  admin_operate = 6,
};

std::string to_string(role r);
std::optional<role> parse_role(std::string_view text);

/// Roles of which a run has as many as it likes: they are scaled and drained while it goes on.
inline constexpr std::array<role, 2> worker_roles{role::generator, role::verifier};
bool is_worker(role r);
std::vector<std::string> worker_names(); ///< of these roles

/// Who asks.
struct peer {
  std::string name;
  role as = role::generator;
  incarnation life;
};

} // namespace troupe::wire
