// SPDX-License-Identifier: Apache-2.0
#include "actors/roll_call.hpp"
#include "tests/actors/deterministic_system.hpp"

#include <caf/event_based_actor.hpp>

namespace {

using namespace troupe;
using namespace troupe::actors;

caf::behavior idle(caf::event_based_actor*) {
  return {[](int) {}};
}

struct fixture : deterministic_system {
  caf::actor one = ends(sys.spawn(idle));
  caf::actor two = ends(sys.spawn(idle));
  std::shared_ptr<roll_call> members = std::make_shared<roll_call>();
};

} // namespace

CAF_TEST_FIXTURE_SCOPE(roll_call_tests, fixture)

CAF_TEST(who ends is told once with how many are left of its role) {
  members->watch(one, {"generator-0", {1, 1}}, "generator");
  members->watch(two, {"generator-1", {1, 2}}, "generator");
  CAF_CHECK(members->take_lost().empty());
  self->send_exit(one, caf::exit_reason::kill);
  consume_messages();
  const auto lost = members->take_lost();
  CAF_REQUIRE_EQUAL(lost.size(), 1u);
  CAF_CHECK_EQUAL(lost[0].who.name, "generator-0");
  CAF_CHECK_EQUAL(lost[0].left, 1u);
  CAF_CHECK(members->take_lost().empty());
}

CAF_TEST(the first failure is the one that is kept) {
  CAF_CHECK(!members->failure());
  members->fail("generator-1", "out of memory");
  members->fail("generator-1", "and more");
  const std::string first = members->failure().value_or("");
  CAF_CHECK_EQUAL(first, "generator-1: out of memory");
}

CAF_TEST_FIXTURE_SCOPE_END()
