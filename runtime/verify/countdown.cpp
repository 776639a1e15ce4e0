// SPDX-License-Identifier: Apache-2.0
#include "runtime/verify/answer_text.hpp"
#include "runtime/verify/rule_judge.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>

namespace troupe::verify {
namespace {

/// Evaluates + - * / and brackets over whole numbers, and notes the numbers it met. Division must come out even.
class evaluator {
public:
  explicit evaluator(std::string_view text) : text_(text) {}

  std::optional<std::int64_t> value() {
    const auto result = sum(0);
    skip_blanks();
    return at_ == text_.size() ? result : std::nullopt;
  }
  std::vector<std::int64_t> numbers;

private:
  void skip_blanks() {
    while (at_ < text_.size() && text_[at_] == ' ') {
      ++at_;
    }
  }
  /// Takes one of `signs` if it comes next; 0 otherwise.
  char take(std::string_view signs) {
    skip_blanks();
    return at_ < text_.size() && signs.find(text_[at_]) != std::string_view::npos ? text_[at_++] : '\0';
  }

  std::optional<std::int64_t> sum(int depth) {
    auto left = product(depth);
    while (left) {
      const char sign = take("+-");
      if (sign == '\0') {
        break;
      }
      left = combined(sign, left, product(depth));
    }
    return left;
  }

  std::optional<std::int64_t> product(int depth) {
    auto left = atom(depth);
    while (left) {
      const char sign = take("*/");
      if (sign == '\0') {
        break;
      }
      left = combined(sign, left, atom(depth));
    }
    return left;
  }

  std::optional<std::int64_t> atom(int depth) {
    if (depth > 64) {
      return std::nullopt;
    }
    if (take("(") != '\0') {
      const auto inside = sum(depth + 1);
      return take(")") != '\0' ? inside : std::nullopt;
    }
    skip_blanks();
    std::int64_t number = 0;
    const auto begin = at_;
    while (at_ < text_.size() && text_[at_] >= '0' && text_[at_] <= '9') {
      if (at_ - begin == 15) {
        return std::nullopt;
      }
      number = number * 10 + (text_[at_++] - '0');
    }
    if (at_ == begin) {
      return std::nullopt;
    }
    numbers.push_back(number);
    return number;
  }

  static std::optional<std::int64_t> combined(char sign, std::optional<std::int64_t> a, std::optional<std::int64_t> b) {
    std::int64_t result = 0;
    if (!a || !b) {
      return std::nullopt;
    }
    if (sign == '/') {
      return *b != 0 && *a % *b == 0 ? std::optional(*a / *b) : std::nullopt;
    }
    const bool overflows = sign == '+'   ? __builtin_add_overflow(*a, *b, &result)
                           : sign == '-' ? __builtin_sub_overflow(*a, *b, &result)
                                         : __builtin_mul_overflow(*a, *b, &result);
    return overflows ? std::nullopt : std::optional(result);
  }

  std::string_view text_;
  std::size_t at_ = 0;
};

} // namespace

finding judge_countdown(const question& q, std::uint64_t /*seed*/) {
  const auto terms = nlohmann::json::parse(q.asked->metadata, nullptr, false);
  const auto whole = [](const nlohmann::json& value) { return value.is_number_integer(); };
  const bool usable = terms.is_object() && terms.contains("numbers") && terms["numbers"].is_array() &&
                      std::all_of(terms["numbers"].begin(), terms["numbers"].end(), whole) &&
                      terms.contains("target") && whole(terms["target"]);
  if (!usable) {
    return undecided("the prompt's metadata lacks the whole numbers `numbers` and `target`");
  }
  const auto answer = answer_of(q.completion);
  if (!answer) {
    return incorrect("no <answer>..</answer>");
  }
  evaluator evaluated(*answer);
  const auto value = evaluated.value();
  if (!value) {
    return incorrect("answered \"" + std::string(*answer) + "\", which cannot be evaluated");
  }
  auto wanted = terms["numbers"].get<std::vector<std::int64_t>>();
  std::sort(wanted.begin(), wanted.end());
  std::sort(evaluated.numbers.begin(), evaluated.numbers.end());
  if (evaluated.numbers != wanted) {
    return incorrect("does not use each number exactly once");
  }
  const auto target = terms["target"].get<std::int64_t>();
  return *value == target ? correct()
                          : incorrect("makes " + std::to_string(*value) + ", not " + std::to_string(target));
}

} // namespace troupe::verify
