// SPDX-License-Identifier: Apache-2.0
#include "runtime/task/generator.hpp"

#include <algorithm>

namespace troupe::task {
namespace {

std::string listed(const std::vector<std::int64_t>& numbers, const char* between) {
  std::string all;
  for (const auto one : numbers) {
    all += (all.empty() ? "" : between) + std::to_string(one);
  }
  return all;
}

/// Numbers to be put in ascending order; the demonstration takes the smallest that is left, with what is then left.
class sort final : public generator {
public:
  explicit sort(const parameters& p)
      : min_numbers_(p.whole("min_numbers")), max_numbers_(p.whole("max_numbers")), max_value_(p.whole("max_value")) {}

  problem make(data::counter_random& random) const override {
    std::vector<std::int64_t> numbers;
    for (auto left = random.between(min_numbers_, max_numbers_); left > 0; --left) {
      numbers.push_back(random.between(0, max_value_));
    }
    const auto question = "sort " + listed(numbers, " ") + "=";
    const auto metadata = "\"numbers\":[" + listed(numbers, ",") + "]";
    std::string steps;
    std::vector<std::int64_t> left = numbers;
    while (left.size() > 1) {
      const auto smallest = std::min_element(left.begin(), left.end());
      const auto taken = *smallest;
      left.erase(smallest);
      steps += (steps.empty() ? "" : ", ") + std::to_string(taken) + ": " + listed(left, " ");
    }
    std::sort(numbers.begin(), numbers.end());
    const auto answer = listed(numbers, " ");
    return {question, answer, demonstrate(steps, answer), metadata};
  }

  std::string alphabet() const override { return "0123456789sort=:, "; }

private:
  std::int64_t min_numbers_, max_numbers_, max_value_;
};

} // namespace

generator_kind sort_kind() {
  return {{"sort",
           "numbers put in ascending order",
           "sort 9 2 5=",
           "<think>2: 9 5, 5: 9</think><answer>2 5 9</answer>",
           {{"min_numbers", 3, 2, 20, "fewest numbers"},
            {"max_numbers", 5, 2, 20, "most numbers"},
            {"max_value", 99, 1, 1e9, "largest number"}}},
          [](const parameters& p) -> std::unique_ptr<generator> { return std::make_unique<sort>(p); }};
}

} // namespace troupe::task
