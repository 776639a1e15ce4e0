// SPDX-License-Identifier: Apache-2.0
#include "gpu/sampling/torch_sampler.hpp"

#include "gpu/kernels/attention.hpp"
#include "gpu/model/operations.hpp"
#include "gpu/sampling/choose.hpp"
#include "runtime/check.hpp"
#include "runtime/error.hpp"

#include <ATen/Parallel.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/tensor.h>
#include <algorithm>

namespace troupe::gpu {

torch_sampler::torch_sampler(std::shared_ptr<const flat_weights> from, std::uint32_t batch_size, decode_mode mode)
    : mode_(mode), shape_(from->shape()), slots_(batch_size) {
  const std::int64_t d = shape_.hidden_size / shape_.num_attention_heads;
  key_size_ = shape_.num_key_value_heads * d;
  for (std::uint32_t i = 0; i < shape_.num_hidden_layers; ++i) {
    keys_.push_back(at::empty({batch_size, shape_.max_position_embeddings, key_size_}, at::kFloat));
    values_.push_back(at::empty({batch_size, shape_.max_position_embeddings, key_size_}, at::kFloat));
  }
  bind(std::move(from));
}

void torch_sampler::bind(std::shared_ptr<const flat_weights> w) {
  weights_ = std::move(w);
  bound_ = bind_weights(shape_, weights_->flat());
}

void torch_sampler::set_weights(std::shared_ptr<const weights> w) {
  auto flat = std::dynamic_pointer_cast<const flat_weights>(std::move(w));
  TROUPE_CHECK(flat != nullptr, "weights of another backend");
  bind(std::move(flat));
}

void torch_sampler::submit(sample_request request) {
  if (request.prompt.empty()) {
    throw error{errc::invalid, "an empty prompt cannot be sampled from; give at least one token"};
  }
  for (const auto id : request.prompt) {
    if (id < 0 || id >= static_cast<std::int32_t>(shape_.vocab_size)) {
      throw error{errc::invalid, "prompt token " + std::to_string(id) + " is outside the vocabulary of " +
                                   std::to_string(shape_.vocab_size)};
    }
  }
  if (request.prompt.size() + request.partial.tokens.size() >= shape_.max_position_embeddings) {
    throw error{errc::invalid, "a prompt of " + std::to_string(request.prompt.size()) +
                                 " tokens leaves no room: max_position_embeddings is " +
                                 std::to_string(shape_.max_position_embeddings)};
  }
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
  for (std::size_t i = 0; i < slots_.size() && !queued_.empty(); ++i) {
    auto& s = slots_[i];
    if (s.busy) {
      continue;
    }
    s = slot{};
    s.busy = true;
    s.request = std::move(queued_.front());
    s.done = std::move(s.request.partial);
    s.done.index = s.request.index;
    queued_.pop_front();
    ++running_;
    fresh.push_back(i);
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
        positions.push_back(static_cast<std::int64_t>(tokens.size()) - begins.back());
        tokens.push_back(id);
        slot_of_row.push_back(i);
      }
    }
    begins.push_back(static_cast<std::int32_t>(tokens.size()));
    last.push_back(begins.back() - 1);
    s.length = begins.back() - begins[begins.size() - 2];
  }
  const auto position = at::tensor(positions, at::kLong);
  const auto cu_seqlens = at::tensor(begins, at::kInt);
  const attend_function attend = [&](std::size_t layer, const at::Tensor& qkv) {
    auto rotated = qkv.clone();
    op::rotate(shape_, rotated, position, 1.0F);
    store_keys(layer, rotated, slot_of_row, position);
    return op::attention(shape_, qkv, position, cu_seqlens);
  };
  const auto hidden = decode_layers(shape_, bound_, at::tensor(tokens, at::kLong), attend, mode_);
  take_tokens(hidden.index_select(0, at::tensor(last, at::kLong)), fresh, finished);
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
  const auto position = at::tensor(positions, at::kLong);
  const attend_function attend = [&](std::size_t layer, const at::Tensor& qkv) {
    return attend_cached(layer, qkv, position, busy);
  };
  const auto hidden = decode_layers(shape_, bound_, at::tensor(tokens, at::kLong), attend, mode_);
  take_tokens(hidden, busy, finished);
}

float* torch_sampler::cache_row(std::size_t layer, std::size_t slot, std::int64_t position, bool values) {
  auto& cache = values ? values_[layer] : keys_[layer];
  return cache.data_ptr<float>() +
         (static_cast<std::int64_t>(slot) * shape_.max_position_embeddings + position) * key_size_;
}

void torch_sampler::store_keys(std::size_t layer, const at::Tensor& rotated, const std::vector<std::size_t>& slot_of_row,
                               const at::Tensor& positions) {
  const float* rows = rotated.const_data_ptr<float>();
  const auto* at = positions.const_data_ptr<std::int64_t>();
  const std::int64_t row = rotated.size(1), queries = row - 2 * key_size_;
  for (std::size_t r = 0; r < slot_of_row.size(); ++r) {
    const float* k = rows + static_cast<std::int64_t>(r) * row + queries;
    std::copy(k, k + key_size_, cache_row(layer, slot_of_row[r], at[r], false));
    std::copy(k + key_size_, k + 2 * key_size_, cache_row(layer, slot_of_row[r], at[r], true));
  }
}

at::Tensor torch_sampler::attend_cached(std::size_t layer, const at::Tensor& qkv, const at::Tensor& positions,
                                        const std::vector<std::size_t>& slots) {
  auto rotated = qkv.clone();
  op::rotate(shape_, rotated, positions, 1.0F);
  store_keys(layer, rotated, slots, positions);
  const kernel::attention_shape heads{.heads = shape_.num_attention_heads,
                                      .kv_heads = shape_.num_key_value_heads,
                                      .d = shape_.hidden_size / shape_.num_attention_heads};
  auto out = at::empty({rotated.size(0), heads.heads * heads.d}, rotated.options());
  at::parallel_for(0, rotated.size(0), 16, [&](std::int64_t a, std::int64_t b) {
    std::vector<float> scratch(shape_.max_position_embeddings);
    for (std::int64_t r = a; r < b; ++r) {
      const auto slot = slots[static_cast<std::size_t>(r)];
      kernel::attention_row(out.data_ptr<float>() + r * heads.heads * heads.d, nullptr,
                            rotated.const_data_ptr<float>() + r * heads.row(), cache_row(layer, slot, 0, false),
                            cache_row(layer, slot, 0, true), key_size_,
                            positions.const_data_ptr<std::int64_t>()[r] + 1, heads, scratch.data());
    }
  });
  return out;
}

void torch_sampler::take_tokens(const at::Tensor& hidden, const std::vector<std::size_t>& slots,
                                std::vector<sample_result>& finished) {
  // One pass for all rows; a row whose temperature is not 1 is scaled before its own softmax.
  auto logits = logits_of(bound_, hidden, 1.0, mode_);
  const at::Tensor raw = log_softmax_rows(logits);
  bool scaled = false;
  for (std::size_t r = 0; r < slots.size(); ++r) {
    const double t = slots_[slots[r]].request.options.temperature;
    if (t != 1.0 && t != 0.0) {
      logits.select(0, static_cast<std::int64_t>(r)).div_(t);
      scaled = true;
    }
  }
  const at::Tensor tempered = scaled ? log_softmax_rows(logits) : raw;
  const std::size_t vocabulary = shape_.vocab_size;
  for (std::size_t r = 0; r < slots.size(); ++r) {
    auto& s = slots_[slots[r]];
    const std::span<const float> row{tempered.const_data_ptr<float>() + r * vocabulary, vocabulary};
    const double uniform = token_uniform(s.request.seed, s.request.index, s.done.tokens.size());
    const auto chosen = choose_token(row, s.request.options, uniform);
    const float logprob = s.request.options.raw_logprobs
                            ? raw.const_data_ptr<float>()[r * vocabulary + static_cast<std::size_t>(chosen.token)]
                            : chosen.logprob;
    if (append(s, chosen.token, logprob)) {
      finished.push_back({s.request.tag, std::move(s.done)});
      s.busy = false;
      --running_;
    }
  }
}

/// True when the sample is finished.
bool torch_sampler::append(slot& s, std::int32_t token, float logprob) {
  auto& done = s.done;
  const auto at = static_cast<std::uint32_t>(done.tokens.size());
  if (done.segments.empty() || done.segments.back().version != weights_->version()) {
    done.segments.push_back({segment_source::policy, at, at, weights_->version()});
  }
  done.tokens.push_back(token);
  done.logprobs.push_back(logprob);
  done.loss_mask.push_back(1);
  ++done.segments.back().end;
  ++tokens_sampled_;
  s.next = token;
  const auto& stops = s.request.options.stop_tokens;
  if (std::find(stops.begin(), stops.end(), token) != stops.end()) {
    done.finish = finish_reason::stop;
    return true;
  }
  done.finish = finish_reason::length;
  return done.tokens.size() >= s.request.options.max_new_tokens ||
         s.length + 1 >= static_cast<std::int64_t>(shape_.max_position_embeddings);
}

std::vector<sample_result> torch_sampler::cancel_all() {
  std::vector<sample_result> all;
  for (auto& s : slots_) {
    if (s.busy) {
      s.done.finish = finish_reason::cancelled;
      all.push_back({s.request.tag, std::move(s.done)});
      s.busy = false;
    }
  }
  for (auto& r : queued_) {
    r.partial.finish = finish_reason::cancelled;
    all.push_back({r.tag, std::move(r.partial)});
  }
  queued_.clear();
  running_ = 0;
  return all;
}

} // namespace troupe::gpu
