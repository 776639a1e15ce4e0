// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "gpu/collective.hpp"
#include "schema/rollout.hpp"

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

/// The plain face of gpu/: what actors and programs may ask of a model. No torch type crosses it, so a program that
/// never trains or samples never loads LibTorch; `open_backend` loads the module that implements it.
namespace troupe::gpu {

/// Shape of a new decoder (Llama family); keys as in a Hugging Face config.json.
struct model_shape {
  std::uint32_t hidden_size = 128;
  std::uint32_t num_hidden_layers = 2;
  std::uint32_t num_attention_heads = 4;
  std::uint32_t num_key_value_heads = 4;
  std::uint32_t intermediate_size = 512;
  std::uint32_t vocab_size = 0;
  std::uint32_t max_position_embeddings = 256;
  double rope_theta = 10000.0;
  double rms_norm_eps = 1e-6;
  double initializer_range = 0.02;
  bool tie_word_embeddings = true;
};

/// One published set of weights: immutable, shared by whoever samples with it.
class weights {
public:
  virtual ~weights() = default;
  policy_version version() const noexcept { return version_; }
  /// All weights in one flat fp32 buffer on the CPU, as words. On the CPU they lie where the model computes; of a
  /// device the first call makes a copy, which stays as long as the weights do. Thread-safe.
  virtual std::span<const std::uint32_t> words() const = 0;
  /// xxh3 over the words.
  virtual std::uint64_t checksum() const = 0;

protected:
  explicit weights(policy_version v) : version_(v) {}

private:
  policy_version version_;
};

struct sampling_options {
  double temperature = 1.0; ///< 0 is greedy
  double top_p = 1.0;       ///< 1 is off
  std::uint32_t top_k = 0;  ///< 0 is off
  std::uint32_t max_new_tokens = 64;
  std::vector<std::int32_t> stop_tokens;
  bool raw_logprobs = false; ///< of the raw model (temperature 1, no truncation), as `troupe generate` prints them
};

/// One completion to sample. The random number of a token depends on (seed, index, position) alone.
struct sample_request {
  std::uint64_t tag = 0; ///< the caller's; comes back with the result
  std::uint64_t seed = 0;
  std::uint32_t index = 0; ///< of the sample within its group
  std::vector<std::int32_t> prompt;
  sampling_options options;
  sample partial; ///< tokens, logprobs and segments of an earlier worker to continue; usually empty
};

struct sample_result {
  std::uint64_t tag = 0;
  sample completion; ///< without text: detokenising is the caller's
};

/// Batched sampling with continuous refill. Not thread-safe: one thread owns it.
class sampler {
public:
  virtual ~sampler() = default;
  virtual void submit(sample_request request) = 0;
  /// Running and queued completions.
  virtual std::size_t pending() const = 0;
  /// One decode step of every running completion; returns those that finished. Does nothing when none is pending.
  virtual std::vector<sample_result> step() = 0;
  /// Takes effect at the next step; completions in flight go on, and their next token starts a new segment.
  virtual void set_weights(std::shared_ptr<const weights> w) = 0;
  /// Removes one completion, whatever was sampled of it; nothing when none bears the tag.
  virtual void cancel(std::uint64_t tag) = 0;
  /// Removes everything pending and returns it with what was sampled so far (finish_reason cancelled).
  virtual std::vector<sample_result> cancel_all() = 0;
  /// Tokens sampled since construction.
  virtual std::uint64_t tokens_sampled() const = 0;
};

struct optimizer_options {
  double learning_rate = 1e-4; ///< of this step, the schedule already applied
  double adam_beta1 = 0.9;
  double adam_beta2 = 0.95;
  double adam_epsilon = 1e-8;
  double weight_decay = 0.0;
  double max_grad_norm = 1.0; ///< 0 is off
};

struct grpo_options {
  std::string loss = "dapo"; ///< one of runtime/rollout/losses.hpp
  double epsilon = 0.2;
  double epsilon_high = 0.2;
  double beta = 0.0;        ///< weight of the k3 KL to the reference; 0: no reference is held
  double temperature = 1.0; ///< the sampling temperature; log-probabilities are taken at it
  bool rollout_is = false;  ///< truncated importance sampling with the sampler's log-probabilities
  double rollout_is_threshold = 2.0;
  std::uint32_t num_iterations = 1;
  std::uint32_t mini_batches = 1; ///< optimizer updates per pass over the batch
  std::uint32_t max_completion_length = 64;
};

/// One sequence of a training batch.
struct training_sequence {
  std::vector<std::int32_t> prompt;
  std::vector<std::int32_t> completion;
  std::vector<std::uint8_t> loss_mask; ///< per completion token
  std::vector<float> sampler_logprobs; ///< grpo: per completion token; empty for sft
  double advantage = 0;                ///< grpo
  bool single_version = true;          ///< sampled with one version throughout: its log-probability gap is measured
  std::uint32_t rank = 0;              ///< of the trainer's collective, that computes it
};

/// Figures of one training step, under the names of metrics.jsonl: loss, grad_norm, kl, entropy, clip_ratio,
/// sampling/sampling_logp_difference/max, .../mean, sampling/importance_sampling_ratio/mean, tokens, skipped, ...
using figures = std::map<std::string, double>;

/// Model, optimizer and reference of one learner. Not thread-safe: one thread owns it.
///
/// With a collective it is one rank of a data-parallel trainer: `batch` is the whole batch, the same on every rank, and
/// each rank computes the sequences that bear its number. Denominators are those of the whole batch, gradients are
/// summed over the ranks, and figures, skipped updates and parameters are the same everywhere, so that the number of
/// ranks changes results by rounding alone. Construction, training and `gather` are operations of the collective.
class trainer {
public:
  virtual ~trainer() = default;
  virtual figures train_grpo(std::span<const training_sequence> batch, const grpo_options& loss,
                             const optimizer_options& how) = 0;
  virtual figures train_sft(std::span<const training_sequence> batch, const optimizer_options& how) = 0;
  /// The reference becomes the present policy (start of a stage, `sync_ref_model`).
  virtual void set_reference_to_policy() = 0;
  /// A copy of the present weights, tagged with `version`.
  virtual std::shared_ptr<const weights> publish(policy_version version) const = 0;
  /// Before `save`, on all ranks: brings their shares of the optimizer's state to rank 0, for as long as it does not
  /// train. Alone, nothing.
  virtual void gather() = 0;
  /// Writes config.json, model.safetensors, generation_config.json and optimizer.safetensors into an existing folder;
  /// the tokenizer's files are the caller's. Does not fsync. Of several ranks rank 0 alone saves, and the files are
  /// those that a trainer without ranks writes.
  virtual void save(const std::string& folder) const = 0;
};

struct backend_options {
  std::string device = "cpu";    ///< "cpu", "cuda" or "cuda:N"
  bool deterministic = false;    ///< row-invariant forward: batch make-up never changes an answer
  std::uint32_t threads = 1;     ///< intra-op threads of each calling thread
  std::uint32_t sft_threads = 0; ///< of `train_sft`, during which nobody samples; 0: `threads`
};

/// A device with the model code on it. Thread-safe.
class backend {
public:
  virtual ~backend() = default;
  /// Randomly initialised weights; the same seed gives the same bits.
  virtual std::shared_ptr<const weights> new_weights(const model_shape& shape, std::uint64_t seed) = 0;
  /// Reads a Hugging Face folder. Throws error(invalid) naming file and tensor where it cannot.
  virtual std::shared_ptr<const weights> load_weights(const std::string& folder, policy_version version) = 0;
  /// Weights that another process published, as `words()` gave them there. `owner` keeps the words, which nobody
  /// changes: on the CPU they are used where they lie. Throws error(invalid) when the shape is none or asks for another
  /// number.
  virtual std::shared_ptr<const weights> weights_from_words(const model_shape& shape, policy_version version,
                                                            std::span<const std::uint32_t> words,
                                                            std::shared_ptr<const void> owner) = 0;
  /// `folder` gives the optimizer state (optimizer.safetensors) where there is one; empty: a fresh optimizer. With
  /// `ranks` each keeps its share of that state. Throws error(conflict) when they do not start from the same.
  virtual std::unique_ptr<trainer> make_trainer(std::shared_ptr<const weights> from, const std::string& folder,
                                                std::shared_ptr<collective> ranks = nullptr) = 0;
  /// Opens the place where ranks find each other, on `host`.
  virtual std::unique_ptr<meeting> open_meeting(const std::string& host) = 0;
  /// Waits for all ranks of `where`, each on a thread of its own: through NCCL on GPUs, through Gloo elsewhere.
  virtual std::shared_ptr<collective> join(const seat& where) = 0;
  /// At most `batch_size` completions run at once.
  virtual std::unique_ptr<sampler> make_sampler(std::shared_ptr<const weights> from, std::uint32_t batch_size) = 0;
  /// Natural log-probability of each of ids[1..] given what precedes it.
  virtual std::vector<float> score(const weights& w, std::span<const std::int32_t> ids, double temperature) = 0;
  virtual model_shape shape(const weights& w) const = 0;
};

/// Loads the module that implements the device. Throws error(unavailable) that says what is missing and how to get it.
/// Called once per process and device; later calls must ask for the same options.
std::shared_ptr<backend> open_backend(const backend_options& options);

} // namespace troupe::gpu
