// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "gpu/engine.hpp"
#include "runtime/error.hpp"
#include "runtime/text/tokenizer.hpp"

#include <memory>
#include <span>
#include <string>
#include <vector>

/// A model that is none: every token it samples and every figure it reports is known beforehand.
namespace troupe::actors {

/// How the fake behaves, and what it was asked. Set and read by the test.
struct model_script {
  std::uint32_t tokens = 3;          ///< of every completion: 'a', 'b', ..., the last is the end token
  std::string sampling_fails;        ///< what a decode step throws; empty: nothing
  std::string training_fails;        ///< what a training step throws; empty: nothing
  errc training_code = errc::failed; ///< with which it throws that
  std::string other_rank_fails;      ///< what a training step of a rank but 0 throws; empty: nothing
  std::string saving_fails;          ///< what saving throws, after one file was written; empty: nothing
  gpu::model_shape shape;            ///< of all weights
  std::string host;                  ///< of the last seat taken
  std::vector<std::string> done;     ///< one line a call: "load FOLDER", "grpo 2", "rank 1 grpo 2", "reference", ...
  std::vector<gpu::training_sequence> trained; ///< of the last training step
};

class fake_weights : public gpu::weights {
public:
  fake_weights(policy_version v, std::span<const std::uint32_t> words, std::shared_ptr<const void> owner)
      : weights(v), words_(words), owner_(std::move(owner)) {}
  std::span<const std::uint32_t> words() const override { return words_; }
  std::uint64_t checksum() const override;

private:
  std::span<const std::uint32_t> words_;
  std::shared_ptr<const void> owner_;
};
/// Its one word is the version's number.
std::shared_ptr<const gpu::weights> weights_of(std::uint64_t version);
std::shared_ptr<const gpu::weights> weights_of(std::uint64_t version, std::vector<std::uint32_t> words);

/// One id a byte, so that every text can be written; 0 ends a completion.
class byte_tokenizer : public text::tokenizer {
public:
  std::vector<std::int32_t> encode(std::string_view text, bool add_special_tokens) const override;
  std::string decode(std::span<const std::int32_t> ids, bool keep_special_tokens) const override;
  std::uint32_t vocabulary_size() const override { return 256; }
  std::int32_t end_token() const override { return 0; }
  std::int32_t pad_token() const override { return -1; }
};

/// Its samplers and trainers follow `script`; log-probabilities are all -1.
std::shared_ptr<gpu::backend> make_fake_backend(std::shared_ptr<model_script> script);

} // namespace troupe::actors
