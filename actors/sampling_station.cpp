// SPDX-License-Identifier: Apache-2.0
#include "actors/sampling_station.hpp"

#include <algorithm>

namespace troupe::actors {

namespace {

std::string to_words(stage_index stage, policy_version version) {
  return "version " + std::to_string(version.value) + " of stage " + std::to_string(stage.value);
}

sample begun_by_another(const prompt_work& work, std::uint32_t index) {
  const auto it = std::find_if(work.partials.begin(), work.partials.end(), [&](auto& s) { return s.index == index; });
  return it == work.partials.end() ? sample{} : *it;
}

} // namespace

sampling_station::sampling_station(std::shared_ptr<gpu::backend> backend, std::shared_ptr<weights_board> board,
                                   std::shared_ptr<const text::tokenizer> tokenizer, std::shared_ptr<activity> meter,
                                   std::uint32_t batch_size)
    : backend_(std::move(backend)), board_(std::move(board)), tokenizer_(std::move(tokenizer)),
      meter_(std::move(meter)), batch_size_(batch_size) {}

void sampling_station::accept(lease_id lease, const std::vector<prompt_work>& work) {
  for (const auto& one : work) {
    const auto ids = tokenizer_->encode(prompt_text(one.asked), true);
    for (std::uint32_t i = 0; i < one.what.members.size(); ++i) {
      if (one.what.members[i].submitted) {
        continue;
      }
      gpu::sample_request request{.tag = next_tag_++,
                                  .seed = one.what.sampling_seed,
                                  .index = i,
                                  .prompt = ids,
                                  .options = {.temperature = one.sampling.temperature,
                                              .top_p = one.sampling.top_p,
                                              .top_k = one.sampling.top_k,
                                              .max_new_tokens = one.sampling.max_new_tokens,
                                              .stop_tokens = {tokenizer_->end_token()}},
                                  .partial = begun_by_another(one, i)};
      tickets_[request.tag] = {lease, one.what.id};
      if (one.what.pinned) {
        waiting_.push_back({one.what.id.stage, *one.what.pinned, std::move(request)});
        continue;
      }
      waiting_train_.push_back({one.what.id.stage, one.not_before, std::move(request)});
    }
  }
}

void sampling_station::admit_train() {
  if (waiting_train_.empty() || !swap_weights()) {
    return;
  }
  const auto stage = board_->stage();
  std::deque<waiting_request> too_new;
  for (auto& w : waiting_train_) {
    if (w.stage > stage || (w.stage == stage && w.version > train_weights_->version())) {
      too_new.push_back(std::move(w)); // the step is committed, its weights are about to be published
    } else {
      train_->submit(std::move(w.what));
    }
  }
  waiting_train_ = std::move(too_new);
}

bool sampling_station::can_step() {
  admit_train();
  admit_pinned();
  return (train_ && train_->pending() > 0) || (pinned_ && pinned_->pending() > 0);
}

std::string sampling_station::waiting_for() {
  if (tickets_.empty() || can_step()) {
    return {};
  }
  const auto& first = waiting_.empty() ? waiting_train_.front() : waiting_.front();
  return to_words(first.stage, first.version);
}

/// False before the first version.
bool sampling_station::swap_weights() {
  auto latest = board_->latest();
  if (!latest || latest == train_weights_) {
    return latest != nullptr;
  }
  if (!train_) {
    train_ = backend_->make_sampler(latest, batch_size_);
  } else {
    train_->set_weights(latest);
  }
  train_weights_ = std::move(latest);
  return true;
}

/// All that waits for the first version that is here.
void sampling_station::admit_pinned() {
  if (waiting_.empty() || (pinned_ && pinned_->pending() > 0)) {
    return;
  }
  std::shared_ptr<const gpu::weights> w;
  const auto first = std::find_if(waiting_.begin(), waiting_.end(), [&](const waiting_request& one) {
    w = board_->find_or_want(one.stage, one.version);
    return w != nullptr;
  });
  if (first == waiting_.end()) {
    return;
  }
  if (!pinned_) {
    pinned_ = backend_->make_sampler(w, batch_size_);
  } else {
    pinned_->set_weights(w);
  }
  const auto stage = first->stage;
  std::erase_if(waiting_, [&](waiting_request& one) {
    const bool now = one.stage == stage && one.version == w->version();
    if (now) {
      pinned_->submit(std::move(one.what));
    }
    return now;
  });
}

std::vector<sampled> sampling_station::run(std::uint32_t steps) {
  std::vector<sampled> out;
  if (!can_step()) {
    return out;
  }
  activity::scope busy{*meter_, activity::kind::generating};
  const auto finish = [&](gpu::sampler& from) {
    for (auto& r : from.step()) {
      meter_->add_tokens(r.completion.tokens.size());
      out.push_back(take(std::move(r)));
    }
  };
  for (std::uint32_t i = 0; i < steps && !tickets_.empty(); ++i) {
    admit_train();
    if (train_ && train_->pending() > 0) {
      swap_weights();
      finish(*train_);
    }
    admit_pinned();
    if (pinned_ && pinned_->pending() > 0) {
      finish(*pinned_);
    }
  }
  return out;
}

sampled sampling_station::take(gpu::sample_result result) {
  const auto ticket = tickets_.extract(result.tag).mapped();
  result.completion.text = text::completion_text(*tokenizer_, result.completion);
  return {ticket.lease, ticket.of, std::move(result.completion)};
}

std::set<lease_id> sampling_station::leases() const {
  std::set<lease_id> all;
  for (const auto& [tag, t] : tickets_) {
    all.insert(t.lease);
  }
  return all;
}

void sampling_station::let_go(lease_id lease) {
  const auto gone = [&](const waiting_request& one) { return tickets_.at(one.what.tag).lease == lease; };
  std::erase_if(waiting_, gone);
  std::erase_if(waiting_train_, gone);
  std::erase_if(tickets_, [&](const auto& one) {
    if (one.second.lease != lease) {
      return false;
    }
    for (auto* sampler : {train_.get(), pinned_.get()}) {
      if (sampler != nullptr) {
        sampler->cancel(one.first);
      }
    }
    return true;
  });
}

std::map<lease_id, std::vector<sampled>> sampling_station::abandon() {
  std::map<lease_id, std::vector<sampled>> held;
  for (const auto lease : leases()) {
    held[lease]; // also one of which nothing was sampled
  }
  for (auto* sampler : {train_.get(), pinned_.get()}) {
    for (auto& r : sampler == nullptr ? std::vector<gpu::sample_result>{} : sampler->cancel_all()) {
      if (!r.completion.tokens.empty()) {
        const auto lease = tickets_.at(r.tag).lease;
        held[lease].push_back(take(std::move(r)));
      }
    }
  }
  train_.reset();
  train_weights_.reset();
  pinned_.reset();
  waiting_.clear();
  waiting_train_.clear();
  tickets_.clear();
  return held;
}

} // namespace troupe::actors
