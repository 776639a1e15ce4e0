// SPDX-License-Identifier: Apache-2.0
#include "runtime/data/file_hash.hpp"
#include "runtime/data/jsonl.hpp"
#include "runtime/error.hpp"
#include "runtime/task/generator.hpp"

#include <algorithm>
#include <array>
#include <unordered_set>

namespace troupe::task {
namespace {

/// What two prompts that are the same have in common.
std::string identity(const data::jsonl_problem& one) {
  if (one.messages.empty()) {
    return one.text;
  }
  std::string all;
  for (const auto& message : one.messages) {
    all += message.role + '\x1f' + message.content + '\x1e';
  }
  return all;
}

class jsonl_source final : public prompt_source {
public:
  explicit jsonl_source(const source_options& opts) : opts_(opts) {
    auto read = data::read_problems(opts.path, opts.skip_bad_lines);
    if (read.skipped > 0) {
      remarks_.push_back("task " + opts.name + ": " + std::to_string(read.skipped) + " lines skipped");
      remarks_.insert(remarks_.end(), read.skipped_because.begin(), read.skipped_because.end());
    }
    std::unordered_set<std::string> seen;
    for (auto& one : read.problems) {
      auto text = identity(one);
      if (seen.insert(text).second) { // a prompt that comes twice counts once
        of(split_of(text)).push_back({data::hash_bytes(text), std::move(one)});
      }
    }
    // More than is asked for to measure on goes back to train, lowest hashes first, so that no order of lines matters.
    give_back(split::validation, opts.validation_size);
    give_back(split::heldout, opts.heldout_size);
  }

  example at(split from, std::uint64_t index) const override {
    const auto& list = splits_[static_cast<std::size_t>(from)];
    if (list.empty()) {
      throw error(errc::invalid, opts_.path + ": none of its prompts falls into the " + to_string(from) +
                                     " split of task " + opts_.name +
                                     "; add prompts (an eighth goes to each of validation and heldout, by a "
                                     "hash of the text)");
    }
    const auto pass = index / list.size();
    const auto key = data::splitmix64(opts_.seed ^ data::splitmix64(pass));
    const bool in_order = from != split::train && pass == 0;
    const auto& chosen = list[in_order ? index : data::permuted(index % list.size(), list.size(), key)].second;
    example shown;
    shown.question = {opts_.name, from, index, chosen.text, chosen.messages, chosen.answer, chosen.metadata};
    const bool bare =
        chosen.completion.empty() && !chosen.answer.empty(); // shows the form and the answer, no reasoning
    shown.demonstration = bare ? demonstrate("", chosen.answer) : chosen.completion;
    return shown;
  }

  std::optional<std::uint64_t> size(split from) const override {
    return splits_[static_cast<std::size_t>(from)].size();
  }

  std::vector<std::string> remarks() const override { return remarks_; }

private:
  using hashed = std::pair<std::uint64_t, data::jsonl_problem>;

  std::vector<hashed>& of(split which) { return splits_[static_cast<std::size_t>(which)]; }

  void give_back(split which, std::uint64_t most) {
    auto& list = of(which);
    std::sort(list.begin(), list.end(), [](const hashed& a, const hashed& b) { return a.first < b.first; });
    while (list.size() > most) {
      of(split::train).push_back(std::move(list.back()));
      list.pop_back();
    }
  }

  source_options opts_;
  std::vector<std::string> remarks_;
  std::array<std::vector<hashed>, 3> splits_;
};

} // namespace

std::shared_ptr<const prompt_source> make_jsonl_source(const source_options& opts) {
  return std::make_shared<jsonl_source>(opts);
}

} // namespace troupe::task
