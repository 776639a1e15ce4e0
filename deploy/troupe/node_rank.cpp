// SPDX-License-Identifier: Apache-2.0
// `troupe node learner` of a process that `ranks.members` names: a rank of the learner beside rank 0.
#include "actors/deadlines.hpp"
#include "actors/learner_ranks.hpp"
#include "actors/rank_calls.hpp"
#include "actors/rank_door.hpp"
#include "actors/remote_buffer.hpp"
#include "deploy/troupe/learner_node.hpp"
#include "deploy/troupe/quiet_system.hpp"
#include "runtime/metrics/readings.hpp"

#include <cstdio>

namespace troupe::program {

int run_rank_node(node& here) {
  const auto& config = here.config();
  const std::shared_ptr<const actors::learner_parts> parts = learner_parts_of(here);

  quiet_system system;
  const auto client = here.dial_buffer();
  const auto buffer = system.spawn(actors::remote_buffer, client);
  const auto rank = system.spawn<caf::detached>(actors::learner_rank, parts, buffer);
  const auto door = system.spawn(actors::rank_door, rank, actors::deadline::step_of(here.recipe()));
  int status = 0;
  {
    const wire::server server{here.serving(config.ranks_listen, actors::may_lead), actors::handler_of(door)};
    std::fprintf(stderr, "%s: rank %zu of %u, serves at %s\n", config.name.c_str(), config.rank_of(config.name),
                 here.recipe().learners, server.endpoint().c_str());
    here.figures().on_read([&](metrics::registry& to) {
      metrics::show(to, server.read());
      metrics::show(to, client->read());
      to.set("troupe_learner_policy_version", static_cast<double>(parts->status->read().version.value));
    });
    const auto page = here.open_page();
    const auto link = here.join([&] { return with_unanswered(tell(*parts->meter, *parts->status), "buffer", *client); },
                                page ? page->endpoint().text() : "");
    status = here.leave(*link, here.wait());
  }
  end_actors(door, rank, buffer);
  return status;
}

} // namespace troupe::program
