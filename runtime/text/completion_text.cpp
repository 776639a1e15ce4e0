// SPDX-License-Identifier: Apache-2.0
#include "runtime/text/tokenizer.hpp"

namespace troupe::text {

std::string completion_text(const tokenizer& by, const sample& s) {
  auto visible = std::span<const std::int32_t>{s.tokens};
  if (s.finish == finish_reason::stop && !visible.empty()) {
    visible = visible.first(visible.size() - 1);
  }
  return by.decode(visible, true);
}

} // namespace troupe::text
