// SPDX-License-Identifier: Apache-2.0
#include "tests/simulation/world.hpp"

#include <algorithm>

namespace troupe::simulation {

using rollout::submit_result;

namespace {

constexpr int patience_ms = 50;          // before a worker asks again
constexpr std::int64_t end_ms = 4000000; // a run that has not come to its goal by then is stuck

} // namespace

world::world(const settings& s) : settings_(s), random_(s.seed), wall_random_(s.seed) {
  for (std::size_t i = 0; i < 1 + s.seed % 3; ++i) {
    generators_.push_back({"generator-" + std::to_string(i), {1, ++lives_}, {}});
  }
  for (std::size_t i = 0; i < 1 + s.seed % 2; ++i) {
    verifiers_.push_back({"verifier-" + std::to_string(i), {2, ++lives_}, {}});
  }
  learner_ = {"learner", {3, ++lives_}, {}};
}

void world::at(ms delay, std::function<void()> what) {
  events_.push({now_ + delay, sent_++, std::move(what)});
}

std::int64_t world::wall() {
  constexpr std::int64_t start = 1'700'000'000'000, day = 86'400'000;
  if (!settings_.clock_jumps) {
    return start + now_.count();
  }
  return start + now_.count() + static_cast<std::int64_t>(wall_random_() % (2 * day)) - day;
}

void world::send(std::function<void()> what) {
  if (chance(0.05)) {
    return;
  }
  if (chance(0.05)) {
    at(delay(200), what);
  }
  at(delay(10), std::move(what));
}

void world::broken(const std::string& what) {
  if (problem_.empty()) {
    problem_ = "seed " + std::to_string(settings_.seed) + " at " + std::to_string(now_.count()) + " ms: " + what;
  }
}

std::string world::run() {
  reopen();
  for (std::size_t i = 0; i < generators_.size(); ++i) {
    generate(i);
  }
  for (std::size_t i = 0; i < verifiers_.size(); ++i) {
    verify(i);
  }
  learn();
  tick();
  while (problem_.empty() && committed_.value < settings_.steps) {
    const event next = events_.top();
    events_.pop();
    now_ = next.when;
    next.what();
    check();
    if (now_.count() > end_ms) {
      broken("stuck at version " + std::to_string(committed_.value) + ": " + ledger_->waiting_for(now_));
    }
  }
  return problem_;
}

void world::write(const rollout::ledger::changes& groups) {
  for (const auto& g : groups) {
    store_.insert_or_assign(g.id, g);
  }
}

/// What must hold after every event.
void world::check() {
  rollout::group_counts stored;
  for (const auto& [id, g] : store_) {
    stored.add(g);
  }
  if (!(stored == ledger_->counts()) || !stored.conserved()) {
    broken("the ledger and its store count differently");
  }
  const auto& c = ledger_->train_counts();
  const auto& gate = settings_.rules.gate;
  const bool replay = settings_.rules.max_reuse > 1;
  const auto alive = c.pending + c.ready + c.leased;
  if (replay ? alive > (gate.max_staleness + 1) * gate.groups_per_batch
             : alive + c.trained > (gate.max_staleness + committed_.value + 1) * gate.groups_per_batch) {
    broken("the gate let out too many groups");
  }
  if (!replay && c.trained != uses_.size()) {
    broken("trained groups do not add up");
  }
  std::uint64_t uses = 0;
  for (const auto& [id, n] : uses_) {
    const auto& g = store_.at(id);
    uses += n;
    if (g.uses != n || g.state < group_state::ready || g.state > group_state::trained) {
      broken("group " + to_string(id) + " was consumed but its record does not say so");
    }
  }
  if (uses != committed_.value * gate.groups_per_batch) {
    broken("uses of groups do not add up to the steps");
  }
}

/// The buffer died: all it knows is what it wrote.
void world::reopen() {
  ledger_.emplace(lease_id{1 + 100000 * lease_blocks_++});
  for (const auto& [id, g] : std::map{store_}) {
    write(ledger_->restore(g, wall()));
  }
  ledger_->begin_stage(settings_.rules, committed_);
  present_ = present_.next();
  write(ledger_->begin_epoch(present_, wall()));
}

void world::restart_learner() {
  learner_.life = {3, ++lives_};
  present_ = present_.next();
  write(ledger_->begin_epoch(present_, wall()));
}

void world::tick() {
  write(ledger_->expire(now_, wall()));
  if (chance(0.01)) {
    reopen();
  }
  if (chance(0.01)) {
    restart_learner();
  }
  if (chance(0.01)) {
    auto& lost = generators_[random_() % generators_.size()];
    if (chance(0.5)) { // noticed at once; otherwise its leases run out
      write(ledger_->worker_lost(lost.life, wall()));
    }
    lost.life = {1, ++lives_};
  }
  if (chance(0.002) && !store_.empty()) {
    auto any = store_.begin();
    std::advance(any, static_cast<std::ptrdiff_t>(random_() % store_.size()));
    write(ledger_->drop(group_id{any->first}, drop_reason::operator_request, wall()));
  }
  at(ms{20}, [this] { tick(); });
}

void world::generate(std::size_t who) {
  auto& g = generators_[who];
  if (!settings_.lag || random_() % 4 != 0) {
    g.weights = committed_;
  }
  while (ledger_->train_capacity() > 0) {
    write({ledger_->issue({.task = "t", .num_generations = settings_.rules.num_generations}, wall()).value()});
  }
  const auto leased = ledger_->lease_prompts(caller(g), 1 + static_cast<std::uint32_t>(random_() % 4));
  write(leased.groups);
  if (!chance(0.05)) { // otherwise the reply is lost and the lease runs out
    for (const auto& one : leased.groups) {
      sample(who, g.life, leased.lease, one);
    }
  }
  at(ms{patience_ms}, [=, this] { generate(who); });
}

void world::sample(std::size_t who, incarnation life, lease_id lease, const group& of) {
  for (std::uint32_t i = 0; i < of.members.size(); ++i) {
    if (of.members[i].submitted) {
      continue;
    }
    const auto weights = generators_[who].weights;
    const auto length = static_cast<std::uint32_t>(random_() % 100);
    at(delay(random_() % 10 == 0 ? 300 : 40), [=, this, id = of.id] {
      if (generators_[who].life != life) {
        return; // it died meanwhile
      }
      const auto newest = settings_.lag ? weights : std::max(weights, committed_);
      const member filled{.submitted = true,
                          .num_tokens = length,
                          .oldest = weights,
                          .newest = newest,
                          .checksum = length * 1000 + weights.value};
      send([=, this] {
        const auto said = ledger_->submit_sample(caller(generators_[who].name, life), lease, id, i, filled);
        write(said.groups);
        if (said.result == submit_result::created && !samples_.insert({id, i}).second) {
          broken("sample " + to_string(sample_id{id, i}) + " was taken twice");
        }
        if (said.result != submit_result::created && !said.groups.empty()) {
          broken("a refused sample changed something");
        }
      });
    });
  }
}

void world::verify(std::size_t who) {
  const auto& v = verifiers_[who];
  const auto leased = ledger_->lease_generated(caller(v), 4);
  write(leased.groups);
  for (const auto& one : leased.groups) {
    std::vector<judgement> said;
    for (std::size_t i = 0; i < one.members.size(); ++i) {
      const auto kind = random_() % 20 == 0  ? verdict_kind::undecided
                        : random_() % 2 == 0 ? verdict_kind::correct
                                             : verdict_kind::incorrect;
      said.push_back({.verdict = kind, .reward = kind == verdict_kind::correct ? 1.0 : 0.0});
    }
    at(delay(60), [=, this, id = one.id] {
      send([=, this] {
        const auto answer = ledger_->submit_verdict(caller(verifiers_[who]), leased.lease, id, said);
        write(answer.groups);
        if (answer.result != submit_result::created && !answer.groups.empty()) {
          broken("a refused verdict changed something");
        }
      });
    });
  }
  at(ms{patience_ms}, [=, this] { verify(who); });
}

void world::learn() {
  const auto batch = ledger_->lease_batch(caller(learner_), present_);
  write(batch.dropped);
  write(batch.groups);
  if (batch.lease) {
    for (const auto& g : batch.groups) {
      if (rollout::staleness_gate::staleness(g, committed_) > settings_.rules.gate.max_staleness) {
        broken("group " + to_string(g.id) + " is too old for version " + std::to_string(committed_.value));
      }
    }
    const auto again = ledger_->lease_batch(caller(learner_), present_);
    if (again.lease != batch.lease || again.groups != batch.groups) {
      broken("asked again, the learner got another batch");
    }
    at(delay(80), [=, this, life = learner_.life, present = present_] {
      send([=, this] { commit(life, present, *batch.lease, batch.groups); });
    });
  }
  at(ms{patience_ms * 2}, [this] { learn(); });
}

void world::commit(incarnation life, epoch present, lease_id lease, const rollout::ledger::changes& batch) {
  const auto before = committed_;
  const auto said = ledger_->commit_batch(caller("learner", life), present, lease, before.next());
  if (said.result != submit_result::created) {
    if (!said.groups.empty() || ledger_->version() != before) {
      broken("a refused step changed something");
    }
    return;
  }
  if (present != present_ || said.groups.size() != batch.size()) {
    broken("a zombie learner committed");
  }
  for (const auto& g : said.groups) {
    if (++uses_[g.id] > settings_.rules.max_reuse) {
      broken("group " + to_string(g.id) + " was trained more often than allowed");
    }
  }
  write(said.groups);
  committed_ = ledger_->version();
}

} // namespace troupe::simulation
