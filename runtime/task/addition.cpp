// SPDX-License-Identifier: Apache-2.0
#include "runtime/task/generator.hpp"

namespace troupe::task {
namespace {

/// Two numbers of `digits` digits; the demonstration adds column by column, units first: digit + digit + carry = sum.
class addition final : public generator {
public:
  explicit addition(const parameters& p) : digits_(p.whole("digits")) {}

  problem make(data::counter_random& random) const override {
    const auto a = number_of_digits(random, digits_);
    const auto b = number_of_digits(random, digits_);
    std::string columns;
    std::int64_t carry = 0;
    for (std::int64_t i = 0, x = a, y = b; i < digits_; ++i, x /= 10, y /= 10) {
      const auto sum = x % 10 + y % 10 + carry;
      columns += (i == 0 ? "" : " ") + std::to_string(x % 10) + "+" + std::to_string(y % 10) + "+" +
                 std::to_string(carry) + "=" + std::to_string(sum);
      carry = sum / 10;
    }
    const auto answer = std::to_string(a + b);
    return {std::to_string(a) + "+" + std::to_string(b) + "=", answer, demonstrate(columns, answer),
            "\"terms\":[" + std::to_string(a) + "," + std::to_string(b) + "]"};
  }

  std::string alphabet() const override { return "0123456789+= "; }

private:
  std::int64_t digits_;
};

} // namespace

generator_kind addition_kind() {
  return {{"addition",
           "the sum of two numbers, with the carries written out",
           "964+494=",
           "<think>4+4+0=8 6+9+0=15 9+4+1=14</think><answer>1458</answer>",
           {{"digits", 3, 1, 12, "decimal digits of each number"}}},
          [](const parameters& p) -> std::unique_ptr<generator> { return std::make_unique<addition>(p); }};
}

} // namespace troupe::task
