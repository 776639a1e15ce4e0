// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "gpu/engine.hpp"
#include "runtime/error.hpp"
#include "runtime/task/prompt_source.hpp"
#include "runtime/text/tokenizer.hpp"

#include <fstream>
#include <string>

/// A model that costs nothing and whose every move is known, and the text around it.
namespace troupe::actors {

struct fake_weights final : gpu::weights {
  explicit fake_weights(std::uint64_t version) : weights(policy_version{version}) {}
  std::uint64_t checksum() const override { return version().value; }
};

/// Answers every prompt with 'a's and an end token, `length` tokens in all, one a step.
class fake_sampler final : public gpu::sampler {
public:
  fake_sampler(std::shared_ptr<const gpu::weights> w, std::size_t length) : weights_(std::move(w)), length_(length) {}
  void submit(gpu::sample_request request) override { running_.push_back({request.tag, {.index = request.index}}); }
  std::size_t pending() const override { return running_.size(); }
  std::vector<gpu::sample_result> step() override {
    std::vector<gpu::sample_result> finished;
    std::vector<gpu::sample_result> left;
    for (auto& r : running_) {
      auto& s = r.completion;
      const auto at = static_cast<std::uint32_t>(s.tokens.size());
      if (s.segments.empty() || s.segments.back().version != weights_->version()) {
        s.segments.push_back({segment_source::policy, at, at, weights_->version()});
      }
      ++s.segments.back().end;
      s.tokens.push_back(s.tokens.size() + 1 == length_ ? 0 : 'a');
      s.logprobs.push_back(-0.5F);
      s.loss_mask.push_back(1);
      (s.tokens.size() == length_ ? finished : left).push_back(std::move(r));
    }
    running_ = std::move(left);
    return finished;
  }
  void set_weights(std::shared_ptr<const gpu::weights> w) override { weights_ = std::move(w); }
  std::vector<gpu::sample_result> cancel_all() override { return std::exchange(running_, {}); }
  std::uint64_t tokens_sampled() const override { return 0; }

private:
  std::shared_ptr<const gpu::weights> weights_;
  std::size_t length_;
  std::vector<gpu::sample_result> running_;
};

/// Counts what it is asked for.
class fake_trainer final : public gpu::trainer {
public:
  explicit fake_trainer(std::vector<std::size_t>& batches) : batches_(batches) {}
  gpu::figures train_grpo(std::span<const gpu::training_sequence> batch, const gpu::grpo_options&,
                          const gpu::optimizer_options&) override {
    batches_.push_back(batch.size());
    return {{"loss", 0.25}};
  }
  gpu::figures train_sft(std::span<const gpu::training_sequence> batch, const gpu::optimizer_options&) override {
    batches_.push_back(batch.size());
    return {{"loss", 0.5}};
  }
  void set_reference_to_policy() override {}
  std::shared_ptr<const gpu::weights> publish(policy_version version) const override {
    return std::make_shared<fake_weights>(version.value);
  }
  void save(const std::string& folder) const override {
    std::ofstream{folder + "/model.safetensors"} << "after " << batches_.size() << " batches";
  }

private:
  std::vector<std::size_t>& batches_;
};

class fake_backend final : public gpu::backend {
public:
  std::vector<std::size_t> batches; ///< sequences of each batch trained, in order
  bool broken = false;              ///< samplers cannot be made
  std::size_t length = 3;           ///< of an answer, tokens

  std::shared_ptr<const gpu::weights> new_weights(const gpu::model_shape&, std::uint64_t) override {
    return std::make_shared<fake_weights>(0);
  }
  std::shared_ptr<const gpu::weights> load_weights(const std::string&, policy_version version) override {
    return std::make_shared<fake_weights>(version.value);
  }
  std::unique_ptr<gpu::trainer> make_trainer(std::shared_ptr<const gpu::weights>, const std::string&) override {
    return std::make_unique<fake_trainer>(batches);
  }
  std::unique_ptr<gpu::sampler> make_sampler(std::shared_ptr<const gpu::weights> from, std::uint32_t) override {
    if (broken) {
      throw error{errc::resource_exhausted, "no memory for a sampler"};
    }
    return std::make_unique<fake_sampler>(std::move(from), length);
  }
  std::vector<float> score(const gpu::weights&, std::span<const std::int32_t> ids, double) override {
    return std::vector<float>(ids.size() - 1, -0.5F);
  }
  gpu::model_shape shape(const gpu::weights&) const override { return {}; }
  std::uint64_t parameter_count(const gpu::weights&) const override { return 1; }
};

/// One token a byte; 0 ends.
class byte_tokenizer final : public text::tokenizer {
public:
  std::vector<std::int32_t> encode(std::string_view text, bool) const override { return {text.begin(), text.end()}; }
  std::string decode(std::span<const std::int32_t> ids, bool) const override { return {ids.begin(), ids.end()}; }
  std::uint32_t vocabulary_size() const override { return 256; }
  std::int32_t end_token() const override { return 0; }
  std::int32_t pad_token() const override { return 0; }
};

/// "q0", "q1", ... without end.
class numbered_questions final : public task::prompt_source {
public:
  task::example at(split from, std::uint64_t index) const override {
    return {{.task = "t", .from = from, .index = index, .text = "q" + std::to_string(index), .answer = "aaa"}, "aaa"};
  }
  std::optional<std::uint64_t> size(split) const override { return std::nullopt; }
};

} // namespace troupe::actors
