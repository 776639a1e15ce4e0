// SPDX-License-Identifier: Apache-2.0
#include "deploy/troupe/supervisor.hpp"

#include "deploy/troupe/changed_at.hpp"
#include "deploy/troupe/ending_signals.hpp"
#include "deploy/troupe/free_ports.hpp"
#include "deploy/troupe/scale_file.hpp"
#include "runtime/data/durable_file.hpp"
#include "runtime/error.hpp"
#include "runtime/keys/key_folder.hpp"

#include <algorithm>
#include <array>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <unistd.h>

namespace troupe::program {

namespace {

namespace fs = std::filesystem;
using std::chrono::milliseconds;

constexpr timespec look_for_signals_every{0, 100'000'000};
constexpr milliseconds first_pause{200}; // before a process is started again; doubled each time
constexpr milliseconds longest_pause{10'000};
constexpr milliseconds pause_after_leaving{15'000}; // the controller may be about to end, too
constexpr std::chrono::seconds quick{10};           // who dies sooner has not really started
constexpr unsigned quick_deaths_max = 5;
constexpr std::size_t last_lines = 12;
constexpr double controller_end_s = 180; // the present step, and a checkpoint
constexpr double patience_s = 0.1;       // between two looks whether a second signal has come

std::string name_of(wire::role as, unsigned index) {
  return wire::to_string(as) + "-" + std::to_string(index);
}

/// Whether what was wrong stays so: the configuration, what it names, or what is stored.
bool ends_again(int status) {
  constexpr std::array lasting{errc::invalid, errc::not_found, errc::corrupt};
  return std::any_of(lasting.begin(), lasting.end(), [&](errc code) { return exit_status(code) == status; });
}

void make_keys(const std::string& folder, const cast_size& size) {
  keys::members_wanted wanted;
  wanted.learners = size.learners;
  wanted.generators = size.generators;
  wanted.verifiers = size.verifiers;
  keys::fill_key_folder(folder, wanted);
}

} // namespace

supervisor::supervisor(std::string run_folder, const cast_size& size) : run_(std::move(run_folder)), keyed_(size) {
  make_keys(run_ + "/keys", keyed_);
  fs::create_directories(run_ + "/nodes");
  forget_drained();
  const auto ports = free_ports(3 + size.learners);
  base_.run = run_;
  base_.recipe = run_ + "/recipe.yaml";
  base_.keys = run_ + "/keys";
  base_.control_listen.port = base_.control_address.port = ports[0];
  base_.buffer_listen.port = base_.buffer_address.port = ports[1];
  base_.weights_listen.port = base_.weights_address.port = ports[2];
  base_.admin_listen.port = ports[3];
  for (unsigned rank = 1; rank < size.learners; ++rank) {
    base_.ranks_members.push_back({name_of(wire::role::learner, rank), {"127.0.0.1", ports[3 + rank]}});
  }
  add("controller", wire::role::controller);
  add("buffer", wire::role::buffer);
  for (const auto& [as, count] :
       {std::pair{wire::role::learner, size.learners}, std::pair{wire::role::generator, size.generators},
        std::pair{wire::role::verifier, size.verifiers}}) {
    for (unsigned i = 0; i < count; ++i) {
      add(name_of(as, i), as);
    }
  }
}

/// What was scaled stays so over a resume; processes that were drained are long gone.
void supervisor::forget_drained() const {
  auto wish = read_scale(run_);
  if (!wish.drained.empty()) {
    wish.drained.clear();
    write_scale(run_, wish);
  }
}

supervisor::~supervisor() {
  std::error_code gone_already;
  fs::remove(run_ + "/cluster.json", gone_already);
}

void supervisor::add(const std::string& name, wire::role as) {
  auto own = base_;
  own.name = name;
  if (as != wire::role::controller) {
    own.admin_listen.port = 0;
  }
  if (const auto rank = own.rank_of(name); rank != 0) {
    own.ranks_listen = own.ranks_members[rank - 1].address;
  }
  data::write_file_durably(run_ + "/nodes/" + name + ".yaml", config::to_yaml(own, {.resolved = true}));
  members_[name] = member{.as = as, .start_at = clock::now()};
}

void supervisor::start(const std::string& name, member& m) {
  const bool speaks = m.as == wire::role::controller; // its display is the run's
  m.process = std::make_unique<child_process>(
      std::vector<std::string>{"node", wire::to_string(m.as), "--config", run_ + "/nodes/" + name + ".yaml"},
      speaks ? "" : run_ + "/nodes/" + name + ".log");
  m.started = clock::now();
  m.pid = m.process->pid();
}

std::string supervisor::last_words(const std::string& name) const {
  std::ifstream in{run_ + "/nodes/" + name + ".log"};
  std::vector<std::string> lines;
  for (std::string line; std::getline(in, line);) {
    lines.push_back(line);
    if (lines.size() > last_lines) {
      lines.erase(lines.begin());
    }
  }
  std::string text;
  for (const auto& line : lines) {
    text += "\n  " + line;
  }
  return text;
}

void supervisor::settle_end(const std::string& name, member& m, const process_end& how) {
  if (m.as == wire::role::controller && how.signal == 0 && how.status != stopped_status) {
    over_ = how.status;
    return;
  }
  if (m.leaving) {
    std::fprintf(stderr, "%s has left\n", name.c_str());
    m.leaving = true;
    return;
  }
  const bool early = clock::now() - m.started < quick;
  const bool refused = early && how.signal == 0 && ends_again(how.status);
  m.quick_deaths = early && !how.clean() ? m.quick_deaths + 1 : 0;
  m.proven = m.proven || !early;
  if (refused || m.quick_deaths >= quick_deaths_max) {
    const bool others = std::any_of(members_.begin(), members_.end(), [&](const auto& one) {
      return one.second.as == m.as && one.first != name && one.second.process;
    });
    if (wire::is_worker(m.as) && (others || m.proven)) { // one worker more is not worth a run
      std::fprintf(stderr, "%s cannot start (%s) and is left alone; its last words:%s\n", name.c_str(),
                   how.text().c_str(), last_words(name).c_str());
      m.leaving = true;
      return;
    }
    const auto words = m.as == wire::role::controller ? std::string{} : "; its last words:" + last_words(name);
    throw error{errc::failed, name + " cannot start (" + how.text() + ")" + words};
  }
  m.pause = early ? std::min(std::max(2 * m.pause, first_pause), longest_pause) : first_pause;
  m.start_at = clock::now() + (how.clean() ? pause_after_leaving : m.pause);
  m.last_end = how.text();
}

void supervisor::look_after() {
  bool changed = false;
  for (auto& [name, m] : members_) {
    if (m.process) {
      if (const auto how = m.process->ended()) {
        m.process.reset();
        changed = true;
        settle_end(name, m, *how);
      }
    }
    if (!m.process && !m.leaving && !over_ && clock::now() >= m.start_at) {
      if (!m.last_end.empty()) {
        std::fprintf(stderr, "%s has ended (%s) and is started again\n", name.c_str(), m.last_end.c_str());
      }
      try {
        start(name, m);
      } catch (const error& e) { // no process or memory is left; perhaps later
        std::fprintf(stderr, "%s: %s\n", name.c_str(), e.what());
        m.start_at = clock::now() + longest_pause;
      }
      changed = true;
    }
  }
  std::erase_if(members_, [](const auto& one) { return one.second.leaving && !one.second.process; });
  if (changed || cluster_file_due_) {
    write_cluster_file();
  }
}

void supervisor::follow_scale() {
  const auto changed = changed_at(scale_file(run_));
  if (changed == scale_read_) {
    return;
  }
  scale_read_ = changed;
  if (changed == 0) {
    return;
  }
  const auto wish = read_scale(run_);
  for (auto& [name, m] : members_) { // before the count: who is told to drain is on the way out, and no other for it
    const auto told = wish.drained.find(name);
    m.leaving = m.leaving || (m.pid != 0 && told != wish.drained.end() && told->second == m.pid);
  }
  for (const auto as : wire::worker_roles) {
    const auto role = wire::to_string(as);
    if (const auto wanted = wish.members.find(role); wanted != wish.members.end()) {
      try {
        scale(as, static_cast<unsigned>(wanted->second));
      } catch (const error& e) { // a full disk; the run goes on with whom it has
        std::fprintf(stderr, "%s: not scaled: %s\n", role.c_str(), e.what());
      }
    }
  }
}

void supervisor::scale(wire::role as, unsigned wanted) {
  std::vector<std::pair<unsigned, std::string>> there;
  for (const auto& [name, m] : members_) {
    if (m.as == as && !m.leaving) {
      there.emplace_back(static_cast<unsigned>(std::stoul(name.substr(name.rfind('-') + 1))), name);
    }
  }
  std::sort(there.begin(), there.end());
  for (; there.size() > wanted; there.pop_back()) {
    auto& m = members_.at(there.back().second);
    m.leaving = true;
    if (m.process) {
      m.process->signal(SIGTERM);
    }
  }
  auto& keyed = as == wire::role::generator ? keyed_.generators : keyed_.verifiers;
  for (unsigned i = 0; there.size() < wanted; ++i) {
    const auto name = name_of(as, i);
    if (members_.contains(name)) { // or its namesake has not left yet
      continue;
    }
    if (i >= keyed) {
      keyed = std::max(i + 1, wanted);
      make_keys(run_ + "/keys", keyed_);
    }
    add(name, as);
    there.emplace_back(i, name);
  }
}

void supervisor::write_cluster_file() {
  auto processes = nlohmann::json::array();
  for (const auto& [name, m] : members_) {
    if (m.process) {
      processes.push_back({{"name", name}, {"role", wire::to_string(m.as)}, {"pid", m.process->pid()}});
    }
  }
  const nlohmann::json all{
      {"endpoint", "https://" + base_.admin_listen.text()}, {"supervisor", ::getpid()}, {"processes", processes}};
  try {
    data::write_file_durably(run_ + "/cluster.json", all.dump(2) + "\n");
    cluster_file_due_ = false;
  } catch (const error& e) { // a full disk, most likely, which the run itself waits out
    if (!cluster_file_due_) {
      std::fprintf(stderr, "%s\n", e.what());
    }
    cluster_file_due_ = true;
  }
}

bool supervisor::hurried() {
  const auto signals = ending_signals();
  constexpr timespec now{};
  if (!hurry_ && ::sigtimedwait(&signals, nullptr, &now) > 0) {
    std::fprintf(stderr, "told again: whoever has not ended is killed\n");
    hurry_ = true;
  }
  return hurry_;
}

void supervisor::end_members(const std::vector<wire::role>& roles, double within_s) {
  const auto of_roles = [&](const member& m) {
    return m.process && std::find(roles.begin(), roles.end(), m.as) != roles.end();
  };
  for (auto& [name, m] : members_) {
    if (of_roles(m)) {
      m.process->signal(SIGTERM);
    }
  }
  const auto until = clock::now() + std::chrono::duration<double>(within_s);
  for (auto& [name, m] : members_) {
    if (!of_roles(m)) {
      continue;
    }
    while (!m.process->wait(patience_s) && clock::now() < until && !hurried()) {
    }
    if (!m.process->ended()) {
      std::fprintf(stderr, "%s did not end within %.0f s and is killed\n", name.c_str(), within_s);
    }
    m.process.reset();
  }
}

void supervisor::drain_all() {
  const double drain = base_.drain_s + 5;
  end_members({wire::role::controller}, controller_end_s);
  end_members({wire::role::generator, wire::role::verifier, wire::role::learner}, drain);
  end_members({wire::role::buffer}, drain);
}

int supervisor::run() {
  const auto signals = ending_signals();
  ::pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  int status = 0;
  try {
    for (;;) {
      if (::sigtimedwait(&signals, nullptr, &look_for_signals_every) > 0) {
        std::fprintf(stderr, "draining: the controller ends after the present step\n");
        status = stopped_status;
        break;
      }
      follow_scale();
      look_after();
      if (over_) {
        status = *over_;
        break;
      }
    }
  } catch (const std::exception&) {
    drain_all();
    throw;
  }
  drain_all();
  return status;
}

} // namespace troupe::program
