// SPDX-License-Identifier: Apache-2.0
#include "runtime/task/mixture.hpp"

#include "runtime/check.hpp"

#include <algorithm>

namespace troupe::task {

mixture::mixture(std::vector<part> parts) : parts_(std::move(parts)) {
  TROUPE_CHECK(!parts_.empty());
  for (const auto& p : parts_) {
    total_ += p.weight;
  }
  restart();
}

void mixture::restart() {
  next_ = 0;
  credit_.assign(parts_.size(), 0);
  picked_.assign(parts_.size(), 0);
}

mixture::pick mixture::at(std::uint64_t cursor) {
  if (cursor + 1 == next_) {
    return last_;
  }
  if (cursor < next_) {
    restart();
  }
  while (next_ <= cursor) {
    for (std::size_t i = 0; i < parts_.size(); ++i) {
      credit_[i] += parts_[i].weight;
    }
    const auto best = static_cast<std::size_t>(std::max_element(credit_.begin(), credit_.end()) - credit_.begin());
    credit_[best] -= total_;
    const auto before = picked_[best]++;
    last_ = {best, parts_[best].limit == 0 ? before : before % parts_[best].limit};
    ++next_;
  }
  return last_;
}

} // namespace troupe::task
