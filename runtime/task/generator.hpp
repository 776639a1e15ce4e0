// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "runtime/data/random.hpp"
#include "runtime/task/sources.hpp"

#include <memory>
#include <string>

namespace troupe::task {

/// One generated problem, in reasoning-gym's words.
struct problem {
  std::string question;
  std::string answer;
  std::string demonstration; ///< `<think>..</think><answer>..</answer>`
  std::string metadata;      ///< the inside of a JSON object, beside source_dataset and source_index; may be empty
};

/// Makes problems of one kind from random numbers. Immutable; safe from any thread.
class generator {
public:
  virtual ~generator() = default;
  virtual problem make(data::counter_random& random) const = 0;
  /// Every character `make` may use, tags left out; any order.
  virtual std::string alphabet() const = 0;
};

/// Parameters by name; every one that the kind describes is there.
class parameters {
public:
  explicit parameters(std::vector<std::pair<std::string, double>> values) : values_(std::move(values)) {}
  double operator[](std::string_view name) const;
  std::int64_t whole(std::string_view name) const { return static_cast<std::int64_t>((*this)[name]); }

private:
  std::vector<std::pair<std::string, double>> values_;
};

/// One factory a kind, each in the file of its name.
struct generator_kind {
  kind_description about;
  std::unique_ptr<generator> (*make)(const parameters&);
};
generator_kind addition_kind();
generator_kind assistant_kind();
generator_kind chain_sum_kind();
generator_kind countdown_kind();
generator_kind reverse_text_kind();
generator_kind sort_kind();

/// `<think>reasoning</think><answer>answer</answer>`
std::string demonstrate(const std::string& reasoning, const std::string& answer);

/// A number of exactly `digits` decimal digits; one digit may be 0.
std::int64_t number_of_digits(data::counter_random& random, std::int64_t digits);

/// Splits the problems of a generator by a hash of the question: 1/8 held-out, 1/8 validation, the rest train.
std::shared_ptr<const prompt_source> make_generated_source(const source_options& opts,
                                                           std::unique_ptr<generator> generator);
/// The prompts of a JSONL file, split in the same way.
std::shared_ptr<const prompt_source> make_jsonl_source(const source_options& opts);

/// The split a prompt's text belongs to, whatever the seed.
split split_of(std::string_view text) noexcept;

} // namespace troupe::task
