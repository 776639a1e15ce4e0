// SPDX-License-Identifier: Apache-2.0
#include "gpu/training/packing.hpp"

#include "runtime/check.hpp"
#include "runtime/error.hpp"

#include <algorithm>
#include <cmath>

namespace troupe::gpu {
namespace {

std::size_t counted_tokens(const training_sequence& s) {
  return static_cast<std::size_t>(
      std::count_if(s.loss_mask.begin(), s.loss_mask.end(), [](std::uint8_t m) { return m != 0; }));
}

[[noreturn]] void refuse(std::size_t index, const std::string& what) {
  throw error(errc::invalid, "training sequence " + std::to_string(index) + " of the update: " + what);
}

void check_ids(std::span<const std::int32_t> ids, std::size_t index, const packing_limits& limits) {
  for (const auto id : ids) {
    if (id < 0 || static_cast<std::uint32_t>(id) >= limits.vocab_size) {
      refuse(index, "token " + std::to_string(id) + " lies outside the model's vocabulary of " +
                        std::to_string(limits.vocab_size) + "; use the tokenizer the model was made with");
    }
  }
}

void check(const training_sequence& s, std::size_t index, const packing_limits& limits) {
  if (s.prompt.empty()) {
    refuse(index, "the prompt is empty, so nothing predicts the first completion token; begin it with a token");
  }
  if (s.loss_mask.size() != s.completion.size()) {
    refuse(index, "the loss mask has " + std::to_string(s.loss_mask.size()) + " entries for " +
                      std::to_string(s.completion.size()) + " completion tokens");
  }
  if (limits.needs_sampler_logprobs && s.sampler_logprobs.size() != s.completion.size()) {
    refuse(index, "there are " + std::to_string(s.sampler_logprobs.size()) + " sampler log-probabilities for " +
                      std::to_string(s.completion.size()) + " completion tokens");
  }
  const auto length = s.prompt.size() + s.completion.size();
  if (length > limits.max_position_embeddings) {
    refuse(index, "it is " + std::to_string(length) + " tokens long, the model has " +
                      std::to_string(limits.max_position_embeddings) +
                      " positions; lower max_completion_length or raise max_position_embeddings");
  }
  if (!std::isfinite(s.advantage)) {
    refuse(index, "its advantage is not finite; look at its group's rewards");
  }
  check_ids(s.prompt, index, limits);
  check_ids(s.completion, index, limits);
}

/// Tokens the model must read: up to the one before the last counted token.
std::size_t input_length(const training_sequence& s) {
  const auto last = std::find_if(s.loss_mask.rbegin(), s.loss_mask.rend(), [](std::uint8_t m) { return m != 0; });
  const auto counted_end = static_cast<std::size_t>(s.loss_mask.rend() - last);
  return s.prompt.size() + counted_end - 1;
}

void append(packed_batch& to, const training_sequence& s, std::size_t length, double weight) {
  const auto begin = static_cast<std::int64_t>(to.tokens.size());
  for (std::size_t i = 0; i < length; ++i) {
    to.tokens.push_back(i < s.prompt.size() ? s.prompt[i] : s.completion[i - s.prompt.size()]);
    to.positions.push_back(static_cast<std::int64_t>(i));
  }
  to.cu_seqlens.push_back(static_cast<std::int32_t>(to.tokens.size()));
  for (std::size_t i = 0; i < s.completion.size(); ++i) {
    if (s.loss_mask[i] == 0) {
      continue;
    }
    to.rows.push_back(begin + static_cast<std::int64_t>(s.prompt.size() + i) - 1);
    to.targets.push_back(s.completion[i]);
    to.weights.push_back(static_cast<float>(weight));
    to.advantages.push_back(static_cast<float>(s.advantage));
    to.sampler_logprobs.push_back(s.sampler_logprobs.empty() ? 0.0F : s.sampler_logprobs[i]);
    to.single_version.push_back(s.single_version ? 1.0F : 0.0F);
  }
}

} // namespace

std::vector<double> token_weights(std::span<const training_sequence> update, rollout::token_share share,
                                  std::uint32_t max_completion_length) {
  rollout::loss_place at{.sequences = static_cast<double>(update.size()),
                         .max_completion_length = static_cast<double>(max_completion_length)};
  for (const auto& s : update) {
    at.tokens += static_cast<double>(counted_tokens(s));
  }
  std::vector<double> weights;
  weights.reserve(update.size());
  for (const auto& s : update) {
    at.sequence_tokens = static_cast<double>(counted_tokens(s));
    weights.push_back(at.sequence_tokens == 0 ? 0.0 : share(at));
  }
  return weights;
}

std::vector<std::span<const training_sequence>> split_mini_batches(std::span<const training_sequence> batch,
                                                                   std::uint32_t parts) {
  const auto n = std::min<std::size_t>(std::max(parts, 1U), batch.size());
  std::vector<std::span<const training_sequence>> result;
  for (std::size_t i = 0; i < n; ++i) {
    const auto begin = i * batch.size() / n;
    const auto end = (i + 1) * batch.size() / n;
    result.push_back(batch.subspan(begin, end - begin));
  }
  return result;
}

std::vector<packed_batch> pack(std::span<const training_sequence> update, std::span<const double> weights,
                               const packing_limits& limits) {
  TROUPE_CHECK(weights.size() == update.size(), "weights ", weights.size(), " sequences ", update.size());
  std::vector<packed_batch> result;
  for (std::size_t i = 0; i < update.size(); ++i) {
    const auto& s = update[i];
    check(s, i, limits);
    if (counted_tokens(s) == 0 || (limits.rank && s.rank != *limits.rank)) {
      continue;
    }
    const auto length = input_length(s);
    if (result.empty() || result.back().tokens.size() + length > limits.token_budget) {
      result.emplace_back();
      result.back().cu_seqlens.push_back(0);
    }
    append(result.back(), s, length, weights[i]);
  }
  return result;
}

} // namespace troupe::gpu
