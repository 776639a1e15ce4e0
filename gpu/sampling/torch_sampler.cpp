// SPDX-License-Identifier: Apache-2.0
#include "gpu/sampling/torch_sampler.hpp"

#include "gpu/model/operations.hpp"
#include "gpu/sampling/check_request.hpp"
#include "gpu/sampling/choose.hpp"
#include "runtime/check.hpp"
#include "runtime/error.hpp"

#include <ATen/core/grad_mode.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/tensor.h>
#include <algorithm>

namespace troupe::gpu {

namespace {

constexpr std::size_t prefill_tokens = 8192; // in one pass, so that many long prompts need no more memory

std::uint32_t at_least_one(std::uint32_t batch_size) {
  if (batch_size == 0) {
    throw error{errc::invalid, "batch_size is 0; a sampler needs at least one slot"};
  }
  return batch_size;
}

} // namespace

torch_sampler::torch_sampler(std::shared_ptr<const flat_weights> from, std::uint32_t batch_size, decode_mode mode)
    : mode_(mode), shape_(from->shape()), cache_(shape_, at_least_one(batch_size), from->flat().options()),
      slots_(batch_size) {
  bind(std::move(from));
}

void torch_sampler::bind(std::shared_ptr<const flat_weights> w) {
  weights_ = std::move(w);
  bound_ = bind_weights(shape_, weights_->flat());
  const auto& flat = weights_->flat();
  if (flat.is_cpu() && flat.scalar_type() == at::kFloat) {
    packed_.emplace(bound_);
    mode_.packed = &*packed_;
  }
}

void torch_sampler::set_weights(std::shared_ptr<const weights> w) {
  auto flat = std::dynamic_pointer_cast<const flat_weights>(std::move(w));
  TROUPE_CHECK(flat != nullptr, "weights of another backend");
  bind(std::move(flat));
}

void torch_sampler::submit(sample_request request) {
  check_request(request, shape_);
  queued_.push_back(std::move(request));
}

std::vector<sample_result> torch_sampler::step() {
  const at::NoGradGuard no_grad;
  std::vector<sample_result> finished;
  if (running_ > 0) {
    decode(finished);
  }
  admit(finished);
  return finished;
}

void torch_sampler::admit(std::vector<sample_result>& finished) {
  std::vector<std::size_t> fresh;
  std::size_t tokens = 0;
  for (std::size_t i = 0; i < slots_.size() && !queued_.empty();) {
    auto& s = slots_[i];
    if (s.busy) {
      ++i;
      continue;
    }
    s = slot{};
    s.request = std::move(queued_.front());
    queued_.pop_front();
    s.done = std::move(s.request.partial);
    s.done.index = s.request.index;
    if (is_complete(s.request, s.done)) {
      finished.push_back({s.request.tag, std::move(s.done)});
      continue; // the slot is still free
    }
    s.busy = true;
    ++running_;
    fresh.push_back(i++);
    tokens += s.request.prompt.size() + s.done.tokens.size();
    if (tokens >= prefill_tokens) {
      prefill(fresh, finished);
      fresh.clear();
      tokens = 0;
    }
  }
  if (!fresh.empty()) {
    prefill(fresh, finished);
  }
}

void torch_sampler::prefill(const std::vector<std::size_t>& fresh, std::vector<sample_result>& finished) {
  std::vector<std::int64_t> tokens, positions, last;
  std::vector<std::int32_t> begins{0};
  std::vector<std::size_t> slot_of_row;
  for (const auto i : fresh) {
    auto& s = slots_[i];
    for (const auto* part : {&s.request.prompt, &s.done.tokens}) {
      for (const auto id : *part) {
        positions.push_back(s.length++);
        tokens.push_back(id);
        slot_of_row.push_back(i);
      }
    }
    begins.push_back(static_cast<std::int32_t>(tokens.size()));
    last.push_back(begins.back() - 1);
  }
  const auto device = weights_->flat().device();
  const auto position = at::tensor(positions, at::kLong).to(device);
  const auto cu_seqlens = at::tensor(begins, at::kInt);
  auto lse = at::empty({position.size(0), shape_.num_attention_heads}, at::kFloat);
  const attend_function attend = [&](std::size_t layer, const at::Tensor& qkv) {
    auto rotated = qkv; // nobody else reads the product
    op::rotate(shape_, rotated, position, 1.0F);
    cache_.store(layer, rotated, slot_of_row, position);
    return op::attend_rotated(shape_, rotated, cu_seqlens, lse);
  };
  const auto hidden = decode_layers(shape_, bound_, at::tensor(tokens, at::kLong).to(device), attend, mode_);
  take_tokens(hidden.index_select(0, at::tensor(last, at::kLong).to(device)), fresh, finished);
}

void torch_sampler::decode(std::vector<sample_result>& finished) {
  std::vector<std::size_t> busy;
  std::vector<std::int64_t> tokens, positions;
  for (std::size_t i = 0; i < slots_.size(); ++i) {
    if (slots_[i].busy) {
      busy.push_back(i);
      tokens.push_back(slots_[i].next);
      positions.push_back(slots_[i].length++);
    }
  }
  const auto device = weights_->flat().device();
  const auto position = at::tensor(positions, at::kLong).to(device);
  const attend_function attend = [&](std::size_t layer, const at::Tensor& qkv) {
    auto rotated = qkv;
    op::rotate(shape_, rotated, position, 1.0F);
    cache_.store(layer, rotated, busy, position);
    return cache_.attend(layer, rotated, busy, position);
  };
  const auto hidden = decode_layers(shape_, bound_, at::tensor(tokens, at::kLong).to(device), attend, mode_);
  take_tokens(hidden, busy, finished);
}

void torch_sampler::take_tokens(const at::Tensor& hidden, const std::vector<std::size_t>& slots,
                                std::vector<sample_result>& finished) {
  // Tokens are chosen on the CPU wherever the model runs, so that the same numbers choose the same token.
  auto logits = logits_of(bound_, hidden, 1.0, mode_).to(at::kCPU, at::kFloat);
  const std::size_t vocabulary = shape_.vocab_size;
  const auto options = [&](std::size_t r) -> const sampling_options& { return slots_[slots[r]].request.options; };
  at::Tensor raw; // of the model itself, for those that ask for it
  for (std::size_t r = 0; r < slots.size() && !raw.defined(); ++r) {
    if (options(r).raw_logprobs) {
      raw = log_softmax_rows(logits);
    }
  }
  for (std::size_t r = 0; r < slots.size(); ++r) {
    if (const auto t = static_cast<float>(options(r).temperature); t != 0 && t != 1) { // each row has its own
      float* row = logits.data_ptr<float>() + r * vocabulary;
      std::transform(row, row + vocabulary, row, [t](float x) { return x / t; });
    }
  }
  const auto tempered = log_softmax_rows(logits);
  for (std::size_t r = 0; r < slots.size(); ++r) {
    auto& s = slots_[slots[r]];
    const std::span<const float> row{tempered.const_data_ptr<float>() + r * vocabulary, vocabulary};
    const double uniform = token_uniform(s.request.seed, s.request.index, s.done.tokens.size());
    const auto chosen = choose_token(row, s.request.options, uniform);
    const auto raw_logprob = [&] {
      return raw.const_data_ptr<float>()[r * vocabulary + static_cast<std::size_t>(chosen.token)];
    };
    append(s, chosen.token, options(r).raw_logprobs ? raw_logprob() : chosen.logprob);
    if (is_complete(s.request, s.done)) {
      finished.push_back({s.request.tag, std::move(s.done)});
      s = slot{};
      --running_;
    }
  }
}

void torch_sampler::append(slot& s, std::int32_t token, float logprob) {
  auto& done = s.done;
  const auto at = static_cast<std::uint32_t>(done.tokens.size());
  if (done.segments.empty() || done.segments.back().source != segment_source::policy ||
      done.segments.back().version != weights_->version()) {
    done.segments.push_back({segment_source::policy, at, at, weights_->version()});
  }
  done.tokens.push_back(token);
  done.logprobs.push_back(logprob);
  done.loss_mask.push_back(1);
  ++done.segments.back().end;
  ++tokens_sampled_;
  s.next = token;
}

/// Sets why it finished, where it did.
bool torch_sampler::is_complete(const sample_request& request, sample& done) const {
  const auto& stops = request.options.stop_tokens;
  if (!done.tokens.empty() && std::find(stops.begin(), stops.end(), done.tokens.back()) != stops.end()) {
    done.finish = finish_reason::stop;
    return true;
  }
  done.finish = finish_reason::length;
  return done.tokens.size() >= request.options.max_new_tokens ||
         request.prompt.size() + done.tokens.size() >= shape_.max_position_embeddings;
}

void torch_sampler::cancel(std::uint64_t tag) {
  std::erase_if(queued_, [tag](const sample_request& r) { return r.tag == tag; });
  for (auto& s : slots_) {
    if (s.busy && s.request.tag == tag) {
      s = slot{};
      --running_;
    }
  }
}

std::vector<sample_result> torch_sampler::cancel_all() {
  std::vector<sample_result> all;
  for (auto& s : slots_) {
    if (s.busy) {
      s.done.finish = finish_reason::cancelled;
      all.push_back({s.request.tag, std::move(s.done)});
      s = slot{};
    }
  }
  for (auto& r : queued_) {
    r.partial.index = r.index;
    r.partial.finish = finish_reason::cancelled;
    all.push_back({r.tag, std::move(r.partial)});
  }
  queued_.clear();
  running_ = 0;
  return all;
}

} // namespace troupe::gpu
