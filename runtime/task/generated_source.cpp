// SPDX-License-Identifier: Apache-2.0
#include "runtime/check.hpp"
#include "runtime/error.hpp"
#include "runtime/task/alphabet.hpp"
#include "runtime/task/generator.hpp"

#include <unordered_set>

namespace troupe::task {
namespace {

/// Train problems are drawn anew for each index; the two lists that are measured on are drawn once, all different.
class generated_source final : public prompt_source {
public:
  generated_source(const source_options& opts, std::unique_ptr<generator> generator)
      : opts_(opts), generator_(std::move(generator)) {
    validation_ = draw_different(split::validation, opts.validation_size);
    heldout_ = draw_different(split::heldout, opts.heldout_size);
  }

  example at(split from, std::uint64_t index) const override {
    if (from == split::train) {
      return in_words(draw(from, index, opts_.seed), from, index);
    }
    const auto& list = from == split::validation ? validation_ : heldout_;
    if (list.empty()) {
      throw error(errc::invalid, "task " + opts_.name + ": its " + to_string(from) + " split is empty; set " +
                                     to_string(from) + "_size above 0");
    }
    const auto place = index % list.size();
    const auto pass = index / list.size();
    const auto chosen = pass == 0 ? place : data::permuted(place, list.size(), data::splitmix64(opts_.seed ^ pass));
    return in_words(list[chosen], from, index);
  }

  std::optional<std::uint64_t> size(split from) const override {
    return from == split::train
               ? std::nullopt
               : std::optional<std::uint64_t>((from == split::validation ? validation_ : heldout_).size());
  }

  std::string alphabet() const override { return characters_of(generator_->alphabet()); }

private:
  /// The first problem of `from` among those that (seed, split, index) draws.
  problem draw(split from, std::uint64_t index, std::uint64_t seed) const {
    constexpr int tries = 10000; // a share of 1/8 is missed so often only if it is empty
    data::counter_random random{seed, static_cast<std::uint64_t>(from), index};
    for (int i = 0; i < tries; ++i) {
      auto made = generator_->make(random);
      if (split_of(made.question) == from) {
        return made;
      }
    }
    throw error(errc::invalid, "task " + opts_.name + ": no problem falls into its " + to_string(from) +
                                   " split; widen its parameters so that there are more different problems");
  }

  std::vector<problem> draw_different(split from, std::uint64_t count) const {
    std::vector<problem> list;
    std::unordered_set<std::string> seen;
    std::uint64_t misses = 0; // in a row
    for (std::uint64_t index = 0; list.size() < count; ++index) {
      auto made = draw(from, index, opts_.seed);
      if (seen.insert(made.question).second) {
        list.push_back(std::move(made));
        misses = 0;
      } else if (++misses > 200 + 20 * list.size()) {
        throw error(errc::invalid, "task " + opts_.name + ": found only " + std::to_string(list.size()) +
                                       " different problems for its " + to_string(from) + " split but " +
                                       to_string(from) + "_size is " + std::to_string(count) +
                                       "; lower it, or widen the task's parameters");
      }
    }
    return list;
  }

  example in_words(const problem& made, split from, std::uint64_t index) const {
    example shown;
    shown.question.task = opts_.name;
    shown.question.from = from;
    shown.question.index = index;
    shown.question.text = made.question;
    shown.question.answer = made.answer;
    shown.question.metadata = "{\"source_dataset\":\"" + opts_.kind + "\",\"source_index\":" + std::to_string(index) +
                              (made.metadata.empty() ? "" : "," + made.metadata) + "}";
    shown.demonstration = made.demonstration;
    return shown;
  }

  source_options opts_;
  std::unique_ptr<generator> generator_;
  std::vector<problem> validation_;
  std::vector<problem> heldout_;
};

} // namespace

std::shared_ptr<const prompt_source> make_generated_source(const source_options& opts,
                                                           std::unique_ptr<generator> generator) {
  return std::make_shared<generated_source>(opts, std::move(generator));
}

} // namespace troupe::task
