// SPDX-License-Identifier: Apache-2.0
// `troupe node generator` and `troupe node verifier`: workers that lease from the buffer and come and go as they like.
#include "actors/deadlines.hpp"
#include "actors/generator.hpp"
#include "actors/remote_buffer.hpp"
#include "actors/verifier.hpp"
#include "actors/weights_follower.hpp"
#include "deploy/troupe/node.hpp"
#include "deploy/troupe/quiet_system.hpp"
#include "deploy/troupe/reward_judges.hpp"
#include "deploy/troupe/run_parts.hpp"
#include "runtime/metrics/readings.hpp"
#include "runtime/text/tokenizer.hpp"

#include <caf/scoped_actor.hpp>
#include <cstdio>
#include <filesystem>
#include <optional>
#include <unistd.h>

namespace troupe::program {

namespace {

namespace fs = std::filesystem;

constexpr std::chrono::milliseconds drain_look{200};

/// A folder that goes with this object.
class temporary_folder {
public:
  temporary_folder() {
    std::string name = (fs::temp_directory_path() / "troupe-XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) {
      throw error{errc::failed, "cannot make a folder in " + fs::temp_directory_path().string()};
    }
    path_ = name;
  }
  ~temporary_folder() {
    std::error_code gone_already;
    fs::remove_all(path_, gone_already);
  }
  temporary_folder(const temporary_folder&) = delete;
  temporary_folder& operator=(const temporary_folder&) = delete;
  const std::string& path() const { return path_; }

private:
  std::string path_;
};

/// The tokenizer that the learner's checkpoints have; null when this process was told to end before it came.
std::shared_ptr<const text::tokenizer> fetch_tokenizer_from(wire::client& learner, node& here) {
  constexpr std::chrono::milliseconds slice{500};
  constexpr std::chrono::seconds after_the_link{12}; // a controller that is not there is told by it
  const auto until = std::chrono::steady_clock::now() + after_the_link + milliseconds_of(here.config().join_s);
  while (!here.ended()) {
    try {
      const temporary_folder folder;
      actors::write_tokenizer(actors::fetch_tokenizer(learner, slice), folder.path());
      return text::load_tokenizer(folder.path());
    } catch (const error& e) {
      if (e.code() != errc::unavailable || std::chrono::steady_clock::now() > until) {
        throw;
      }
    }
    here.attend();
  }
  return nullptr;
}

cluster::sign_of_life tell(const actors::worker_status& status, actors::activity* meter, bool draining) {
  const auto now = status.read();
  cluster::sign_of_life said{.doing = now.doing,
                             .doing_for = now.doing_for,
                             .waits_for = now.waits_for,
                             .version = now.version,
                             .leases = now.leases,
                             .draining = draining};
  if (meter != nullptr) {
    const auto total = meter->total();
    said.busy_us = static_cast<std::uint64_t>(total.generating * 1e6);
    said.tokens = total.tokens;
  }
  return said;
}

/// Lets a worker finish or hand back, within `drain_s`; gives up sooner when the buffer does not answer, to whom it
/// would hand back: its leases end by time.
void drain(node& here, caf::actor_system& system, const actors::worker_actor& worker, const wire::client& buffer) {
  using clock = std::chrono::steady_clock;
  const auto until = clock::now() + std::chrono::duration<double>(here.config().drain_s);
  const std::chrono::duration<double> patience{here.config().member_timeout_s};
  caf::scoped_actor self{system};
  bool drained = false;
  while (!drained && clock::now() < until && buffer.waiting() < patience) {
    self->request(worker, drain_look, actors::drain_request{}) // asked again, it goes on with the same
        .receive([&](const actors::done_reply&) { drained = true; }, [](caf::error&) {});
  }
  if (!drained) {
    std::fprintf(stderr, "%s: not drained; what it holds is given to another\n", here.who().name.c_str());
  }
}

/// Works until told otherwise, then drains.
int work(node& here, caf::actor_system& system, const actors::worker_actor& worker, const wire::client& buffer,
         actors::member_link& link, std::atomic<bool>& draining) {
  caf::anon_send(worker, actors::pull_work{});
  const auto ended = here.wait();
  if (ended == node::end::stopped) {
    draining = true;
    drain(here, system, worker, buffer);
  }
  return here.leave(link, ended);
}

} // namespace

int run_generator_node(node& here) {
  const auto& recipe = here.recipe();
  const auto backend = gpu::open_backend(backend_of(recipe));
  const auto learner = here.dial(here.config().weights_address, "learner-0");
  const auto status = std::make_shared<actors::worker_status>(&here.figures());
  const auto meter = std::make_shared<actors::activity>();
  std::atomic<bool> draining{false};
  quiet_system system;
  status->now("waiting for the tokenizer", "learner");
  const auto client = here.dial_buffer();
  const auto board = std::make_shared<actors::weights_board>();
  std::optional<actors::weights_follower> follower;
  here.health().set("weights", "no policy version has arrived yet");
  here.figures().on_read([&, status, meter](metrics::registry& to) {
    metrics::show(to, client->read());
    const auto total = meter->total();
    to.raise("troupe_generator_tokens_total", static_cast<double>(total.tokens));
    to.raise("troupe_generator_busy_seconds_total", total.generating);
    to.set("troupe_generator_policy_version", static_cast<double>(status->read().version.value));
  });
  const auto page = here.open_page();
  const auto link = here.join(
      [&, status, meter] {
        if (const auto latest = board->latest()) {
          here.health().clear("weights");
          status->work_with(latest->version());
        }
        return with_unanswered(with_unanswered(tell(*status, meter.get(), draining), "buffer", *client), "learner",
                               *learner); // whose door answers each question soon, if only that nothing is new
      },
      page ? page->endpoint().text() : "");
  const auto tokenizer = fetch_tokenizer_from(*learner, here);
  if (!tokenizer) {
    return here.leave(*link, here.wait());
  }
  follower.emplace(actors::weights_follower::options{.client = learner, .board = board, .backend = backend});
  const auto buffer = system.spawn(actors::remote_buffer, client);
  const auto worker = system.spawn<caf::detached>(
      actors::generator, here.who(), actors::buffer_actor{buffer},
      std::make_shared<actors::sampling_station>(backend, board, tokenizer, meter, recipe.generator_batch_size),
      recipe.generator_batch_size, here.failure_sink(), status);
  const int result = work(here, system, worker, *client, *link, draining);
  end_actors(worker, buffer);
  return result;
}

int run_verifier_node(node& here) {
  require_programs(here.recipe());
  const auto status = std::make_shared<actors::worker_status>(&here.figures());
  std::atomic<bool> draining{false};
  quiet_system system;
  const auto client = here.dial_buffer();
  const auto buffer = system.spawn(actors::remote_buffer, client);
  here.figures().on_read([&](metrics::registry& to) { metrics::show(to, client->read()); });
  const auto page = here.open_page();
  const auto link =
      here.join([&, status] { return with_unanswered(tell(*status, nullptr, draining), "buffer", *client); },
                page ? page->endpoint().text() : "");
  const auto worker = system.spawn<caf::detached>(actors::verifier, here.who(), actors::buffer_actor{buffer},
                                                  make_group_judge(here.recipe()), here.failure_sink(), status);
  const int result = work(here, system, worker, *client, *link, draining);
  end_actors(worker, buffer);
  return result;
}

} // namespace troupe::program
