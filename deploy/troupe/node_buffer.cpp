// SPDX-License-Identifier: Apache-2.0
// `troupe node buffer`: the store and the ledger, and nothing else.
#include "actors/buffer.hpp"
#include "actors/buffer_door.hpp"
#include "deploy/admin/store_reading.hpp"
#include "deploy/live/endpoint.hpp"
#include "deploy/troupe/node.hpp"
#include "deploy/troupe/quiet_system.hpp"
#include "deploy/troupe/run_folder.hpp"
#include "deploy/troupe/run_parts.hpp"
#include "runtime/config/plan.hpp"
#include "runtime/data/folder_size.hpp"
#include "runtime/metrics/readings.hpp"

#include <cstdio>
#include <filesystem>

namespace troupe::program {

namespace {

namespace fs = std::filesystem;

/// Whether the run has begun; else the store of a start that came to nothing is removed. A folder that nobody claimed
/// so far is claimed.
bool claim_store(const std::string& run, const config::recipe& recipe) {
  if (!fs::exists(fs::path{run} / "recipe.yaml")) {
    return claim_run_folder(run, recipe, {});
  }
  const bool begun = run_begun(run);
  if (!begun) {
    fs::remove_all(fs::path{run} / "store");
  }
  return begun;
}

void show_space(node& here, bool full) {
  here.figures().set("troupe_buffer_store_full", full ? 1 : 0);
  full ? here.health().set("store", "the disk is full; writes wait for space") : here.health().clear("store");
}

} // namespace

int run_buffer_node(node& here) {
  const auto& config = here.config();
  const auto& recipe = here.recipe();
  const auto sources = config::open_sources(recipe);
  const auto say = [&](const std::string& text) {
    std::fprintf(stderr, "%s: %s\n", config.name.c_str(), text.c_str());
  };
  const bool begun = claim_store(config.run, recipe);
  store::journal journal{config.run + "/store", begun ? store::open_mode::existing : store::open_mode::create};
  keep_data_files(journal, recipe);
  const live::endpoint endpoint{config.run, journal};
  if (!endpoint.problem().empty()) {
    say("troupectl --run cannot look into this run: " + endpoint.problem());
  }
  quiet_system system;
  const auto service = std::make_shared<actors::buffer_service>(journal, recipe, sources, actors::read_clocks());
  service->show_in(here.figures());
  show_space(here, false);
  const auto buffer = system.spawn<caf::detached>(
      actors::buffer, service, actors::clock_source{actors::read_clocks},
      actors::space_watch{say, [&here] { return here.stopping(); }, [&here](bool full) { show_space(here, full); }});
  const auto door = system.spawn(actors::buffer_door, buffer, actors::piece_bytes_default);
  int status = 0;
  {
    const wire::server server{here.serving(config.buffer_listen, actors::may_call), actors::handler_of(door)};
    say("serves at " + server.endpoint());
    admin::store_reading reading{config.run, journal};
    const auto admin = here.open_admin([&](http::server& to) { reading.add_routes(to); });
    here.figures().on_read([&](metrics::registry& to) {
      metrics::show(to, server.read());
      to.set("troupe_buffer_store_bytes", static_cast<double>(data::folder_bytes(config.run + "/store").value_or(0)));
    });
    const auto page = here.open_page();
    const auto link = here.join([] { return cluster::sign_of_life{.doing = "keeping the store"}; },
                                page ? page->endpoint().text() : "", admin ? admin->url() : "");
    status = here.leave(*link, here.wait());
  }
  end_actors(door, buffer);
  return status;
}

} // namespace troupe::program
