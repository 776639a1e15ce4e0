// SPDX-License-Identifier: Apache-2.0
// `troupe node learner`: the model and its optimizer; it trains when the controller says so, and shows its versions to
// generators.
#include "actors/buffer_calls.hpp"
#include "actors/deadlines.hpp"
#include "actors/learner_calls.hpp"
#include "actors/learner_door.hpp"
#include "actors/learner_ranks.hpp"
#include "actors/remote_buffer.hpp"
#include "actors/remote_rank.hpp"
#include "actors/weights_calls.hpp"
#include "actors/weights_door.hpp"
#include "deploy/troupe/learner_node.hpp"
#include "deploy/troupe/quiet_system.hpp"
#include "deploy/troupe/run_parts.hpp"
#include "runtime/config/plan.hpp"
#include "runtime/metrics/readings.hpp"

#include <cstdio>

namespace troupe::program {

namespace {

/// The controller asks the learner, generators the door of its weights, at one address.
wire::handler either(wire::handler of_learner, wire::handler of_weights) {
  return [=](const wire::peer& from, wire::message what, wire::respond answer) {
    (actors::may_train(from.as, what.kind) ? of_learner : of_weights)(from, std::move(what), std::move(answer));
  };
}

bool may_ask(wire::role who, std::uint16_t kind) {
  return actors::may_train(who, kind) || actors::may_ask_weights(who, kind);
}

/// The learner's other ranks that are processes of their own: how they are asked, in the order of ranks.
using rank_clients = std::vector<std::shared_ptr<wire::client>>;

rank_clients dial_ranks(const node& here) {
  rank_clients all;
  for (const auto& one : here.config().ranks_members) {
    all.push_back(here.dial(one.address, one.name));
  }
  return all;
}

/// Of buffer and ranks together.
wire::client_counters asked_of(const wire::client& buffer, const rank_clients& ranks) {
  auto sum = buffer.read();
  for (const auto& one : ranks) {
    sum += one->read();
  }
  return sum;
}

std::vector<actors::learner_rank_actor> spawn_remote_ranks(caf::actor_system& system, const node& here,
                                                           const rank_clients& clients) {
  std::vector<actors::learner_rank_actor> ranks;
  for (const auto& client : clients) {
    ranks.push_back(system.spawn(actors::remote_rank, client, actors::deadline::step_of(here.recipe())));
  }
  return ranks;
}

} // namespace

cluster::sign_of_life tell(actors::activity& meter, const actors::worker_status& status) {
  const auto now = status.read();
  return {.doing = now.doing,
          .doing_for = now.doing_for,
          .waits_for = now.waits_for,
          .version = now.version,
          .leases = now.leases,
          .busy_us = static_cast<std::uint64_t>(meter.total().training * 1e6)};
}

std::shared_ptr<actors::learner_parts> learner_parts_of(node& here) {
  const auto& recipe = here.recipe();
  auto parts = std::make_shared<actors::learner_parts>(learner_parts_of(
      recipe, config::open_sources(recipe), gpu::open_backend(backend_of(recipe)), here.config().run, here.who()));
  parts->status = std::make_shared<actors::worker_status>(&here.figures());
  parts->meeting_host = here.config().ranks_host;
  return parts;
}

int run_learner_node(node& here) {
  const auto& config = here.config();
  if (config.rank_of(config.name) != 0) {
    return run_rank_node(here);
  }
  const auto parts = learner_parts_of(here);
  const auto board = std::make_shared<actors::weights_board>();
  parts->board = board;

  quiet_system system;
  const auto client = here.dial_buffer();
  const auto buffer = system.spawn(actors::remote_buffer, client);
  const auto rank_clients = dial_ranks(here);
  parts->ranks = rank_clients.empty() ? actors::spawn_learner_ranks(system, *parts, buffer)
                                      : spawn_remote_ranks(system, here, rank_clients);
  const auto learner =
      system.spawn<caf::detached>(actors::learner, std::shared_ptr<const actors::learner_parts>{parts}, buffer);
  const auto door = system.spawn(actors::learner_door, learner, actors::deadline::step_of(here.recipe()));
  int status = 0;
  {
    actors::weights_door weights{{.board = board,
                                  .backend = parts->backend,
                                  .tokenizer_folder = parts->tokenizer_folder,
                                  .life = here.who().life}};
    const wire::server server{here.serving(config.weights_listen, may_ask),
                              either(actors::handler_of(door), weights.handler())};
    std::fprintf(stderr, "%s: serves at %s\n", config.name.c_str(), server.endpoint().c_str());
    here.figures().on_read([&](metrics::registry& to) {
      metrics::show(to, server.read());
      metrics::show(to, asked_of(*client, rank_clients));
      to.set("troupe_learner_policy_version", static_cast<double>(parts->status->read().version.value));
    });
    const auto page = here.open_page();
    const auto link = here.join(
        [&] {
          auto said = with_unanswered(tell(*parts->meter, *parts->status), "buffer", *client);
          for (std::size_t i = 0; i < rank_clients.size(); ++i) {
            said = with_unanswered(std::move(said), config.ranks_members[i].name, *rank_clients[i]);
          }
          return said;
        },
        page ? page->endpoint().text() : "");
    status = here.leave(*link, here.wait());
  }
  end_actors(door, learner, buffer);
  return status;
}

} // namespace troupe::program
