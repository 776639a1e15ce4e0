// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "runtime/task/prompt_source.hpp"
#include "runtime/text/tokenizer.hpp"

#include <span>
#include <string>
#include <vector>

namespace troupe::task {

/// Those of runtime/tags.hpp, as a tokenizer's writer takes them.
const std::vector<std::string>& tags();

/// The characters of `text`, each once, in byte order, tags left out.
std::string characters_of(std::string_view text);

/// What a character-level tokenizer needs so that all these tasks can be written in it.
std::string alphabet(std::span<const std::shared_ptr<const prompt_source>> sources);

/// Throws error(invalid) naming the task and the first character of it that the tokenizer lacks.
void require_coverage(const text::tokenizer& tokenizer, const prompt_source& source, const std::string& task);

} // namespace troupe::task
