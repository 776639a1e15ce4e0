// SPDX-License-Identifier: Apache-2.0
#include "tests/actors/fake_model.hpp"

#include "runtime/error.hpp"
#include "runtime/weights/changed_words.hpp"

#include <algorithm>
#include <fstream>
#include <utility>

namespace troupe::actors {

namespace {

using shared_weights = std::shared_ptr<const gpu::weights>;
using shared_script = std::shared_ptr<model_script>;

void fail_with(const std::string& words, errc code = errc::failed) {
  if (!words.empty()) {
    throw error{code, words};
  }
}

class fake_sampler : public gpu::sampler {
public:
  fake_sampler(shared_script script, shared_weights w, std::uint32_t batch_size)
      : script_(std::move(script)), weights_(std::move(w)), batch_size_(batch_size) {}

  void submit(gpu::sample_request request) override {
    gpu::sample_result r{.tag = request.tag, .completion = std::move(request.partial)};
    r.completion.index = request.index;
    running_.push_back(std::move(r));
  }
  std::size_t pending() const override { return running_.size(); }

  std::vector<gpu::sample_result> step() override {
    fail_with(script_->sampling_fails);
    std::vector<gpu::sample_result> finished;
    const std::size_t now = std::min<std::size_t>(batch_size_, running_.size());
    for (std::size_t i = 0; i < now; ++i) {
      sample_token(running_[i].completion);
    }
    std::erase_if(running_, [&](gpu::sample_result& r) {
      const bool done = r.completion.tokens.size() == script_->tokens;
      if (done) {
        finished.push_back(std::move(r));
      }
      return done;
    });
    return finished;
  }

  void set_weights(shared_weights w) override { weights_ = std::move(w); }
  void cancel(std::uint64_t tag) override {
    std::erase_if(running_, [tag](const gpu::sample_result& r) { return r.tag == tag; });
  }
  std::vector<gpu::sample_result> cancel_all() override {
    for (auto& r : running_) {
      r.completion.finish = finish_reason::cancelled;
    }
    return std::exchange(running_, {});
  }
  std::uint64_t tokens_sampled() const override { return sampled_; }

private:
  void sample_token(sample& s) {
    const auto at = static_cast<std::uint32_t>(s.tokens.size());
    if (s.segments.empty() || s.segments.back().version != weights_->version()) {
      s.segments.push_back({segment_source::policy, at, at, weights_->version()});
    }
    ++s.segments.back().end;
    s.tokens.push_back(at + 1 == script_->tokens ? 0 : 'a' + static_cast<std::int32_t>(at % 26));
    s.logprobs.push_back(-1);
    s.loss_mask.push_back(1);
    ++sampled_;
  }

  shared_script script_;
  shared_weights weights_;
  std::uint32_t batch_size_;
  std::vector<gpu::sample_result> running_;
  std::uint64_t sampled_ = 0;
};

class fake_meeting : public gpu::meeting {
public:
  std::string address() const override { return "here"; }
};

class fake_trainer : public gpu::trainer {
public:
  fake_trainer(shared_script script, std::shared_ptr<gpu::collective> ranks)
      : script_(std::move(script)), ranks_(std::move(ranks)) {}

  gpu::figures train_grpo(std::span<const gpu::training_sequence> batch, const gpu::grpo_options&,
                          const gpu::optimizer_options&) override {
    return train("grpo", batch);
  }
  gpu::figures train_sft(std::span<const gpu::training_sequence> batch, const gpu::optimizer_options&) override {
    return train("sft", batch);
  }
  void set_reference_to_policy() override { script_->done.push_back("reference"); }
  shared_weights publish(policy_version version) const override { return weights_of(version.value); }
  void gather() override {
    if (ranks_) {
      script_->done.push_back(who() + "gather");
    }
  }
  void save(const std::string& folder) const override {
    std::ofstream{folder + "/model.safetensors"} << "weights";
    fail_with(script_->saving_fails);
    std::ofstream{folder + "/config.json"} << "{}";
  }

private:
  gpu::figures train(const std::string& how, std::span<const gpu::training_sequence> batch) {
    if (ranks_ && ranks_->rank() > 0) {
      fail_with(script_->other_rank_fails);
    } else {
      fail_with(script_->training_fails, script_->training_code);
    }
    script_->done.push_back(who() + how + " " + std::to_string(batch.size()));
    script_->trained.assign(batch.begin(), batch.end());
    return {{"loss", 0.5}};
  }
  std::string who() const { return ranks_ ? "rank " + std::to_string(ranks_->rank()) + " " : ""; }

  shared_script script_;
  std::shared_ptr<gpu::collective> ranks_;
};

class fake_backend : public gpu::backend {
public:
  explicit fake_backend(shared_script script) : script_(std::move(script)) {}

  shared_weights new_weights(const gpu::model_shape&, std::uint64_t) override { return weights_of(0); }
  shared_weights load_weights(const std::string& folder, policy_version version) override {
    script_->done.push_back("load " + folder);
    return weights_of(version.value);
  }
  shared_weights weights_from_words(const gpu::model_shape& shape, policy_version version,
                                    std::span<const std::uint32_t> words, std::shared_ptr<const void> owner) override {
    if (shape.vocab_size != script_->shape.vocab_size) {
      throw error{errc::invalid, "weights of another shape"};
    }
    return std::make_shared<fake_weights>(version, words, std::move(owner));
  }
  std::unique_ptr<gpu::trainer> make_trainer(shared_weights, const std::string&,
                                             std::shared_ptr<gpu::collective> ranks) override {
    return std::make_unique<fake_trainer>(script_, std::move(ranks));
  }
  std::unique_ptr<gpu::meeting> open_meeting(const std::string&) override { return std::make_unique<fake_meeting>(); }
  std::shared_ptr<gpu::collective> join(const gpu::seat& where) override {
    script_->host = where.host;
    return std::make_shared<gpu::collective>(where);
  }
  std::unique_ptr<gpu::sampler> make_sampler(shared_weights from, std::uint32_t batch_size) override {
    return std::make_unique<fake_sampler>(script_, std::move(from), batch_size);
  }
  std::vector<float> score(const gpu::weights&, std::span<const std::int32_t> ids, double) override {
    return std::vector<float>(ids.empty() ? 0 : ids.size() - 1, -1.0f);
  }
  gpu::model_shape shape(const gpu::weights&) const override { return script_->shape; }

private:
  shared_script script_;
};

} // namespace

std::uint64_t fake_weights::checksum() const {
  return troupe::weights::checksum(words_);
}

shared_weights weights_of(std::uint64_t version) {
  return weights_of(version, {static_cast<std::uint32_t>(version)});
}

shared_weights weights_of(std::uint64_t version, std::vector<std::uint32_t> words) {
  auto kept = std::make_shared<std::vector<std::uint32_t>>(std::move(words));
  return std::make_shared<fake_weights>(policy_version{version}, *kept, kept);
}

std::vector<std::int32_t> byte_tokenizer::encode(std::string_view text, bool /*add_special_tokens*/) const {
  std::vector<std::int32_t> ids;
  for (const char c : text) {
    ids.push_back(static_cast<unsigned char>(c));
  }
  return ids;
}

std::string byte_tokenizer::decode(std::span<const std::int32_t> ids, bool /*keep_special_tokens*/) const {
  std::string text;
  for (const auto id : ids) {
    text += static_cast<char>(id);
  }
  return text;
}

std::shared_ptr<gpu::backend> make_fake_backend(shared_script script) {
  return std::make_shared<fake_backend>(std::move(script));
}

} // namespace troupe::actors
