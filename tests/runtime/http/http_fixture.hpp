// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "runtime/http/client.hpp"
#include "runtime/http/connection.hpp"
#include "runtime/http/server.hpp"
#include "runtime/keys/key_folder.hpp"
#include "tests/runtime/keys/key_folder.hpp"

#include <memory>
#include <optional>
#include <string>

namespace troupe::http {

/// A server of the buffer on loopback, with keys of a folder of its own, that says who asks and what.
class Http : public KeyFolder {
protected:
  Http() { keys::fill_key_folder(folder, {}); }

  keys::credentials of(const std::string& name) const { return keys::read_credentials(folder, name); }

  void serve(std::optional<keys::credentials> as, server::options opts = {}) {
    opts.keys = std::move(as);
    running = std::make_unique<server>(opts);
    running->route("GET", "/who", [](const request& asked) {
      return reply{200, asked.from.name + " " + wire::to_string(asked.from.as), "text/plain"};
    });
    running->route("POST", "/echo", [](const request& asked) { return reply{200, asked.body, "text/plain"}; });
    running->start();
  }
  client asking_as(const std::string& name) const {
    return client{{.url = running->url(), .keys = of(name), .of = {wire::role::buffer}}};
  }
  client asking() const { return client{{.url = running->url()}}; }

  /// A bare connection to the server.
  std::unique_ptr<connection> dialled() const {
    std::string problem;
    const auto soon = connection::clock::now() + std::chrono::seconds{20};
    const int socket = dial(running->endpoint(), soon, problem);
    EXPECT_GE(socket, 0) << problem;
    auto made = std::make_unique<connection>(socket);
    made->until(soon);
    return made;
  }
  static std::string all_of(connection& from) {
    std::string text;
    char piece[4096];
    for (ssize_t got = 0; (got = from.read(piece, sizeof piece)) > 0;) {
      text.append(piece, static_cast<std::size_t>(got));
    }
    return text;
  }
  static void say(connection& to, const std::string& text) { to.write(text.data(), text.size()); }

  std::unique_ptr<server> running;
};

} // namespace troupe::http
