// SPDX-License-Identifier: Apache-2.0
#include "deploy/troupe/run_control.hpp"

#include "runtime/cluster/wait_for.hpp"
#include "runtime/config/limits.hpp"
#include "runtime/config/nearest.hpp"
#include "runtime/error.hpp"

#include <algorithm>
#include <deque>
#include <filesystem>
#include <fstream>
#include <unistd.h>

namespace troupe::program {

namespace {

namespace fs = std::filesystem;
using nlohmann::json;

constexpr std::int64_t log_bytes_max = 1 << 20; // that are looked at for the last lines

double seconds(std::chrono::milliseconds t) {
  return static_cast<double>(t.count()) / 1000;
}

json known(const std::string& text) {
  return text.empty() ? json(nullptr) : json(text);
}

json member_json(const cluster::member& m) {
  const bool of_weights = m.who.as == wire::role::generator || m.who.as == wire::role::learner;
  return {{"name", m.who.name},
          {"role", wire::to_string(m.who.as)},
          {"state", cluster::to_string(m.state)},
          {"pid", m.who.pid},
          {"host", m.who.host},
          {"version", of_weights ? json(m.last.version.value) : json(nullptr)},
          {"leases", m.last.leases},
          {"silent_s", seconds(m.silent_for)},
          {"doing", cluster::is_here(m.state) ? m.last.doing : m.reason},
          {"doing_s", seconds(m.last.doing_for)},
          {"http", known(m.who.http)},
          {"admin", known(m.who.admin)},
          {"incarnation", to_string(m.who.life)}};
}

/// As a number of a worker to be had: the cluster's own command where nobody here could do it.
error not_ours(const std::string& role, std::uint64_t n) {
  return error{errc::conflict, "the members of this run are not started by `troupe up`; use the cluster's own command: "
                               "kubectl scale deployment/troupe-" +
                                   role + " --replicas=" + std::to_string(n)};
}

} // namespace

std::string run_control::state() {
  if (here_.stopping()) {
    return "draining";
  }
  return !run_.desk().missing().empty() ? "waiting" : run_.paused() ? "paused" : "running";
}

json run_control::cluster() {
  json all{{"run", here_.config().run}, {"recipe", here_.recipe().name},
           {"state", state()},          {"stage", nullptr},
           {"step", nullptr},           {"version", nullptr},
           {"endpoint", endpoint_},     {"settings", json::object()},
           {"members", json::array()}};
  if (const auto at = run_.progress()) {
    all["stage"] = at->stage;
    all["step"] = at->step;
    if (at->tokens_per_second) {
      all["tokens_per_second"] = *at->tokens_per_second;
    }
  }
  all["members"].push_back(member_json({.who = {.name = here_.config().name,
                                                .as = here_.as(),
                                                .life = here_.who().life,
                                                .pid = static_cast<std::uint64_t>(::getpid()),
                                                .host = host_name(),
                                                .http = page_},
                                        .last = {.doing = "walking the stages"}}));
  for (const auto& m : run_.desk().members()) {
    all["members"].push_back(member_json(m));
    if (m.who.as == wire::role::learner && !run_.desk().is_rank(m.who.name)) {
      all["version"] = m.last.version.value;
    }
  }
  try {
    all["settings"]["max_staleness"] = run_.steer({}).max_staleness;
  } catch (const error&) { // a buffer that does not answer is told by `why`; the rest is known all the same
    all["settings"]["max_staleness"] = nullptr;
  }
  return all;
}

json run_control::why() {
  cluster::wait_facts facts{.stage = {},
                            .paused = run_.paused(),
                            .missing = run_.desk().missing(),
                            .ranks = run_.desk().ranks(),
                            .members = {},
                            .learner_unanswered = run_.learner_waiting(),
                            .work = {}};
  if (const auto at = run_.progress()) {
    facts.stage = at->stage;
  }
  try {
    facts.work = run_.look_at_work().waiting_for;
  } catch (const error&) { // is what `work` without a value says
  }
  facts.members = run_.desk().members();
  const auto told = cluster::explain(facts);
  return {{"summary", told.summary}, {"lines", told.lines}, {"culprits", told.culprits}};
}

json run_control::logs(const std::string& name, std::uint64_t lines) {
  const auto file = fs::path{here_.config().run} / (name == "controller" ? "events.log" : "nodes/" + name + ".log");
  std::vector<std::string> known{"controller"};
  for (const auto& m : run_.desk().members()) {
    known.push_back(m.who.name);
  }
  if (std::find(known.begin(), known.end(), name) == known.end()) {
    throw error{errc::not_found, "no member is called " + name + "; " + config::suggestion(name, known)};
  }
  std::ifstream in{file};
  if (!in) {
    throw error{errc::not_found, "what " + name + " writes is kept by whoever started it, not here"};
  }
  in.seekg(0, std::ios::end);
  const auto size = static_cast<std::int64_t>(in.tellg());
  const auto from = std::max<std::int64_t>(0, size - log_bytes_max);
  in.seekg(from);
  std::deque<std::string> last;
  bool torn = from > 0; // the first line may be the end of one
  for (std::string line; std::getline(in, line); torn = false) {
    if (!torn) {
      last.push_back(line);
    }
    if (last.size() > lines) {
      last.pop_front();
    }
  }
  return {{"name", name}, {"lines", last}};
}

json run_control::drain(const std::string& name, const std::string& by) {
  std::vector<std::string> workers;
  std::optional<cluster::member> found;
  for (const auto& m : run_.desk().members()) {
    if (wire::is_worker(m.who.as)) {
      workers.push_back(m.who.name);
      found = m.who.name == name ? m : found;
    } else if (m.who.name == name) {
      throw error{errc::conflict, "a " + wire::to_string(m.who.as) +
                                      " cannot be drained: the run stands still without "
                                      "it; stop the run, or restart it"};
    }
  }
  if (!found) {
    throw error{errc::not_found, "no worker is called " + name + "; " + config::suggestion(name, workers)};
  }
  if (!cluster::is_here(found->state)) {
    throw error{errc::conflict, name + " is gone: " + found->reason};
  }
  if (fs::exists(here_.config().run + "/cluster.json")) { // so that it is not started again
    change_scale([&](scale_wish& wish) {
      wish.drained[name] = found->who.pid;
      if (auto wanted = wish.members.find(wire::to_string(found->who.as));
          wanted != wish.members.end() && wanted->second > 0) {
        --wanted->second;
      }
    });
  }
  run_.desk().drain(name);
  run_.note(by + " drains " + name);
  return {{"name", name}, {"state", "draining"}};
}

json run_control::pause_or_resume(bool paused, const std::string& by) {
  const std::lock_guard lock{orders_};
  run_.steer({.paused = paused, .max_staleness = {}});
  run_.note(by + (paused ? " has paused the run" : " has resumed the run"));
  return {{"state", state()}};
}

json run_control::pause(const std::string& by) {
  return pause_or_resume(true, by);
}

json run_control::resume(const std::string& by) {
  return pause_or_resume(false, by);
}

void run_control::change_scale(const std::function<void(scale_wish&)>& change) {
  const std::lock_guard lock{orders_};
  auto wish = read_scale(here_.config().run);
  change(wish);
  write_scale(here_.config().run, wish);
}

json run_control::scale(const std::string& role, std::uint64_t n, const std::string& by) {
  const auto roles = wire::worker_names();
  if (std::find(roles.begin(), roles.end(), role) == roles.end()) {
    throw error{errc::invalid, "role " + role + " cannot be scaled; " + config::suggestion(role, roles)};
  }
  if (!fs::exists(here_.config().run + "/cluster.json")) {
    throw not_ours(role, n);
  }
  if (n > config::members_max) {
    throw error{errc::invalid, "a role has at most " + std::to_string(config::members_max) + " members"};
  }
  change_scale([&](scale_wish& wish) { wish.members[role] = n; });
  run_.note(by + " wants " + std::to_string(n) + " of role " + role);
  return {{"role", role}, {"wanted", n}};
}

json run_control::set(const std::string& key, const json& value, const std::string& by) {
  if (key != "max_staleness") {
    throw error{errc::not_found, "no setting " + key + " can be changed while the run goes on; max_staleness can"};
  }
  if (!value.is_number_unsigned() || value.get<std::uint64_t>() > config::staleness_max) {
    throw error{errc::invalid,
                "max_staleness is a number of policy versions, from 0 to " + std::to_string(config::staleness_max)};
  }
  const auto now = run_.steer({.paused = {}, .max_staleness = value.get<std::uint32_t>()});
  run_.note(by + " has set max_staleness to " + std::to_string(now.max_staleness));
  return {{"max_staleness", now.max_staleness}};
}

} // namespace troupe::program
