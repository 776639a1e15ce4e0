// SPDX-License-Identifier: Apache-2.0
#include "gpu/sampling/check_request.hpp"

#include "runtime/error.hpp"

#include <cmath>

namespace troupe::gpu {

namespace {

void require(bool fine, const std::string& otherwise) {
  if (!fine) {
    throw error{errc::invalid, otherwise};
  }
}

void check_tokens(const std::vector<std::int32_t>& tokens, const char* what, const model_shape& shape) {
  for (const auto id : tokens) {
    require(id >= 0 && static_cast<std::uint32_t>(id) < shape.vocab_size,
            std::string{what} + " token " + std::to_string(id) + " is outside the model's vocabulary of " +
                std::to_string(shape.vocab_size) + "; use the tokenizer of the model's folder");
  }
}

} // namespace

void check_request(const sample_request& request, const model_shape& shape) {
  const auto& how = request.options;
  const auto& partial = request.partial;
  require(!request.prompt.empty(), "an empty prompt cannot be sampled from; give at least one token");
  require(request.prompt.size() < shape.max_position_embeddings,
          "a prompt of " + std::to_string(request.prompt.size()) +
              " tokens leaves no room for an answer: the model's " + "max_position_embeddings is " +
              std::to_string(shape.max_position_embeddings));
  check_tokens(request.prompt, "prompt", shape);
  check_tokens(partial.tokens, "partial completion", shape);
  check_tokens(how.stop_tokens, "stop", shape);
  require(partial.logprobs.size() == partial.tokens.size() && partial.loss_mask.size() == partial.tokens.size(),
          "a partial completion needs one logprob and one loss_mask entry for each of its " +
              std::to_string(partial.tokens.size()) + " tokens");
  require(std::isfinite(how.temperature) && how.temperature >= 0,
          "temperature is " + std::to_string(how.temperature) + "; it must be 0 (greedy) or above");
  require(how.top_p > 0 && how.top_p <= 1, "top_p is " + std::to_string(how.top_p) + "; it must be above 0, at most 1");
}

} // namespace troupe::gpu
