// SPDX-License-Identifier: Apache-2.0
#include "runtime/task/sources.hpp"

#include "runtime/check.hpp"
#include "runtime/data/file_hash.hpp"
#include "runtime/error.hpp"
#include "runtime/tags.hpp"
#include "runtime/task/generator.hpp"

#include <algorithm>
#include <sstream>

namespace troupe::task {
namespace {

const std::vector<generator_kind>& generators() {
  static const std::vector<generator_kind> all = [] {
    std::vector<generator_kind> kinds;
    kinds.push_back(addition_kind());
    kinds.push_back(assistant_kind());
    kinds.push_back(chain_sum_kind());
    kinds.push_back(countdown_kind());
    kinds.push_back(reverse_text_kind());
    kinds.push_back(sort_kind());
    return kinds;
  }();
  return all;
}

std::string list_of(const auto& named) {
  std::string all;
  for (const auto& one : named) {
    all += (all.empty() ? "" : ", ") + one.name;
  }
  return all;
}

std::string text_of(double value) {
  std::ostringstream out;
  out << value;
  return out.str();
}

parameters resolve(const source_options& opts, const kind_description& about) {
  std::vector<std::pair<std::string, double>> values;
  for (const auto& one : about.parameters) {
    values.emplace_back(one.name, one.value);
  }
  for (const auto& [name, value] : opts.parameters) {
    const auto known = std::find_if(about.parameters.begin(), about.parameters.end(),
                                    [&](const parameter& one) { return one.name == name; });
    if (known == about.parameters.end()) {
      throw error(errc::invalid, "task " + opts.name + ": " + about.name + " has no parameter " + name + "; it takes " +
                                     list_of(about.parameters));
    }
    if (!(value >= known->low && value <= known->high)) {
      throw error(errc::invalid, "task " + opts.name + ": " + name + " is " + text_of(value) + "; it must be " +
                                     text_of(known->low) + " to " + text_of(known->high));
    }
    values[static_cast<std::size_t>(known - about.parameters.begin())].second = value;
  }
  for (const auto& [name, value] : values) {
    const auto pair = name.rfind("min_", 0) == 0 ? "max_" + name.substr(4) : std::string();
    const auto upper = std::find_if(values.begin(), values.end(), [&](const auto& one) { return one.first == pair; });
    if (upper != values.end() && value > upper->second) {
      throw error(errc::invalid, "task " + opts.name + ": " + name + " is " + text_of(value) + " but " + pair + " is " +
                                     text_of(upper->second) + "; lower one or raise the other");
    }
  }
  return parameters(std::move(values));
}

} // namespace

double parameters::operator[](std::string_view name) const {
  const auto found = std::find_if(values_.begin(), values_.end(), [&](const auto& one) { return one.first == name; });
  TROUPE_CHECK(found != values_.end(), name);
  return found->second;
}

std::string demonstrate(const std::string& reasoning, const std::string& answer) {
  std::string text{tag::think};
  text.append(reasoning).append(tag::think_end);
  return text.append(tag::answer).append(answer).append(tag::answer_end);
}

std::int64_t number_of_digits(data::counter_random& random, std::int64_t digits) {
  std::int64_t low = 1;
  for (std::int64_t i = 1; i < digits; ++i) {
    low *= 10;
  }
  return random.between(digits == 1 ? 0 : low, low * 10 - 1);
}

split split_of(std::string_view text) noexcept {
  const auto bucket = data::splitmix64(data::hash_bytes(text)) % 8;
  return bucket == 0 ? split::heldout : bucket == 1 ? split::validation : split::train;
}

const std::vector<kind_description>& kinds() {
  static const std::vector<kind_description> all = [] {
    std::vector<kind_description> described;
    for (const auto& one : generators()) {
      described.push_back(one.about);
    }
    return described;
  }();
  return all;
}

std::shared_ptr<const prompt_source> make_source(const source_options& opts) {
  if (opts.kind.empty() == opts.path.empty()) {
    throw error(errc::invalid,
                "task " + opts.name + ": needs exactly one of `kind` (a generator) and `path` (a JSONL file)");
  }
  if (opts.kind.empty()) {
    return make_jsonl_source(opts);
  }
  const auto found = std::find_if(generators().begin(), generators().end(),
                                  [&](const generator_kind& one) { return one.about.name == opts.kind; });
  if (found == generators().end()) {
    throw error(errc::invalid,
                "task " + opts.name + ": unknown kind " + opts.kind + "; choose one of " + list_of(kinds()));
  }
  return make_generated_source(opts, found->make(resolve(opts, found->about)));
}

} // namespace troupe::task
