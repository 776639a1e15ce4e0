// SPDX-License-Identifier: Apache-2.0
#include "deploy/troupe/node.hpp"

#include "deploy/troupe/changed_at.hpp"
#include "deploy/troupe/ending_signals.hpp"
#include "runtime/data/durable_file.hpp"
#include "runtime/error.hpp"
#include "runtime/http/observation.hpp"
#include "runtime/keys/key_files.hpp"
#include "runtime/wire/incarnation.hpp"

#include <chrono>
#include <cstdio>
#include <filesystem>
#include <pthread.h>
#include <unistd.h>
#include <xxhash.h>

namespace troupe::program {

namespace {

constexpr timespec tick_every{0, 200'000'000};

std::string hash_of(const config::recipe& r) {
  const auto text = config::to_yaml(r);
  char hex[20];
  std::snprintf(hex, sizeof hex, "%016llx", static_cast<unsigned long long>(XXH3_64bits(text.data(), text.size())));
  return hex;
}

/// Those of the learner that are processes of their own are all that the recipe asks for.
void check_ranks(const config::node_config& config, const config::recipe& recipe, wire::role as) {
  const auto named = config.ranks_members.size();
  if ((as == wire::role::learner || as == wire::role::controller) && named != 0 && named + 1 != recipe.learners) {
    throw error{errc::invalid,
                config.file + ": ranks.members: names " + std::to_string(named) +
                    " beside the learner, and the recipe has learners: " + std::to_string(recipe.learners) + "; name " +
                    std::to_string(recipe.learners - 1) + ", or none to have them all in the learner's process"};
  }
}

} // namespace

node::node(wire::role as, const std::string& config_file)
    : as_(as), figures_(as), config_(config::load_node_config(config_file)) {
  config::check_node_config(config_, as);
  recipe_ = config::load_recipe(config_.recipe);
  recipe_hash_ = hash_of(recipe_);
  check_ranks(config_, recipe_, as);
  who_ = {config_.name, wire::new_incarnation()};
  if (!config_.keys.empty()) {
    keys_ = wire::read_key_pair(config_.keys + "/" + config_.name + ".curve");
    const auto list = config_.keys + "/allow-list";
    allowed_changed_ = changed_at(list);
    if (as == wire::role::controller || as == wire::role::buffer || as == wire::role::learner) {
      allowed_ = wire::allow_list::from_file(list);
    }
  }
  const auto signals = ending_signals();
  ::pthread_sigmask(SIG_BLOCK, &signals, nullptr); // every thread inherits it; `wait` takes them
}

wire::server_options node::serving(const wire::endpoint& listen,
                                   std::function<bool(wire::role, std::uint16_t)> allowed) const {
  wire::server_options o;
  o.endpoint = "tcp://" + listen.text();
  o.keys = keys_;
  o.allowed_keys = allowed_;
  o.allowed = std::move(allowed);
  return o;
}

std::shared_ptr<wire::client> node::dial(const wire::endpoint& address, const std::string& name) const {
  wire::client_options o;
  o.endpoint = "tcp://" + address.text();
  if (keys_) {
    o.server_public_key = wire::read_public_key(config_.keys + "/" + name + ".curve.pub");
    o.keys = keys_;
  }
  o.name = who_.name;
  o.as = as_;
  o.life = who_.life;
  return std::make_shared<wire::client>(std::move(o));
}

std::unique_ptr<http::server> node::open_page() {
  if (!config_.http_listen.given()) {
    return nullptr;
  }
  http::server::options o;
  o.listen = config_.http_listen;
  if (!config_.http_listen.is_loopback()) {
    o.keys = keys::read_credentials(config_.keys, who_.name);
  }
  auto page = std::make_unique<http::server>(std::move(o));
  http::add_observation_routes(*page, figures_, health_, {TROUPE_VERSION, who_.name});
  page->start();
  return page;
}

std::unique_ptr<http::server> node::open_admin(const std::function<void(http::server&)>& add_routes) {
  if (!config_.admin_listen.given()) {
    return nullptr;
  }
  http::server::options o;
  o.listen = config_.admin_listen;
  if (!config_.keys.empty()) {
    o.keys = keys::read_credentials(config_.keys, who_.name);
  }
  auto admin = std::make_unique<http::server>(std::move(o));
  add_routes(*admin);
  admin->start();
  return admin;
}

std::unique_ptr<actors::member_link> node::join(std::function<cluster::sign_of_life()> tell, const std::string& http,
                                                const std::string& admin) {
  health_.set("control", "not joined yet");
  actors::member_link_options o;
  o.controller = dial_controller();
  o.who = {.name = who_.name,
           .as = as_,
           .life = who_.life,
           .pid = static_cast<std::uint64_t>(::getpid()),
           .host = host_name(),
           .program = TROUPE_VERSION,
           .recipe = recipe_hash_,
           .http = http,
           .admin = admin};
  o.heartbeat = milliseconds_of(config_.heartbeat_s);
  o.answer_within = milliseconds_of(config_.member_timeout_s);
  o.give_up_after = milliseconds_of(config_.join_s);
  o.tell = [this, tell = std::move(tell)] {
    auto said = tell();
    for (const auto* role : {"buffer", "learner"}) {
      const bool owes = said.unanswered_by == role && said.unanswered_for >= milliseconds_of(config_.member_timeout_s);
      owes ? health_.set(role, std::string{"the "} + role + " does not answer") : health_.clear(role);
    }
    return said;
  };
  o.reached = [this](bool answers) {
    answers ? health_.clear("control") : health_.set("control", "the controller does not answer");
  };
  o.where = config_.control_address.text();
  o.obey = [this](const cluster::instruction& told) { obey(told); };
  o.joined = [this] {
    health_.clear("control");
    std::fprintf(stderr, "%s: joined\n", who_.name.c_str());
  };
  return std::make_unique<actors::member_link>(std::move(o));
}

void node::obey(const cluster::instruction& told) {
  if (told.refused) {
    fail(error{errc::unavailable, told.why});
    return;
  }
  std::lock_guard lock{mutex_};
  if (!ended_) {
    ended_ = told.what == cluster::order::drain ? end::stopped : end::over;
    reason_ = told.why;
  }
}

void node::fail(const error& why) {
  std::lock_guard lock{mutex_};
  if (!ended_) {
    ended_ = end::failed;
    reason_ = why.what();
    problem_ = why.code();
  }
}

actors::failure_sink node::failure_sink() {
  return [this](const std::string& who, const std::string& what) { fail(error{errc::failed, who + ": " + what}); };
}

node::end node::wait() {
  for (;;) {
    attend();
    std::lock_guard lock{mutex_};
    if (ended_) {
      return *ended_;
    }
  }
}

void node::attend() {
  const auto signals = ending_signals();
  if (::sigtimedwait(&signals, nullptr, &tick_every) > 0) {
    if (!stopping_) {
      stop_by_ = std::chrono::steady_clock::now() + milliseconds_of(config_.drain_s);
    }
    stopping_ = true;
    std::lock_guard lock{mutex_};
    if (!ended_) {
      ended_ = end::stopped;
      reason_ = "told to stop by a signal";
    }
  }
  refresh_keys();
}

bool node::ended() const {
  std::lock_guard lock{mutex_};
  return ended_.has_value();
}

void node::refresh_keys() {
  if (!allowed_) {
    return;
  }
  if (const auto now = changed_at(config_.keys + "/allow-list"); now != allowed_changed_) {
    allowed_changed_ = now;
    try {
      allowed_->reload();
    } catch (const error& e) { // the list as it was stays in force
      std::fprintf(stderr, "%s: %s\n", who_.name.c_str(), e.what());
    }
  }
}

std::string node::reason() const {
  std::lock_guard lock{mutex_};
  return reason_;
}

int node::leave(actors::member_link& link, end how) const {
  const auto why = reason();
  link.leave(why);
  std::fprintf(stderr, "%s: %s\n", who_.name.c_str(), why.c_str());
  std::lock_guard lock{mutex_};
  return how == end::failed ? exit_status(problem_) : 0;
}

std::string host_name() {
  char name[256] = {};
  return ::gethostname(name, sizeof name - 1) == 0 ? name : "";
}

std::chrono::milliseconds milliseconds_of(double seconds) {
  return std::chrono::milliseconds{static_cast<std::int64_t>(seconds * 1000)};
}

cluster::sign_of_life with_unanswered(cluster::sign_of_life said, const std::string& role, const wire::client& asked) {
  if (const auto waiting = asked.waiting(); waiting > said.unanswered_for) {
    said.unanswered_for = waiting;
    said.unanswered_by = role;
  }
  return said;
}

} // namespace troupe::program
