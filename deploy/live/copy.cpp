// SPDX-License-Identifier: Apache-2.0
#include "deploy/live/copy.hpp"

#include "runtime/error.hpp"

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <sys/socket.h>

namespace troupe::live {

namespace {

[[noreturn]] void no_answer(const std::string& run_folder, const std::string& why) {
  throw error{errc::unavailable, "the process of the run " + run_folder + " " + why + "; ask again later"};
}

std::string read_line(const descriptor& from, const std::string& run_folder, int seconds) {
  std::string line;
  while (!line.ends_with('\n')) {
    char piece[longest_line];
    const auto got = ::recv(from.get(), piece, sizeof piece, 0);
    if (got < 0 && errno == EINTR) {
      continue;
    }
    if (got < 0) {
      no_answer(run_folder, errno == EAGAIN ? "did not answer within " + std::to_string(seconds) + " s"
                                            : std::string{"cannot be heard: "} + std::strerror(errno));
    }
    if (got == 0 || line.size() > longest_line) {
      no_answer(run_folder, "ended before it answered");
    }
    line.append(piece, static_cast<std::size_t>(got));
  }
  return line;
}

} // namespace

std::optional<copy> copy::ask(const std::string& run_folder, int seconds) {
  auto connection = connect_to(run_folder, seconds);
  if (!connection) {
    return std::nullopt;
  }
  const std::string request = "{\"ask\":\"checkpoint\"}\n";
  // One who was refused is answered without being asked: what stands in the way of sending is told by reading.
  (void)::send(connection.get(), request.data(), request.size(), MSG_NOSIGNAL);
  const auto said = nlohmann::json::parse(read_line(connection, run_folder, seconds), nullptr, false);
  if (said.is_object() && said.contains("folder") && said["folder"].is_string()) {
    return copy{std::move(connection), said["folder"].get<std::string>()};
  }
  if (said.is_object() && said.contains("error") && said["error"].is_string()) {
    throw error{errc_of(said.value("code", 0)).value_or(errc::failed),
                "the process of the run " + run_folder + " answers: " + said["error"].get<std::string>()};
  }
  throw error{errc::failed, "the process of the run " + run_folder +
                                " answers what this troupectl does not understand; use the one of its version"};
}

copy::copy(descriptor connection, std::string folder)
    : connection_(std::move(connection)), folder_(std::move(folder)) {}

copy::~copy() {
  if (connection_) { // the process removes it too, where it still lives
    std::error_code gone_already;
    std::filesystem::remove_all(folder_, gone_already);
  }
}

} // namespace troupe::live
