// SPDX-License-Identifier: Apache-2.0
#include "deploy/troupe/run_walk.hpp"

#include "actors/deadlines.hpp"
#include "deploy/troupe/quiet_system.hpp"
#include "runtime/error.hpp"

#include <caf/scoped_actor.hpp>
#include <cstdio>
#include <thread>

namespace troupe::program {

namespace {

constexpr std::chrono::milliseconds poll{100}; // for members to come, on the run's own thread
constexpr std::chrono::milliseconds admin_patience{3000};
constexpr unsigned attempts_without_progress_max = 20;

std::vector<std::string> names_of_ranks(const config::node_config& config) {
  std::vector<std::string> names;
  for (const auto& one : config.ranks_members) {
    names.push_back(one.name);
  }
  return names;
}

} // namespace

/// One life of the run's buffer and learner: their clients, and the actors that stand for them here.
struct run_walk::connection {
  connection(node& here, caf::actor_system& system)
      : to_buffer(here.dial_buffer()), to_learner(here.dial(here.config().weights_address, "learner-0")),
        buffer(system.spawn(actors::remote_buffer, to_buffer)),
        learner(system.spawn(actors::remote_learner, to_learner, actors::deadline::step_of(here.recipe()))) {}
  ~connection() { end_actors(buffer, learner); }
  connection(const connection&) = delete;
  connection& operator=(const connection&) = delete;

  std::shared_ptr<wire::client> to_buffer;
  std::shared_ptr<wire::client> to_learner;
  actors::remote_buffer_actor buffer;
  actors::remote_learner_actor learner;
};

/// Shows a run's progress, and remembers it for who asks.
class run_walk::watched_display final : public metrics::display {
public:
  void update(const metrics::progress& p) override {
    {
      std::lock_guard lock{mutex_};
      last_ = p;
    }
    shown_->update(p);
  }
  void say(const std::string& line) override { shown_->say(line); }
  std::optional<metrics::progress> last() const {
    std::lock_guard lock{mutex_};
    return last_;
  }

private:
  std::unique_ptr<metrics::display> shown_ = metrics::make_display();
  mutable std::mutex mutex_;
  std::optional<metrics::progress> last_;
};

run_walk::run_walk(node& here, caf::actor_system& system)
    : here_(here), system_(system), display_(std::make_unique<watched_display>()),
      roll_(std::make_shared<actors::roll_call>(true)),
      desk_({.rules = {.heartbeat = milliseconds_of(here.config().heartbeat_s),
                       .timeout = milliseconds_of(here.config().member_timeout_s),
                       .recipe = here.recipe_hash()},
             .ranks = names_of_ranks(here.config()),
             .roll = roll_,
             .note = [this](const std::string& text) { note(text); },
             .interrupted = [this](const std::string& why) { interrupt(why); }}) {}

run_walk::~run_walk() = default;

metrics::display& run_walk::display() {
  return *display_;
}

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
  cut(why);
}

bool run_walk::gather() {
  const auto began = std::chrono::steady_clock::now();
  auto noted = began;
  for (auto missing = desk_.missing(); !missing.empty() || !desk_.begin(); missing = desk_.missing()) {
    const auto now = std::chrono::steady_clock::now();
    std::string who;
    for (const auto& one : missing) {
      const bool role = one == "buffer" || one == "learner"; // else the name of a rank
      who += (who.empty() ? "" : " and ") + std::string(role ? "the " : "") + one;
    }
    if (here_.stopping()) {
      return false;
    }
    if (now - began > actors::deadline::gathering) {
      throw error{errc::unavailable,
                  who + " did not join within " + std::to_string(actors::deadline::gathering.count()) + " minutes"};
    }
    if (now - noted > actors::deadline::wait_note) {
      noted = now;
      note("the run waits for " + who);
    }
    std::this_thread::sleep_for(poll); // on the walk's own thread; the roll has no signal to wait on
  }
  return true;
}

template <class Reply, class Request>
Reply run_walk::ask_buffer(const connection& with, std::chrono::milliseconds within, const Request& what) {
  caf::scoped_actor self{system_};
  Reply got;
  std::optional<error> failed;
  self->request(with.buffer, within, what)
      .receive([&](Reply& reply) { got = std::move(reply); }, [&](caf::error& e) { failed = actors::from_caf(e); });
  if (failed) {
    throw *failed;
  }
  return got;
}

std::shared_ptr<run_walk::connection> run_walk::present() const {
  std::lock_guard lock{mutex_};
  if (!present_) {
    throw error{errc::unavailable, "the run has no buffer so far"};
  }
  return present_;
}

actors::steer_reply run_walk::steer(const actors::steer_request& what) {
  const auto now = ask_buffer<actors::steer_reply>(*present(), admin_patience, what);
  if (what.paused) {
    paused_ = now.paused;
  }
  return now;
}

actors::progress_reply run_walk::look_at_work() {
  return ask_buffer<actors::progress_reply>(*present(), admin_patience, actors::progress_request{.explain = true});
}

std::chrono::milliseconds run_walk::learner_waiting() const {
  std::lock_guard lock{mutex_};
  return present_ ? present_->to_learner->waiting() : std::chrono::milliseconds{0};
}

wire::client_counters run_walk::asked() const {
  std::lock_guard lock{mutex_};
  if (!present_) {
    return {};
  }
  auto sum = present_->to_buffer->read();
  return sum += present_->to_learner->read();
}

std::optional<metrics::progress> run_walk::progress() const {
  return display_->last();
}

history run_walk::stored(const connection& with) {
  const auto known =
      ask_buffer<actors::read_history_reply>(with, actors::deadline::buffer, actors::read_history_request{});
  history all{.stages = *known.stages, .checkpoints = *known.checkpoints, .last_steps = {}};
  for (const auto& s : all.stages) {
    policy_version after;
    for (const auto& c : all.checkpoints) {
      after = c.stage == s.stage ? std::max(after, c.version) : after;
    }
    const auto behind = ask_buffer<actors::read_steps_reply>(with, actors::deadline::buffer,
                                                             actors::read_steps_request{s.stage, after});
    all.last_steps[s.stage] = behind.steps->empty() ? after : behind.steps->back().version;
  }
  return all;
}

bool run_walk::attempt() {
  const auto with = std::make_shared<connection>(here_, system_);
  {
    std::lock_guard lock{mutex_};
    present_ = with;
  }
  if (const auto lost = roll_->interruption()) { // before there was anything to cut
    throw error{errc::unavailable, *lost};
  }
  const auto known = stored(*with);
  paused_ = ask_buffer<actors::steer_reply>(*with, actors::deadline::buffer, actors::steer_request{}).paused;
  if (paused_) {
    note("the run is paused; it goes on after: troupectl --run " + here_.config().run + " resume");
  }
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
                                 .paused = &paused_,
                                 .run_folder = here_.config().run,
                                 .buffer = with->buffer,
                                 .learner = with->learner}};
  const bool finished = controller.run();
  if (finished) {
    write_report(here_.config().run, controller.summary(), *log_, run_verb::up);
  }
  return finished;
}

bool run_walk::interrupted_soon() {
  const auto until =
      std::chrono::steady_clock::now() + milliseconds_of(here_.config().member_timeout_s) + std::chrono::seconds{2};
  while (!roll_->interruption() && std::chrono::steady_clock::now() < until) {
    std::this_thread::sleep_for(poll); // the roll has no signal to wait on
  }
  return roll_->interruption().has_value();
}

bool run_walk::walk() {
  std::optional<metrics::progress> before;
  for (unsigned without_progress = 0;;) {
    if (!gather()) {
      return false;
    }
    try {
      return attempt();
    } catch (const error& e) {
      if (here_.stopping()) {
        return false; // what is stored stays, and that is all there was to save
      }
      if (!roll_->interruption() && !interrupted_soon()) {
        note(std::string{"the run ends: "} + e.what());
        throw;
      }
    }
    const auto now = display_->last();
    const bool moved = now && (!before || now->stage != before->stage || now->step != before->step);
    before = now;
    without_progress = moved ? 0 : without_progress + 1;
    if (without_progress > attempts_without_progress_max) {
      note("the run ends: interrupted " + std::to_string(without_progress) + " times without a step between");
      throw error{errc::unavailable, *roll_->interruption()};
    }
    note(*roll_->interruption() + "; the run goes on from what is stored when it is back");
  }
}

void run_walk::cut(const std::string& why) {
  std::lock_guard lock{mutex_};
  if (present_) {
    caf::anon_send(present_->buffer, actors::wire_cut{why});
    caf::anon_send(present_->learner, actors::wire_cut{why});
  }
}

} // namespace troupe::program
