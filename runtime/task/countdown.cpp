// SPDX-License-Identifier: Apache-2.0
#include "runtime/task/generator.hpp"

namespace troupe::task {
namespace {

/// Numbers that must be combined, each once, by + - * to a target. The answer is one of possibly many expressions:
/// judge it with the verifier `countdown`, which evaluates what was written.
class countdown final : public generator {
public:
  explicit countdown(const parameters& p)
      : min_numbers_(p.whole("min_numbers")), max_numbers_(p.whole("max_numbers")), max_value_(p.whole("max_value")) {}

  problem make(data::counter_random& random) const override {
    const auto count = random.between(min_numbers_, max_numbers_);
    std::vector<std::int64_t> numbers{random.between(1, max_value_)};
    auto value = numbers[0];
    auto expression = std::to_string(value);
    std::string steps;
    for (std::int64_t i = 1; i < count; ++i) {
      const auto next = random.between(1, max_value_);
      const char sign = "+-*"[random.below(3)];
      const auto before = value;
      value = sign == '+' ? value + next : sign == '-' ? value - next : value * next;
      // Brackets where the sign binds tighter than what stands before it.
      expression = (sign == '*' && i > 1 ? "(" + expression + ")" : expression) + sign + std::to_string(next);
      steps += (steps.empty() ? "" : " ") + std::to_string(before) + sign + std::to_string(next) + "=" +
               std::to_string(value);
      numbers.push_back(next);
    }
    for (std::size_t i = numbers.size() - 1; i > 0; --i) { // shown in an order that gives nothing away
      std::swap(numbers[i], numbers[random.below(i + 1)]);
    }
    std::string shown;
    std::string list;
    for (const auto one : numbers) {
      shown += (shown.empty() ? "" : " ") + std::to_string(one);
      list += (list.empty() ? "" : ",") + std::to_string(one);
    }
    return {"use " + shown + " make " + std::to_string(value) + "=", expression, demonstrate(steps, expression),
            "\"numbers\":[" + list + "],\"target\":" + std::to_string(value) + ",\"expression\":\"" + expression +
                "\""};
  }

  std::string alphabet() const override { return "0123456789+-*()=use mak "; }

private:
  std::int64_t min_numbers_, max_numbers_, max_value_;
};

} // namespace

generator_kind countdown_kind() {
  return {{"countdown",
           "numbers combined, each once, by + - * to a target; judge with the verifier `countdown`",
           "use 3 5 2 make 16=",
           "<think>5+3=8 8*2=16</think><answer>(5+3)*2</answer>",
           {{"min_numbers", 2, 2, 6, "fewest numbers"},
            {"max_numbers", 3, 2, 6, "most numbers"},
            {"max_value", 20, 1, 1000, "largest number given"}}},
          [](const parameters& p) -> std::unique_ptr<generator> { return std::make_unique<countdown>(p); }};
}

} // namespace troupe::task
