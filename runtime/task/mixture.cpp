// SPDX-License-Identifier: Apache-2.0
#include "runtime/task/mixture.hpp"

#include "runtime/check.hpp"

#include <algorithm>
#include <numeric>

namespace troupe::task {

mixture::mixture(std::vector<double> weights) : weights_(std::move(weights)) {
  TROUPE_CHECK(!weights_.empty());
  total_ = std::accumulate(weights_.begin(), weights_.end(), 0.0);
  restart();
}

void mixture::restart() {
  next_ = 0;
  credit_.assign(weights_.size(), 0);
  picked_.assign(weights_.size(), 0);
}

mixture::pick mixture::at(std::uint64_t cursor) {
  if (cursor + 1 == next_) {
    return last_;
  }
  if (cursor < next_) {
    restart();
  }
  while (next_ <= cursor) {
    for (std::size_t i = 0; i < weights_.size(); ++i) {
      credit_[i] += weights_[i];
    }
    const auto best = static_cast<std::size_t>(std::max_element(credit_.begin(), credit_.end()) - credit_.begin());
    credit_[best] -= total_;
    last_ = {best, picked_[best]++};
    ++next_;
  }
  return last_;
}

} // namespace troupe::task
