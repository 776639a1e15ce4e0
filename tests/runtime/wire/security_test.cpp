// SPDX-License-Identifier: Apache-2.0
#include "runtime/wire/envelope.hpp"
#include "runtime/wire/frames.hpp"
#include "tests/runtime/wire/talk.hpp"

#include <filesystem>
#include <fstream>
#include <unistd.h>

namespace troupe::wire {
namespace {

constexpr std::uint16_t submit = 1;
constexpr std::uint16_t commit = 2;

/// A server that lets in one generator, who may submit but not commit.
class guarded : public ::testing::Test {
protected:
  guarded() {
    server_options options;
    options.keys = server_keys;
    options.allowed_keys = std::make_shared<allow_list>("generator generator-0 " + generator_keys.public_key + "\n" +
                                                        "learner learner-0 " + learner_keys.public_key + "\n");
    options.allowed = [](role as, std::uint16_t kind) { return kind == submit || as == role::learner; };
    s = std::make_unique<server>(options, echo);
  }

  client_options with(const key_pair& keys, const std::string& name, role as) const {
    auto options = to(s->endpoint(), name);
    options.server_public_key = server_keys.public_key;
    options.keys = keys;
    options.as = as;
    return options;
  }
  client_options generator() const { return with(generator_keys, "generator-0", role::generator); }

  const key_pair server_keys = make_key_pair();
  const key_pair generator_keys = make_key_pair();
  const key_pair learner_keys = make_key_pair();
  std::unique_ptr<server> s;
};

TEST_F(guarded, AKnownKeyIsLetIn) {
  client c{generator()};
  const auto got = ask(c, words(submit, {std::string(100000, 'x')})).get();
  ASSERT_TRUE(got) << got.failure->what();
  EXPECT_EQ(got.reply.kind, submit + 1000);
  EXPECT_EQ(s->read().unauthenticated, 0U);
}

TEST_F(guarded, AnUnknownKeyIsNot) {
  client c{with(make_key_pair(), "generator-0", role::generator)};
  const auto got = ask(c, words(submit, {}), 500ms).get();
  ASSERT_FALSE(got);
  EXPECT_EQ(got.failure->code(), errc::unavailable);
  EXPECT_NE(std::string{got.failure->what()}.find("allow-list"), std::string::npos) << got.failure->what();
  EXPECT_GT(s->read().unauthenticated, 0U);
  EXPECT_EQ(s->read().requests, 0U);
}

TEST_F(guarded, NeitherIsAClientWithoutCurve) {
  client c{to(s->endpoint())};
  EXPECT_EQ(ask(c, words(submit, {}), 300ms).get().failure->code(), errc::unavailable);
  EXPECT_EQ(s->read().requests, 0U);
}

TEST_F(guarded, AWrongServerKeyMeetsNoServer) {
  auto options = generator();
  options.server_public_key = make_key_pair().public_key;
  client c{options};
  EXPECT_EQ(ask(c, words(submit, {}), 300ms).get().failure->code(), errc::unavailable);
  EXPECT_EQ(s->read().requests, 0U);
}

TEST_F(guarded, AKindThatIsNotForTheRoleIsRefused) {
  client g{generator()};
  const auto got = ask(g, words(commit, {})).get();
  ASSERT_FALSE(got);
  EXPECT_EQ(got.failure->code(), errc::invalid);
  EXPECT_EQ(s->read().wrong_role, 1U);
  client l{with(learner_keys, "learner-0", role::learner)};
  EXPECT_TRUE(ask(l, words(commit, {})).get());
}

TEST_F(guarded, AHelloThatLiesAboutItsNameIsRefused) {
  client c{with(generator_keys, "generator-1", role::generator)};
  const auto got = ask(c, words(submit, {})).get();
  ASSERT_FALSE(got);
  EXPECT_EQ(got.failure->code(), errc::invalid);
  EXPECT_GT(s->read().unauthenticated, 0U);
}

TEST_F(guarded, AHelloThatLiesAboutItsRoleIsRefused) {
  client c{with(generator_keys, "generator-0", role::learner)};
  const auto got = ask(c, words(commit, {})).get();
  ASSERT_FALSE(got);
  EXPECT_EQ(got.failure->code(), errc::invalid);
  EXPECT_GT(s->read().wrong_role, 0U);
}

TEST_F(guarded, AKeyThatIsTakenOffTheListLosesItsStandingAtTheNextHello) {
  const std::string path = ::testing::TempDir() + "/allowed-" + std::to_string(::getpid());
  std::ofstream{path} << "generator generator-0 " << generator_keys.public_key << "\n";
  const auto list = allow_list::from_file(path);
  server_options options;
  options.keys = server_keys;
  options.allowed_keys = list;
  server changing{options, echo};
  zmq::context_t context;
  zmq::socket_t raw{context, zmq::socket_type::dealer};
  raw.set(zmq::sockopt::linger, 0);
  raw.set(zmq::sockopt::rcvtimeo, 20'000);
  raw.set(zmq::sockopt::curve_serverkey, server_keys.public_key);
  raw.set(zmq::sockopt::curve_publickey, generator_keys.public_key);
  raw.set(zmq::sockopt::curve_secretkey, generator_keys.secret_key);
  raw.connect(changing.endpoint());
  const auto answer_to = [&](purport what) {
    const envelope head{.what = what, .life = {1, 2}, .client = 1, .sequence = 1, .name = "generator-0"};
    EXPECT_EQ(send(raw, {}, encode(head), {}, nullptr), sending::done);
    zmq::message_t frame;
    EXPECT_TRUE(raw.recv(frame));
    return decode_envelope(frame.to_string_view()).what;
  };
  EXPECT_EQ(answer_to(purport::hello), purport::welcome);
  std::ofstream{path, std::ios::trunc} << "# nobody\n";
  list->reload();
  EXPECT_EQ(answer_to(purport::hello), purport::refuse);
  EXPECT_EQ(answer_to(purport::request), purport::greet);
  EXPECT_EQ(changing.read().requests, 0U);
  std::filesystem::remove(path);
}

template <class Make>
void is_refused(Make make, const std::string& why) {
  try {
    make();
    FAIL() << "must be refused: " << why;
  } catch (const error& e) {
    EXPECT_EQ(e.code(), errc::invalid);
    EXPECT_NE(std::string{e.what()}.find(why), std::string::npos) << e.what();
  }
}

TEST(Guard, WithoutCurveThereIsLoopbackOnly) {
  for (const char* endpoint : {"tcp://*:0", "tcp://0.0.0.0:0", "tcp://10.0.0.1:5555", "tcp://127.evil.example:1"}) {
    is_refused(
        [&] {
          server_options options;
          options.endpoint = endpoint;
          const server s{options, echo};
        },
        "can be reached from other hosts");
    is_refused([&] { const client c{to(endpoint)}; }, "is on another host");
  }
  EXPECT_TRUE(is_loopback("tcp://127.1.2.3:5"));
  EXPECT_TRUE(is_loopback("tcp://[::1]:5"));
  EXPECT_TRUE(is_loopback("tcp://localhost:5"));
}

TEST(Guard, KeysWithoutAllowListAreRefused) {
  is_refused(
      [] {
        server_options options;
        options.keys = make_key_pair();
        const server s{options, echo};
      },
      "allow-list");
}

} // namespace
} // namespace troupe::wire
