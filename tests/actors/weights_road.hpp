// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "actors/weights_calls.hpp"
#include "actors/weights_door.hpp"
#include "actors/weights_follower.hpp"
#include "runtime/wire/incarnation.hpp"
#include "tests/actors/fake_model.hpp"
#include "tests/actors/small_run.hpp"

#include <functional>
#include <gtest/gtest.h>
#include <optional>
#include <thread>

/// Two ends of the road that weights travel, over a real socket of this host.
namespace troupe::actors {

/// True once it holds; asks again and again for 20 s, far longer than anything here takes.
inline bool eventually(const std::function<bool()>& holds) {
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds{20};
  while (!holds()) {
    if (std::chrono::steady_clock::now() > end) {
      return false;
    }
    std::this_thread::sleep_for(std::chrono::milliseconds{2});
  }
  return true;
}

/// Sees each answer before it is sent, on the door's thread: the kind of its request, and the bytes it may change.
using meddler = std::function<void(weights_call, std::string& bytes)>;

/// The learner's process: a board, and a door behind a server.
class learner_end {
public:
  explicit learner_end(std::shared_ptr<gpu::backend> backend, const std::string& endpoint = "tcp://127.0.0.1:0",
                       meddler meddle = {})
      : board(std::make_shared<weights_board>()), life(wire::new_incarnation()) {
    write_tokenizer({{"tokenizer.json", "{}"}, {"notes.txt", "n"}}, folder.path());
    door.emplace(weights_door::options{.board = board,
                                       .backend = std::move(backend),
                                       .tokenizer_folder = folder.path(),
                                       .shm_folder = shm.path(),
                                       .life = life,
                                       .patience = std::chrono::milliseconds{100}});
    const auto serve = [inner = door->handler(), meddle](const wire::peer& from, wire::message m,
                                                         wire::respond answer) {
      if (!meddle) {
        return inner(from, std::move(m), std::move(answer));
      }
      const auto call = static_cast<weights_call>(m.kind);
      inner(from, std::move(m), [=](wire::message reply) {
        if (reply.kind != 0) { // an error
          return answer(std::move(reply));
        }
        auto bytes = *reply.parts.front();
        meddle(call, bytes);
        reply.parts.front() = wire::make_part(std::move(bytes));
        answer(std::move(reply));
      });
    };
    server.emplace(wire::server_options{.endpoint = endpoint, .allowed = may_ask_weights}, serve);
  }

  scratch_folder folder;
  scratch_folder shm;
  std::shared_ptr<weights_board> board;
  incarnation life;
  std::optional<weights_door> door;
  std::optional<wire::server> server;
};

inline std::shared_ptr<wire::client> client_of(const std::string& endpoint) {
  return std::make_shared<wire::client>(
      wire::client_options{.endpoint = endpoint, .name = "generator-0", .life = wire::new_incarnation()});
}

/// A generator's process: a board, and a follower that fills it. `host` as the follower's: empty maps no files.
class generator_end {
public:
  generator_end(const std::string& endpoint, std::shared_ptr<gpu::backend> backend,
                std::optional<std::string> host = std::nullopt)
      : board(std::make_shared<weights_board>()) {
    follower.emplace(weights_follower::options{.client = client_of(endpoint),
                                               .board = board,
                                               .backend = std::move(backend),
                                               .host = std::move(host),
                                               .again_after = std::chrono::milliseconds{1}});
  }

  /// Waits until these very words are the latest here.
  bool has(stage_index stage, const gpu::weights& w) const {
    return eventually([&] {
      const auto here = board->latest_published();
      return here.what && here.stage == stage && here.what->version() == w.version() &&
             here.what->checksum() == w.checksum();
    });
  }

  std::shared_ptr<weights_board> board;
  std::optional<weights_follower> follower;
};

} // namespace troupe::actors
