// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "deploy/troupectl/field.hpp"

#include <functional>
#include <set>
#include <span>
#include <string>
#include <string_view>

namespace troupe::ctl {

/// A filter over rows: `reward > 0.9 and staleness <= 1 and task == "chain_sum"`.
///   expression := conjunction { "or" conjunction }      comparison := FIELD OPERATOR VALUE
///   conjunction := term { "and" term }                  OPERATOR   := == != < <= > >= ~ (text contains)
///   term := "not" term | "(" expression ")" | comparison   VALUE := number, "text", 'text', true, false, null
/// A field without a value compares false with everything but null.
class where {
public:
  /// Matches every row.
  where() = default;
  /// Throws error(invalid) that names the column, for an unknown field lists the known ones, and on two lines more
  /// shows the expression with a caret below the place.
  where(std::string_view expression, std::span<const field> known);

  bool matches(const row& r) const { return !predicate_ || predicate_(r); }
  /// Names of the fields it reads.
  const std::set<std::string>& reads() const noexcept { return reads_; }

private:
  std::function<bool(const row&)> predicate_;
  std::set<std::string> reads_;
};

} // namespace troupe::ctl
