// SPDX-License-Identifier: Apache-2.0
#include "deploy/troupectl/program.hpp"

#include <iostream>
#include <unistd.h>

int main(int argc, char** argv) {
  std::ios::sync_with_stdio(false);
  const bool asks = ::isatty(STDIN_FILENO) != 0 && ::isatty(STDERR_FILENO) != 0;
  return troupe::ctl::run({argv + 1, argv + argc}, std::cout, std::cerr,
                          {.answers = asks ? &std::cin : nullptr, .shows_output = ::isatty(STDOUT_FILENO) != 0});
}
