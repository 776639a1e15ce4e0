// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "deploy/troupectl/field.hpp"
#include "deploy/troupectl/program.hpp"
#include "tests/deploy/troupectl/hand_made_store.hpp"

#include <gtest/gtest.h>
#include <sstream>

namespace troupe::ctl {

/// Calls troupectl as its main does, on a store made by hand.
class Troupectl : public testing::Test {
protected:
  Troupectl() : made_("troupe-ctl") { made_.write(); }

  /// `--store RUN ARGUMENTS`; the exit status.
  int call(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), {"--store", made_.run.string()});
    return bare(arguments);
  }
  int bare(const std::vector<std::string>& arguments) {
    out_.str("");
    err_.str("");
    return run(arguments, out_, err_);
  }
  row json() const { return row::parse(out_.str()); }

  hand_made_store made_;
  std::ostringstream out_;
  std::ostringstream err_;
};

} // namespace troupe::ctl
