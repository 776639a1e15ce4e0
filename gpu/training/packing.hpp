// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "gpu/engine.hpp"
#include "runtime/rollout/losses.hpp"

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

/// How a batch of sequences becomes arrays: no padding, sequences end to end, and only what the loss needs.
/// Pure: no torch, no I/O. Thread-safe: no state.
namespace troupe::gpu {

/// Sequences laid end to end. T tokens, N sequences, C counted tokens (completion tokens with a loss mask of 1).
struct packed_batch {
  std::vector<std::int64_t> tokens;     ///< [T] what the model reads: everything before the last counted token
  std::vector<std::int64_t> positions;  ///< [T] from 0 in each sequence
  std::vector<std::int32_t> cu_seqlens; ///< [N + 1] where each sequence begins, and the end
  // One entry per counted token.
  std::vector<std::int64_t> rows;      ///< [C] the row of `tokens` whose output predicts it; ascending
  std::vector<std::int64_t> targets;   ///< [C] its id
  std::vector<float> weights;          ///< [C] its share in the loss: loss = sum of weight * token loss
  std::vector<float> advantages;       ///< [C] its sequence's
  std::vector<float> sampler_logprobs; ///< [C] zeros where the sequence has none (sft)
  std::vector<float> single_version;   ///< [C] 1 where its sequence was sampled with one version throughout

  std::size_t sequences() const noexcept { return cu_seqlens.empty() ? 0 : cu_seqlens.size() - 1; }
  std::size_t counted() const noexcept { return rows.size(); }
};

/// What a sequence must fit into, and what it must bring.
struct packing_limits {
  std::uint32_t vocab_size = 0;
  std::uint32_t max_position_embeddings = 0;
  std::uint32_t token_budget = 2048; ///< tokens of a micro-batch, so that its activations stay in the cache; a sequence
                                     ///< longer than it makes one of its own
  bool needs_sampler_logprobs = false;
  std::optional<std::uint32_t> rank; ///< sequences of other ranks are checked and left out
};

/// The share of one token of each sequence in the loss of `update`, the sequences of ONE optimizer update (all of them,
/// whatever the micro-batches). A sequence without a counted token still counts as a sequence and gets 0.
std::vector<double> token_weights(std::span<const training_sequence> update, rollout::token_share share,
                                  std::uint32_t max_completion_length);

/// Contiguous parts in the order given, sizes differing by at most one; never an empty one: fewer sequences than parts
/// give fewer parts.
std::vector<std::span<const training_sequence>> split_mini_batches(std::span<const training_sequence> batch,
                                                                   std::uint32_t parts);

/// Micro-batches of one update, filled in order up to the budget. Sequences without a counted token are left out.
/// Throws error(invalid) naming the sequence: empty prompt, arrays of unequal length, a token outside the vocabulary,
/// longer than the model's positions, a figure that is not finite.
std::vector<packed_batch> pack(std::span<const training_sequence> update, std::span<const double> weights,
                               const packing_limits& limits);

} // namespace troupe::gpu
