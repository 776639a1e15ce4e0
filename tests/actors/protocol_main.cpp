// SPDX-License-Identifier: Apache-2.0
// CAF's own test engine and main; each *_protocol_test.cpp is one of its suites.
#include <caf/test/unit_test_impl.hpp>
