// SPDX-License-Identifier: Apache-2.0
// `troupe node controller`: walks the stages with a buffer and a learner in other processes. When one of the two is
// lost or restarted, it goes on from what is stored, as a resumed run does.
#include "actors/controller.hpp"
#include "actors/deadlines.hpp"
#include "actors/control_calls.hpp"
#include "actors/remote_buffer.hpp"
#include "actors/remote_learner.hpp"
#include "deploy/troupe/member_desk.hpp"
#include "deploy/troupe/node.hpp"
#include "deploy/troupe/run_folder.hpp"
#include "deploy/troupe/run_parts.hpp"

#include <caf/actor_system.hpp>
#include <cstdio>
#include <future>
#include <thread>

namespace troupe::program {

namespace {

constexpr std::chrono::milliseconds poll{100};        // for members to come, on the run's own thread
constexpr std::chrono::seconds farewell{10};          // for members to hear that the run is over
constexpr unsigned attempts_without_progress_max = 20;

/// One life of the run's buffer and learner: their clients, and the actors that stand for them here.
struct connection {
  connection(node& here, caf::actor_system& system, const config::recipe& recipe)
      : to_buffer(here.dial_buffer()), to_learner(here.dial(here.config().weights_address, "learner-0")),
        buffer(system.spawn(actors::remote_buffer, to_buffer)),
        learner(system.spawn(actors::remote_learner, to_learner, actors::deadline::step_of(recipe))) {}
  ~connection() {
    caf::anon_send_exit(buffer, caf::exit_reason::user_shutdown);
    caf::anon_send_exit(learner, caf::exit_reason::user_shutdown);
  }
  connection(const connection&) = delete;
  connection& operator=(const connection&) = delete;

  std::shared_ptr<wire::client> to_buffer;
  std::shared_ptr<wire::client> to_learner;
  actors::remote_buffer_actor buffer;
  actors::remote_learner_actor learner;
};

class run_walk {
public:
  run_walk(node& here, caf::actor_system& system)
      : here_(here), system_(system), display_(metrics::make_display()),
        roll_(std::make_shared<actors::roll_call>(true)),
        desk_({.rules = {.heartbeat = ms(here.config().heartbeat_s),
                         .timeout = ms(here.config().member_timeout_s),
                         .recipe = here.recipe_hash()},
               .roll = roll_,
               .note = [this](const std::string& text) { note(text); },
               .interrupted = [this](const std::string& why) { interrupt(why); }}) {}

  member_desk& desk() { return desk_; }

  /// True when every stage is finished, false when it was told to stop.
  bool walk();
  void note(const std::string& text);
  metrics::display& display() { return *display_; }

private:
  static std::chrono::milliseconds ms(double s) { return std::chrono::milliseconds{static_cast<std::int64_t>(s * 1000)}; }
  void interrupt(const std::string& why);
  /// False when it was told to stop. Throws error(unavailable) when they do not come.
  bool gather();
  bool attempt();
  history stored(const connection& with);
  /// Whether buffer or learner turn out to be lost, which takes a while to be noticed.
  bool interrupted_soon();

  node& here_;
  caf::actor_system& system_;
  std::unique_ptr<metrics::display> display_;
  std::shared_ptr<actors::roll_call> roll_;
  std::mutex mutex_;
  std::unique_ptr<metrics::run_log> log_;
  std::shared_ptr<connection> present_;
  std::uint64_t steps_ = 0; ///< committed in this process
  member_desk desk_;
};

void run_walk::note(const std::string& text) {
  std::lock_guard lock{mutex_};
  if (log_) {
    log_->event(text, true);
  } else {
    std::fprintf(stderr, "%s\n", text.c_str());
  }
}

void run_walk::interrupt(const std::string& why) {
  roll_->interrupt(why);
  std::lock_guard lock{mutex_};
  if (present_) {
    caf::anon_send(present_->buffer, actors::wire_cut{why});
    caf::anon_send(present_->learner, actors::wire_cut{why});
  }
}

bool run_walk::gather() {
  const auto began = std::chrono::steady_clock::now();
  auto noted = began;
  for (auto missing = desk_.missing(); !missing.empty() || !desk_.begin(); missing = desk_.missing()) {
    const auto now = std::chrono::steady_clock::now();
    std::string who;
    for (const auto& one : missing) {
      who += (who.empty() ? "the " : " and the ") + one;
    }
    if (here_.stopping()) {
      return false;
    }
    if (now - began > actors::deadline::gathering) {
      throw error{errc::unavailable, who + " did not join within " +
                                         std::to_string(actors::deadline::gathering.count()) + " minutes"};
    }
    if (now - noted > actors::deadline::wait_note) {
      noted = now;
      note("the run waits for " + who);
    }
    std::this_thread::sleep_for(poll);
  }
  return true;
}

history run_walk::stored(const connection& with) {
  caf::scoped_actor self{system_};
  const auto ask = [&](const auto& request, auto& reply) {
    std::optional<error> failed;
    using reply_type = std::decay_t<decltype(reply)>;
    self->request(with.buffer, actors::deadline::buffer, request)
        .receive([&](reply_type& r) { reply = std::move(r); },
                 [&](caf::error& e) { failed = actors::from_caf(e); });
    if (failed) {
      throw *failed;
    }
  };
  actors::read_history_reply known;
  ask(actors::read_history_request{}, known);
  history all{.stages = *known.stages, .checkpoints = *known.checkpoints, .last_steps = {}};
  for (const auto& s : all.stages) {
    policy_version after;
    for (const auto& c : all.checkpoints) {
      after = c.stage == s.stage ? std::max(after, c.version) : after;
    }
    actors::read_steps_reply behind;
    ask(actors::read_steps_request{s.stage, after}, behind);
    all.last_steps[s.stage] = behind.steps->empty() ? after : behind.steps->back().version;
  }
  return all;
}

bool run_walk::attempt() {
  const auto with = std::make_shared<connection>(here_, system_, here_.recipe());
  {
    std::lock_guard lock{mutex_};
    present_ = with;
  }
  const auto known = stored(*with);
  {
    std::lock_guard lock{mutex_};
    log_.reset(); // its file is replaced
    cut_metrics_back(here_.config().run, here_.recipe(), known);
    log_ = std::make_unique<metrics::run_log>(here_.config().run);
  }
  actors::controller controller{system_,
                                {.recipe = &here_.recipe(),
                                 .measure = [this] { return desk_.measure(); },
                                 .members = roll_,
                                 .log = log_.get(),
                                 .display = display_.get(),
                                 .stop = &here_.stop_flag(),
                                 .run_folder = here_.config().run,
                                 .buffer = with->buffer,
                                 .learner = with->learner}};
  const bool finished = controller.run();
  if (finished) {
    write_report(here_.config().run, controller.summary(), *log_);
  }
  return finished;
}

bool run_walk::interrupted_soon() {
  const auto until = std::chrono::steady_clock::now() + ms(here_.config().member_timeout_s) + std::chrono::seconds{2};
  while (!roll_->interruption() && std::chrono::steady_clock::now() < until) {
    std::this_thread::sleep_for(poll);
  }
  return roll_->interruption().has_value();
}

bool run_walk::walk() {
  for (unsigned without_progress = 0;;) {
    if (!gather()) {
      return false;
    }
    roll_->mend();
    try {
      return attempt();
    } catch (const error& e) {
      const bool may_be_lost = e.code() == errc::unavailable || e.code() == errc::fenced;
      if (!roll_->interruption() && !(may_be_lost && interrupted_soon())) {
        note(std::string{"the run ends: "} + e.what());
        throw;
      }
      if (++without_progress > attempts_without_progress_max) {
        note("the run ends: interrupted " + std::to_string(without_progress) + " times");
        throw;
      }
      note(*roll_->interruption() + "; the run goes on from what is stored when it is back");
    }
  }
}

} // namespace

int run_controller_node(node& here) {
  caf::actor_system_config quiet;
  caf::actor_system system{quiet_actors(quiet)};
  run_walk run{here, system};
  const wire::server server{here.serving(here.config().control_listen, actors::may_join), run.desk().handler()};
  auto walking = std::async(std::launch::async, [&run] { return run.walk(); });
  while (walking.wait_for(std::chrono::seconds{0}) != std::future_status::ready) {
    here.attend();
    run.desk().tick();
  }
  bool finished = false;
  std::exception_ptr problem;
  try {
    finished = walking.get();
  } catch (const std::exception&) {
    problem = std::current_exception();
  }
  if (finished || problem) {
    run.desk().finish(finished ? "the run is finished" : "the run has failed");
    const auto until = std::chrono::steady_clock::now() + farewell;
    while (run.desk().present() > 0 && std::chrono::steady_clock::now() < until) {
      here.attend();
      run.desk().tick();
    }
  }
  if (problem) {
    std::rethrow_exception(problem);
  }
  run.display().say(finished ? "finished: open " + here.config().run + "/report.html"
                             : "stopped after a committed step; start the controller again to go on");
  return finished ? 0 : 130;
}

} // namespace troupe::program
