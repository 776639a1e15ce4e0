// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "gpu/model/decoder.hpp"
#include "gpu/model/packed_weights.hpp"
#include "gpu/sampling/kv_cache.hpp"

#include <deque>
#include <memory>
#include <optional>
#include <vector>

namespace troupe::gpu {

/// Batched sampling over `batch_size` slots with continuous refill: a slot that finishes takes the next queued request
/// in the following step. Keys and values of a slot stay in the cache over a weight swap; a request that is submitted
/// with a partial has its prefix computed again with the present weights.
class torch_sampler final : public sampler {
public:
  /// Throws error(invalid) when batch_size is 0.
  torch_sampler(std::shared_ptr<const flat_weights> from, std::uint32_t batch_size, decode_mode mode);

  /// Throws error(invalid) that names what is wrong with the request. A partial that is already complete comes back
  /// from the next step unchanged.
  void submit(sample_request request) override;
  std::size_t pending() const override { return queued_.size() + running_; }
  std::vector<sample_result> step() override;
  void set_weights(std::shared_ptr<const weights> w) override;
  void cancel(std::uint64_t tag) override;
  std::vector<sample_result> cancel_all() override;
  std::uint64_t tokens_sampled() const override { return tokens_sampled_; }

private:
  struct slot {
    bool busy = false;
    sample_request request;
    sample done;             ///< what was sampled so far
    std::int64_t length = 0; ///< tokens whose keys are in the cache
    std::int32_t next = 0;   ///< the token to feed next
  };

  void bind(std::shared_ptr<const flat_weights> w);
  void admit(std::vector<sample_result>& finished);
  void prefill(const std::vector<std::size_t>& fresh, std::vector<sample_result>& finished);
  void decode(std::vector<sample_result>& finished);
  void take_tokens(const at::Tensor& hidden, const std::vector<std::size_t>& slots,
                   std::vector<sample_result>& finished);
  void append(slot& s, std::int32_t token, float logprob);
  bool is_complete(const sample_request& request, sample& done) const;

  decode_mode mode_;
  model_shape shape_;
  std::shared_ptr<const flat_weights> weights_;
  decoder_weights bound_;
  std::optional<packed_weights> packed_;
  kv_cache cache_;
  std::vector<slot> slots_;
  std::deque<sample_request> queued_;
  std::size_t running_ = 0;
  std::uint64_t tokens_sampled_ = 0;
};

} // namespace troupe::gpu
