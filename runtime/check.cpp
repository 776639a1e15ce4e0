// SPDX-License-Identifier: Apache-2.0
#include "runtime/check.hpp"

#include <cstdio>
#include <cstdlib>

namespace troupe {

void check_failed(const char* file, int line, const char* expression, const std::string& operands) {
  std::fprintf(stderr, "%s:%d: this is a bug in troupe: %s does not hold. %s\n", file, line, expression,
               operands.c_str());
  std::abort();
}

} // namespace troupe
