// SPDX-License-Identifier: Apache-2.0
#include "runtime/cluster/wait_for.hpp"

#include <algorithm>

namespace troupe::cluster {

namespace {

std::string seconds(milliseconds t) {
  return std::to_string(t.count() / 1000) + " s";
}

/// One cause found, and who it is.
struct finding {
  std::string words;
  std::string culprit;
};

/// The learner itself, or its first rank where those are processes of their own.
bool is_learner(const wait_facts& facts, const member& m) {
  return m.who.as == wire::role::learner && !is_rank(facts.ranks, m.who.name);
}

/// The buffer or the learner is not there at all, or a rank of it.
std::vector<finding> find_missing(const wait_facts& facts) {
  std::vector<finding> found;
  for (const auto& role : facts.missing) {
    const bool rank = is_rank(facts.ranks, role);
    const auto last = std::find_if(facts.members.begin(), facts.members.end(), [&](const member& m) {
      return !is_here(m.state) &&
             (rank ? m.who.name == role : wire::to_string(m.who.as) == role && !is_rank(facts.ranks, m.who.name));
    });
    found.push_back(
        last == facts.members.end()
            ? finding{rank ? "the run waits for " + role + ", a rank of the learner: it has not joined so far"
                           : "the run waits for the " + role + ": none has joined so far",
                      role}
            : finding{"the run waits for " + last->who.name + ", which " +
                          (last->state == member_state::lost ? "is lost: " : "has left: ") + last->reason,
                      last->who.name});
  }
  return found;
}

std::vector<finding> find_silent(const wait_facts& facts) {
  std::vector<finding> found;
  for (const auto& m : facts.members) {
    if (is_here(m.state) && (m.state == member_state::silent || m.silent_for >= worth_telling)) {
      found.push_back({m.who.name + " silent for " + seconds(m.silent_for) +
                           (m.last.leases > 0 ? ", holds " + std::to_string(m.last.leases) + " leases" : ""),
                       m.who.name});
    }
  }
  return found;
}

/// A rank that is asked for its share of a step, and trains it.
bool is_at_work(const wait_facts& facts, const std::string& name) {
  return is_rank(facts.ranks, name) && std::any_of(facts.members.begin(), facts.members.end(), [&](const member& m) {
           return m.who.name == name && is_here(m.state) && m.last.waits_for.empty();
         });
}

/// Members whose questions nobody answers: the other side, or the way to it.
std::vector<finding> find_unanswered(const wait_facts& facts) {
  std::vector<finding> found;
  for (const auto& m : facts.members) {
    if (is_here(m.state) && !m.last.unanswered_by.empty() && m.last.unanswered_for >= worth_telling &&
        !is_at_work(facts, m.last.unanswered_by)) {
      const bool rank = is_rank(facts.ranks, m.last.unanswered_by);
      found.push_back({m.who.name + " has had no answer of " + (rank ? "" : "the ") + m.last.unanswered_by + " for " +
                           seconds(m.last.unanswered_for),
                       m.who.name + " - " + m.last.unanswered_by});
    }
    const bool asks_for_work = is_learner(facts, m) && m.last.waits_for == "controller";
    if (is_here(m.state) && asks_for_work && std::min(m.last.doing_for, facts.learner_unanswered) >= worth_telling) {
      found.push_back({m.who.name + " waits to be told what to do, and the controller has waited for its answer for " +
                           seconds(facts.learner_unanswered),
                       "controller - learner"});
    }
  }
  return found;
}

/// Where there is work for them: sft stages need none.
std::vector<finding> find_roles_without_members(const wait_facts& facts) {
  std::vector<finding> found;
  if (!facts.work || facts.work->empty()) {
    return found;
  }
  for (const auto as : wire::worker_roles) {
    const bool any = std::any_of(facts.members.begin(), facts.members.end(), [&](const member& m) {
      return m.who.as == as && is_here(m.state) && m.state != member_state::draining;
    });
    if (!any) {
      found.push_back({"no " + wire::to_string(as) + " is at work", wire::to_string(as)});
    }
  }
  return found;
}

/// Who has done one thing for long, or waits for another.
std::vector<finding> find_slow(const wait_facts& facts) {
  std::vector<finding> found;
  for (const auto& m : facts.members) {
    if (is_here(m.state) && m.last.doing_for >= worth_telling && m.last.waits_for.empty() && m.last.leases > 0) {
      found.push_back({m.who.name + ": " + m.last.doing + " for " + seconds(m.last.doing_for), m.who.name});
    }
  }
  return found;
}

/// What the learner itself says, with the buffer's words where it waits for a batch.
std::string line_of_learner(const wait_facts& facts) {
  for (const auto& m : facts.members) {
    if (!is_learner(facts, m) || !is_here(m.state)) {
      continue;
    }
    const std::string work = facts.work.value_or("");
    if (m.last.doing_for < worth_telling) {
      return m.who.name + ": " + (m.last.doing.empty() ? "has just joined" : m.last.doing);
    }
    return m.who.name + ": " + m.last.doing + " for " + seconds(m.last.doing_for) +
           (m.last.waits_for == "buffer" && !work.empty() ? ": " + work : "");
  }
  return {};
}

void append(std::vector<finding>& to, std::vector<finding> more) {
  std::move(more.begin(), more.end(), std::back_inserter(to));
}

} // namespace

explanation explain(const wait_facts& facts) {
  std::vector<finding> causes;
  if (facts.paused) {
    causes.push_back({"the run is paused by an operator; `troupectl resume` goes on", "operator"});
  }
  append(causes, find_missing(facts));
  append(causes, find_silent(facts));
  if (!facts.work && facts.missing.empty()) {
    causes.push_back({"the buffer does not answer the controller", "controller - buffer"});
  }
  append(causes, find_unanswered(facts));
  append(causes, find_roles_without_members(facts));
  append(causes, find_slow(facts));
  explanation all;
  const auto learner = line_of_learner(facts);
  const bool waits_long = std::any_of(facts.members.begin(), facts.members.end(), [&](const member& m) {
    return is_learner(facts, m) && !m.last.waits_for.empty() && m.last.doing_for >= worth_telling;
  });
  all.summary = !causes.empty() ? causes.front().words
                : waits_long    ? learner
                                : "nothing is stuck" + (learner.empty() ? "" : "; " + learner);
  if (!learner.empty()) {
    all.lines.push_back(learner);
  }
  for (const auto& m : facts.members) {
    if (is_rank(facts.ranks, m.who.name) && is_here(m.state) && !m.last.doing.empty()) {
      all.lines.push_back(m.who.name + ": " + m.last.doing +
                          (m.last.doing_for < worth_telling ? "" : " for " + seconds(m.last.doing_for)));
    }
  }
  if (facts.work && !facts.work->empty()) {
    all.lines.push_back("buffer: " + *facts.work);
  }
  for (const auto& c : causes) {
    all.lines.push_back(c.words);
    all.culprits.push_back(c.culprit);
  }
  for (const auto& m : facts.members) {
    if (m.state == member_state::draining) {
      all.lines.push_back(m.who.name + " drains");
    }
  }
  return all;
}

} // namespace troupe::cluster
