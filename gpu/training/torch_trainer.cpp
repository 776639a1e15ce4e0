// SPDX-License-Identifier: Apache-2.0
#include "gpu/training/torch_trainer.hpp"

#include "gpu/model/hf_folder.hpp"
#include "gpu/training/adamw.hpp"
#include "gpu/training/grpo_loss.hpp"
#include "gpu/training/optimizer_file.hpp"
#include "gpu/training/policy.hpp"
#include "gpu/training/sft_loss.hpp"
#include "runtime/error.hpp"

#include <ATen/Parallel.h>
#include <ATen/core/grad_mode.h>
#include <cmath>
#include <malloc.h>
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
using update = std::vector<micro_batch>; ///< the micro-batches of one optimizer update

/// Adds up over the updates of one call.
struct call_figures {
  double updates = 0;
  double applied = 0;
  double loss = 0;
  double grad_norm = 0;

  void add(double update_loss, const adamw::outcome& outcome) {
    ++updates;
    if (outcome.applied) {
      ++applied;
      loss += update_loss;
      grad_norm += outcome.grad_norm;
    }
  }
  void add_nothing() { ++updates; }

  /// Only finite figures go in: a skipped call has no loss worth a line.
  void write(figures& to) const {
    if (applied > 0) {
      to["loss"] = loss / applied;
      to["grad_norm"] = grad_norm / applied;
    }
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
  torch_trainer(const flat_weights& from, const std::string& optimizer_folder, const backend_options& options)
      : device_(options.device), mode_{.deterministic = options.deterministic},
        sft_threads_(options.sft_threads != 0 ? options.sft_threads : options.threads),
        policy_(from.shape(), from.flat().to(device_).clone()), optimizer_(policy_.flat()) {
    if (optimizer_folder.empty()) {
      return;
    }
    if (auto stored = read_optimizer_file(optimizer_folder, policy_.flat().numel())) {
      optimizer_.restore(stored->state);
      if (stored->reference.defined()) {
        reference_ = stored->reference.to(device_);
      }
    }
  }

  figures train_grpo(std::span<const training_sequence> batch, const grpo_options& loss,
                     const optimizer_options& how) override {
    if (loss.beta != 0 && !reference_.defined()) {
      throw error(errc::invalid, "beta is " + std::to_string(loss.beta) +
                                     " but no reference is held; set the reference at the start of the stage");
    }
    std::vector<update> updates;
    for (const auto part : split_mini_batches(batch, loss.mini_batches)) {
      updates.push_back(prepare(part, token_weights(part, loss.loss, loss.max_completion_length), true));
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
    auto f = sums.to_figures(loss.beta != 0, loss.rollout_is);
    calls.write(f);
    count(updates, f);
    return f;
  }

  figures train_sft(std::span<const training_sequence> batch, const optimizer_options& how) override {
    const thread_count all{sft_threads_};
    std::vector<update> updates;
    updates.push_back(prepare(batch, token_weights(batch, loss_type::dapo, 1), false));
    call_figures calls;
    double loss_sum = 0;
    double entropy = 0;
    double tokens = 0;
    policy_.gradients().zero_();
    for (auto& m : updates.front()) {
      const auto out = forward(policy_.shape(), policy_.leaves(), m.data, 1.0, mode_);
      const auto loss = sft_loss(out.logprobs, m.data.weights);
      loss.backward();
      loss_sum += loss.item<double>();
      entropy += out.entropy.sum(at::kDouble).item<double>();
      tokens += static_cast<double>(m.counted);
    }
    finish(updates.front(), loss_sum, how, calls);
    figures f;
    if (tokens > 0) {
      f["entropy"] = entropy / tokens;
    }
    calls.write(f);
    count(updates, f);
    return f;
  }

  void set_reference_to_policy() override { reference_ = policy_.flat().clone(); }

  std::shared_ptr<const weights> publish(policy_version version) const override {
    return std::make_shared<flat_weights>(version, policy_.shape(), policy_.flat().clone());
  }

  void save(const std::string& folder) const override {
    write_hf_folder(folder, policy_.shape(), policy_.flat());
    write_optimizer_file(folder, {.state = optimizer_.present(), .reference = reference_});
  }

private:
  update prepare(std::span<const training_sequence> part, const std::vector<double>& weights, bool sampled) const {
    const auto packed = pack(part, weights,
                             {.vocab_size = policy_.shape().vocab_size,
                              .max_position_embeddings = policy_.shape().max_position_embeddings,
                              .needs_sampler_logprobs = sampled});
    update result;
    for (const auto& p : packed) {
      result.push_back({to_device(p, device_), p.tokens.size(), p.counted(), {}, {}});
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
      for (auto& m : updates[i]) {
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
    for (auto& m : u) {
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
    constexpr std::uint64_t updates_between = 64;
    if (++updates_ % updates_between == 0) {
      ::malloc_trim(0); // tensors of ever new sizes leave holes in glibc's heap, which else grows by the step
    }
    if (u.empty()) {
      calls.add_nothing();
    } else {
      calls.add(loss, optimizer_.step(policy_.gradients(), how));
    }
  }

  static void count(const std::vector<update>& updates, figures& f) {
    double read = 0;
    double counted = 0;
    for (const auto& u : updates) {
      for (const auto& m : u) {
        read += static_cast<double>(m.read);
        counted += static_cast<double>(m.counted);
      }
    }
    f["tokens"] = counted;
    f["input_tokens"] = read;
  }

  at::Device device_;
  decode_mode mode_;
  std::uint32_t sft_threads_;
  std::uint64_t updates_ = 0;
  policy policy_;
  adamw optimizer_;
  at::Tensor reference_; ///< [P]; undefined: none held
};

} // namespace

std::unique_ptr<trainer> make_torch_trainer(std::shared_ptr<const flat_weights> from,
                                            const std::string& optimizer_folder, const backend_options& options) {
  return std::make_unique<torch_trainer>(*from, optimizer_folder, options);
}

} // namespace troupe::gpu
