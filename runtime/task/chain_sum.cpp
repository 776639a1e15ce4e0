// SPDX-License-Identifier: Apache-2.0
#include "runtime/task/generator.hpp"

namespace troupe::task {
namespace {

/// Several numbers added and subtracted from left to right; the demonstration writes every partial sum.
class chain_sum final : public generator {
public:
  explicit chain_sum(const parameters& p)
      : min_terms_(p.whole("min_terms")), max_terms_(p.whole("max_terms")), min_digits_(p.whole("min_digits")),
        max_digits_(p.whole("max_digits")) {}

  problem make(data::counter_random& random) const override {
    const auto terms = random.between(min_terms_, max_terms_);
    const auto digits = random.between(min_digits_, max_digits_);
    auto total = number_of_digits(random, digits);
    auto expression = std::to_string(total);
    std::string steps;
    for (std::int64_t i = 1; i < terms; ++i) {
      const bool minus = random.below(2) == 1;
      const auto term = number_of_digits(random, digits);
      const auto written = (minus ? "-" : "+") + std::to_string(term);
      const auto before = std::to_string(total);
      total += minus ? -term : term;
      expression += written;
      steps += (steps.empty() ? "" : " ") + before + written + "=" + std::to_string(total);
    }
    const auto answer = std::to_string(total);
    return {expression + "=", answer, demonstrate(steps, answer),
            "\"num_terms\":" + std::to_string(terms) + ",\"num_digits\":" + std::to_string(digits) +
                ",\"expression\":\"" + expression + "\""};
  }

  std::string alphabet() const override { return "0123456789+-= "; }

private:
  std::int64_t min_terms_, max_terms_, min_digits_, max_digits_;
};

} // namespace

generator_kind chain_sum_kind() {
  return {{"chain_sum",
           "numbers added and subtracted from left to right",
           "7+12-4=",
           "<think>7+12=19 19-4=15</think><answer>15</answer>",
           {{"min_terms", 2, 2, 20, "fewest numbers"},
            {"max_terms", 4, 2, 20, "most numbers"},
            {"min_digits", 1, 1, 12, "fewest digits of each number"},
            {"max_digits", 2, 1, 12, "most digits of each number"}}},
          [](const parameters& p) -> std::unique_ptr<generator> { return std::make_unique<chain_sum>(p); }};
}

} // namespace troupe::task
