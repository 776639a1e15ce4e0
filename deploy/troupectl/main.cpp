// SPDX-License-Identifier: Apache-2.0
#include "deploy/troupectl/program.hpp"

#include <iostream>

int main(int argc, char** argv) {
  std::ios::sync_with_stdio(false);
  return troupe::ctl::run({argv + 1, argv + argc}, std::cout, std::cerr);
}
