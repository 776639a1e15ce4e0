// SPDX-License-Identifier: Apache-2.0
#include "gpu/training/torch_trainer.hpp"

#include "gpu/model/hf_folder.hpp"
#include "gpu/training/grpo_loss.hpp"
#include "gpu/training/optimizer_file.hpp"
#include "gpu/training/policy.hpp"
#include "gpu/training/sft_loss.hpp"
#include "gpu/training/sharded_adamw.hpp"
#include "runtime/check.hpp"
#include "runtime/error.hpp"

#include <ATen/Parallel.h>
#include <ATen/core/grad_mode.h>
#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <malloc.h>
#include <optional>
#include <utility>

namespace troupe::gpu {
namespace {

/// One micro-batch and what is known of it before the gradient is taken.
struct micro_batch {
  device_batch data;
  std::size_t read = 0;    ///< tokens the model reads
  std::size_t counted = 0; ///< tokens in the loss
  at::Tensor old_logprobs; ///< undefined until known
  at::Tensor reference;    ///< undefined while beta is 0
};

/// This rank's micro-batches of one optimizer update.
struct update {
  std::vector<micro_batch> parts;
  bool counts = false; ///< some rank has a token in its loss
};

/// What a rank adds to the figures of one call.
struct call_sums {
  double loss = 0; ///< of its sequences, over the updates that were applied
  double read = 0;
  double counted = 0;
  double entropy = 0; ///< sft

  void add(const call_sums& other) {
    loss += other.loss;
    read += other.read;
    counted += other.counted;
    entropy += other.entropy;
  }
};

/// Adds up over the updates of one call; the same on every rank, but for `sums`.
struct call_figures {
  double updates = 0;
  double applied = 0;
  double grad_norm = 0;
  call_sums sums;

  void add(double update_loss, const adamw::outcome& outcome) {
    ++updates;
    if (outcome.applied) {
      ++applied;
      sums.loss += update_loss;
      grad_norm += outcome.grad_norm;
    }
  }
  void add_nothing() { ++updates; }

  /// Only finite figures go in: a skipped call has no loss worth a line.
  void write(figures& to) const {
    if (applied > 0) {
      to["loss"] = sums.loss / applied;
      to["grad_norm"] = grad_norm / applied;
    }
    to["tokens"] = sums.counted;
    to["input_tokens"] = sums.read;
    to["updates"] = applied;
    to["skipped_updates"] = updates - applied;
    to["skipped"] = applied == 0 ? 1.0 : 0.0;
    std::erase_if(to, [](const auto& entry) { return !std::isfinite(entry.second); });
  }
};

/// Intra-op threads of the calling thread, until the end of its scope.
class thread_count {
public:
  explicit thread_count(std::uint32_t wanted) : before_(at::get_num_threads()) {
    at::set_num_threads(static_cast<int>(wanted));
  }
  ~thread_count() { at::set_num_threads(before_); }
  thread_count(const thread_count&) = delete;
  thread_count& operator=(const thread_count&) = delete;

private:
  int before_;
};

class torch_trainer final : public trainer {
public:
  torch_trainer(const flat_weights& from, const std::string& optimizer_folder, const backend_options& options,
                std::shared_ptr<torch_collective> ranks)
      : device_(options.device), mode_{.deterministic = options.deterministic},
        sft_threads_(options.sft_threads != 0 ? options.sft_threads : options.threads), ranks_(std::move(ranks)),
        policy_(from.shape(), from.flat().to(device_), ranks_ ? ranks_->size() : 1), optimizer_(policy_, ranks_) {
    std::int64_t updates = 0;
    if (auto stored =
            optimizer_folder.empty() ? std::nullopt : read_optimizer_file(optimizer_folder, policy_.flat().numel())) {
      updates = stored->state.step;
      optimizer_.restore(stored->state);
      if (stored->reference.defined()) {
        reference_ = stored->reference.to(device_);
      }
    }
    if (ranks_) {
      check_alike(from.checksum(), updates);
    }
  }

  figures train_grpo(std::span<const training_sequence> batch, const grpo_options& loss,
                     const optimizer_options& how) override {
    if (loss.beta != 0 && !reference_.defined()) {
      throw error(errc::invalid, "beta is " + std::to_string(loss.beta) +
                                     " but no reference is held; set the reference at the start of the stage");
    }
    const auto share = rollout::loss_named(loss.loss).share;
    std::vector<update> updates;
    for (const auto part : split_mini_batches(batch, loss.mini_batches)) {
      updates.push_back(prepare(part, token_weights(part, share, loss.max_completion_length), true));
    }
    look_ahead(updates, loss);
    grpo_sums sums;
    call_figures calls;
    for (std::uint32_t pass = 0; pass < loss.num_iterations; ++pass) {
      for (auto& u : updates) {
        const auto one = grpo_backward(u, loss);
        finish(u, one.loss, how, calls);
        sums.add(one);
      }
    }
    count(updates, calls.sums);
    calls.sums = over_ranks(calls.sums);
    auto f = over_ranks(sums).to_figures(loss.beta != 0, loss.rollout_is);
    calls.write(f);
    return f;
  }

  figures train_sft(std::span<const training_sequence> batch, const optimizer_options& how) override {
    const thread_count all{sft_threads_};
    std::vector<update> updates;
    updates.push_back(prepare(batch, token_weights(batch, rollout::share_dapo, 1), false));
    call_figures calls;
    double loss_sum = 0;
    policy_.gradients().zero_();
    for (auto& m : updates.front().parts) {
      const auto out = forward(policy_.shape(), policy_.leaves(), m.data, 1.0, mode_);
      const auto loss = sft_loss(out.logprobs, m.data.weights);
      loss.backward();
      loss_sum += loss.item<double>();
      calls.sums.entropy += out.entropy.sum(at::kDouble).item<double>();
    }
    finish(updates.front(), loss_sum, how, calls);
    count(updates, calls.sums);
    calls.sums = over_ranks(calls.sums);
    figures f;
    if (calls.sums.counted > 0) {
      f["entropy"] = calls.sums.entropy / calls.sums.counted;
    }
    calls.write(f);
    return f;
  }

  void set_reference_to_policy() override { reference_ = policy_.flat().clone(); }

  std::shared_ptr<const weights> publish(policy_version version) const override {
    return std::make_shared<flat_weights>(version, policy_.shape(), policy_.flat().clone());
  }

  void gather() override {
    if (ranks_) {
      auto whole = optimizer_.present();
      if (ranks_->rank() == 0) {
        gathered_ = std::move(whole);
      }
    }
  }

  void save(const std::string& folder) const override {
    TROUPE_CHECK(!ranks_ || gathered_, "rank ", ranks_->rank());
    write_hf_folder(folder, policy_.shape(), policy_.flat());
    write_optimizer_file(folder, {.state = gathered_ ? *gathered_ : optimizer_.present(), .reference = reference_});
  }

private:
  /// What the ranks start from decides what they compute: it must be the same.
  void check_alike(std::uint64_t weights, std::int64_t updates) const {
    constexpr std::uint64_t half = 0xffffffffULL; // a double holds 53 bits
    const std::array mine{static_cast<double>(weights >> 32), static_cast<double>(weights & half),
                          static_cast<double>(updates), reference_.defined() ? 1.0 : 0.0};
    for (const auto& row : ranks_->exchange(mine)) {
      if (!std::equal(row.begin(), row.end(), mine.begin())) {
        throw error(errc::conflict, "rank " + std::to_string(ranks_->rank()) +
                                        " does not start from the weights and the optimizer of all other ranks; give "
                                        "every rank the same checkpoint");
      }
    }
  }

  /// Adds up what every rank has; all get the same. Sums is made of doubles.
  template <class Sums>
  Sums over_ranks(const Sums& mine) const {
    if (!ranks_) {
      return mine;
    }
    using row = std::array<double, sizeof(Sums) / sizeof(double)>;
    Sums all;
    for (const auto& theirs : ranks_->exchange(std::bit_cast<row>(mine))) {
      row one{};
      std::copy(theirs.begin(), theirs.end(), one.begin());
      all.add(std::bit_cast<Sums>(one));
    }
    return all;
  }

  update prepare(std::span<const training_sequence> part, const std::vector<double>& weights, bool sampled) const {
    packing_limits limits{.vocab_size = policy_.shape().vocab_size,
                          .max_position_embeddings = policy_.shape().max_position_embeddings,
                          .needs_sampler_logprobs = sampled};
    if (ranks_) {
      limits.rank = ranks_->rank();
      for (const auto& s : part) {
        TROUPE_CHECK(s.rank < ranks_->size(), "rank ", s.rank, " of ", ranks_->size());
      }
    }
    update result;
    result.counts = std::any_of(weights.begin(), weights.end(), [](double w) { return w != 0; });
    for (const auto& p : pack(part, weights, limits)) {
      result.parts.push_back({to_device(p, device_), p.tokens.size(), p.counted(), {}, {}});
    }
    return result;
  }

  at::Tensor logprobs_without_gradient(const at::Tensor& flat, const micro_batch& m, double temperature) const {
    const at::NoGradGuard no_grad;
    return forward(policy_.shape(), bind_weights(policy_.shape(), flat), m.data, temperature, mode_).logprobs;
  }

  /// Everything that must be known before the policy moves.
  void look_ahead(std::vector<update>& updates, const grpo_options& loss) const {
    for (std::size_t i = 0; i < updates.size(); ++i) {
      for (auto& m : updates[i].parts) {
        if (i > 0) {
          m.old_logprobs = logprobs_without_gradient(policy_.flat(), m, loss.temperature);
        }
        if (loss.beta != 0) {
          m.reference = logprobs_without_gradient(reference_, m, loss.temperature);
        }
      }
    }
  }

  grpo_sums grpo_backward(update& u, const grpo_options& loss) {
    grpo_sums sums;
    policy_.gradients().zero_();
    for (auto& m : u.parts) {
      const auto out = forward(policy_.shape(), policy_.leaves(), m.data, loss.temperature, mode_);
      if (!m.old_logprobs.defined()) {
        m.old_logprobs = out.logprobs.detach();
      }
      const auto result = grpo_loss({.logprobs = out.logprobs,
                                     .old_logprobs = m.old_logprobs,
                                     .sampler = m.data.sampler_logprobs,
                                     .reference = m.reference,
                                     .advantages = m.data.advantages,
                                     .weights = m.data.weights,
                                     .single_version = m.data.single_version,
                                     .entropy = out.entropy},
                                    loss);
      result.loss.backward();
      sums.add(result.sums);
    }
    return sums;
  }

  void finish(const update& u, double loss, const optimizer_options& how, call_figures& calls) {
    gathered_.reset();
    constexpr std::uint64_t updates_between = 64;
    if (++updates_ % updates_between == 0) {
      ::malloc_trim(0); // tensors of ever new sizes leave holes in glibc's heap, which else grows by the step
    }
    if (u.counts) {
      calls.add(loss, optimizer_.step(how));
    } else {
      calls.add_nothing();
    }
  }

  static void count(const std::vector<update>& updates, call_sums& to) {
    for (const auto& u : updates) {
      for (const auto& m : u.parts) {
        to.read += static_cast<double>(m.read);
        to.counted += static_cast<double>(m.counted);
      }
    }
  }

  at::Device device_;
  decode_mode mode_;
  std::uint32_t sft_threads_;
  std::uint64_t updates_ = 0;
  std::shared_ptr<torch_collective> ranks_; ///< null: alone
  policy policy_;
  sharded_adamw optimizer_;
  std::optional<adamw::state> gathered_; ///< of all ranks, until the next update
  at::Tensor reference_;                 ///< [P]; undefined: none held
};

} // namespace

std::unique_ptr<trainer> make_torch_trainer(std::shared_ptr<const flat_weights> from,
                                            const std::string& optimizer_folder, const backend_options& options,
                                            std::shared_ptr<torch_collective> ranks) {
  return std::make_unique<torch_trainer>(*from, optimizer_folder, options, std::move(ranks));
}

} // namespace troupe::gpu
