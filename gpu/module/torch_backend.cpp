// SPDX-License-Identifier: Apache-2.0
#include "gpu/model/decoder.hpp"
#include "gpu/model/device.hpp"
#include "gpu/model/hf_folder.hpp"
#include "gpu/module/join_ranks.hpp"
#include "gpu/sampling/torch_sampler.hpp"
#include "gpu/training/torch_trainer.hpp"
#include "runtime/check.hpp"
#include "runtime/error.hpp"

#include <ATen/Context.h>
#include <ATen/Parallel.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/from_blob.h>
#include <ATen/ops/tensor.h>
#include <cmath>
#include <cstdlib>
#include <vector>

namespace troupe::gpu {

namespace {

std::shared_ptr<const flat_weights> as_flat(std::shared_ptr<const weights> w) {
  auto flat = std::dynamic_pointer_cast<const flat_weights>(std::move(w));
  TROUPE_CHECK(flat != nullptr, "weights of another backend");
  return flat;
}

const flat_weights& as_flat(const weights& w) {
  const auto* flat = dynamic_cast<const flat_weights*>(&w);
  TROUPE_CHECK(flat != nullptr, "weights of another backend");
  return *flat;
}

void check_scorable(const model_shape& shape, std::span<const std::int32_t> ids, double temperature) {
  if (ids.size() > shape.max_position_embeddings) {
    throw error{errc::invalid, std::to_string(ids.size()) + " ids are more than the model's max_position_embeddings, " +
                                   std::to_string(shape.max_position_embeddings)};
  }
  for (const auto id : ids) {
    if (id < 0 || static_cast<std::uint32_t>(id) >= shape.vocab_size) {
      throw error{errc::invalid, "id " + std::to_string(id) + " is outside the model's vocabulary of " +
                                     std::to_string(shape.vocab_size) + "; use the tokenizer of the model's folder"};
    }
  }
  if (!std::isfinite(temperature) || temperature <= 0) {
    throw error{errc::invalid, "temperature is " + std::to_string(temperature) + "; scoring needs one above 0"};
  }
}

std::size_t cuda_devices() {
  return at::hasCUDA() ? at::getNumGPUs() : 0;
}

class torch_backend final : public backend {
public:
  explicit torch_backend(backend_options options)
      : options_(std::move(options)), device_(checked_device(options_, cuda_devices())) {
    if (options_.threads == 0) {
      throw error{errc::invalid, "threads is 0; a backend computes with at least one thread"};
    }
    if (options_.deterministic) { // for what ATen still computes; the decoder's products are our own
      ::setenv("MKL_CBWR", "COMPATIBLE", 1);
    }
    at::set_num_threads(static_cast<int>(options_.threads)); // later threads take it over at their first parallel loop
  }

  std::shared_ptr<const weights> new_weights(const model_shape& shape, std::uint64_t seed) override {
    return on_device(flat_weights{policy_version{}, shape, initial_weights(shape, seed)});
  }
  std::shared_ptr<const weights> load_weights(const std::string& folder, policy_version version) override {
    return on_device(*read_hf_folder(folder, version));
  }
  std::shared_ptr<const weights> weights_from_words(const model_shape& shape, policy_version version,
                                                    std::span<const std::uint32_t> words,
                                                    std::shared_ptr<const void> owner) override {
    check_shape(shape);
    const auto wanted = parameter_count(weight_layout(shape));
    if (words.size() != static_cast<std::size_t>(wanted)) {
      throw error{errc::invalid, std::to_string(words.size()) + " words are not the weights of a model that has " +
                                     std::to_string(wanted)};
    }
    // The words are only read: from_blob wants a pointer to what it may change.
    auto* const data = const_cast<std::uint32_t*>(words.data());
    auto flat = at::from_blob(
        data, {wanted}, [keep = std::move(owner)](void*) {}, at::kFloat);
    return on_device(flat_weights{version, shape, std::move(flat)});
  }
  std::unique_ptr<trainer> make_trainer(std::shared_ptr<const weights> from, const std::string& folder,
                                        std::shared_ptr<collective> ranks) override {
    auto ours = std::dynamic_pointer_cast<torch_collective>(ranks);
    TROUPE_CHECK(!ranks || ours, "a collective of another backend");
    return make_torch_trainer(as_flat(std::move(from)), folder, options_, std::move(ours));
  }
  std::unique_ptr<meeting> open_meeting(const std::string& host) override { return open_store_meeting(host); }
  std::shared_ptr<collective> join(const seat& where) override { return join_ranks(where, device_); }
  std::unique_ptr<sampler> make_sampler(std::shared_ptr<const weights> from, std::uint32_t batch_size) override {
    return std::make_unique<torch_sampler>(as_flat(std::move(from)), batch_size, mode());
  }
  std::vector<float> score(const weights& w, std::span<const std::int32_t> ids, double temperature) override {
    const at::NoGradGuard no_grad;
    const auto& flat = as_flat(w);
    check_scorable(flat.shape(), ids, temperature);
    const auto n = static_cast<std::int64_t>(ids.size());
    if (n < 2) {
      return {};
    }
    const std::vector<std::int64_t> wide{ids.begin(), ids.end()};
    const auto bound = bind_weights(flat.shape(), flat.flat());
    const auto hidden =
        hidden_full(flat.shape(), bound, at::tensor(wide, at::kLong).to(device_), at::arange(n, at::kLong).to(device_),
                    at::tensor({0, static_cast<int>(n)}, at::kInt), mode());
    const auto logprobs = log_softmax_rows(logits_of(bound, hidden, temperature, mode())).cpu();
    const auto chosen =
        logprobs.narrow(0, 0, n - 1).gather(1, at::tensor(wide, at::kLong).narrow(0, 1, n - 1).unsqueeze(1));
    const auto flat_chosen = chosen.contiguous();
    return {flat_chosen.const_data_ptr<float>(), flat_chosen.const_data_ptr<float>() + n - 1};
  }
  model_shape shape(const weights& w) const override { return as_flat(w).shape(); }

private:
  decode_mode mode() const { return {.deterministic = options_.deterministic}; }
  std::shared_ptr<const weights> on_device(const flat_weights& w) const {
    return std::make_shared<flat_weights>(w.version(), w.shape(), w.flat().to(device_));
  }

  backend_options options_;
  at::Device device_;
};

} // namespace

} // namespace troupe::gpu

/// The module's only door; gpu/open.cpp looks it up by this name.
extern "C" troupe::gpu::backend* troupe_open_torch_backend(const troupe::gpu::backend_options* options) {
  return new troupe::gpu::torch_backend{*options};
}
