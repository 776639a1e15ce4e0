// SPDX-License-Identifier: Apache-2.0
#include "runtime/wire/envelope.hpp"
#include "runtime/wire/frames.hpp"
#include "tests/runtime/wire/talk.hpp"

#include <arpa/inet.h>
#include <cstring>
#include <random>
#include <sys/socket.h>
#include <unistd.h>

namespace troupe::wire {
namespace {

/// A peer that says what it likes to a server of small limits, while an honest client wants to be answered.
class hostile : public ::testing::Test {
protected:
  hostile() {
    server_options options;
    options.bounds.frame_bytes_max = 10'000;
    options.bounds.message_bytes_max = 20'000;
    options.bounds.parts_max = 4;
    options.bounds.credit_bytes = 15'000;
    options.bounds.remembered_bytes = 2'000;
    options.bounds.peers_max = 3;
    s = std::make_unique<server>(options, held_or_echo());
    raw.set(zmq::sockopt::linger, 0);
    raw.set(zmq::sockopt::sndhwm, 0); // no bound
    raw.set(zmq::sockopt::rcvtimeo, 20'000);
    raw.connect(s->endpoint());
    honest = std::make_unique<client>(to(s->endpoint(), "honest"));
    EXPECT_TRUE(ask(*honest, words(1, {"before"})).get());
  }
  ~hostile() override {
    const auto got = ask(*honest, words(1, {"after"})).get();
    EXPECT_TRUE(got) << got.failure->what();
  }

  /// The hostile peer's requests of kind 9 wait; all else is echoed.
  handler held_or_echo() {
    return [this](const peer& from, message m, respond answer) {
      ++handled;
      m.kind == 9 ? keep(from, std::move(m), std::move(answer)) : echo(from, std::move(m), answer);
    };
  }

  void say(const std::string& head, const std::vector<part>& parts = {}) {
    ASSERT_EQ(send(raw, {}, head, parts, nullptr), sending::done);
  }
  void say_hello() {
    say(encode({.what = purport::hello, .life = life, .client = 1, .name = "raw"}));
    EXPECT_EQ(hear().what, purport::welcome);
  }
  static envelope request(std::uint64_t sequence, const std::vector<part>& parts, std::uint16_t kind = 1) {
    envelope head{.what = purport::request, .kind = kind, .life = life, .client = 1, .sequence = sequence};
    describe(head, parts);
    return head;
  }
  envelope hear() {
    zmq::message_t frame;
    EXPECT_TRUE(raw.recv(frame)) << "no answer";
    const auto head = frame.size() > 0 ? decode_envelope(frame.to_string_view()) : envelope{};
    while (frame.more()) {
      EXPECT_TRUE(raw.recv(frame));
    }
    return head;
  }
  bool counted(std::uint64_t counters::*which, std::uint64_t n = 1) {
    return eventually([&] { return s->read().*which == n; });
  }

  static constexpr incarnation life{7, 8};
  held_requests held;
  handler keep = held.keep();
  std::atomic<int> handled = 0;
  std::unique_ptr<server> s;
  zmq::context_t context;
  zmq::socket_t raw{context, zmq::socket_type::dealer};
  std::unique_ptr<client> honest;
};

TEST_F(hostile, RandomBytes) {
  std::mt19937_64 random{1};
  constexpr std::uint64_t messages = 500;
  for (std::uint64_t i = 0; i < messages; ++i) {
    std::string bytes(random() % 300, '\0');
    for (auto& b : bytes) {
      b = static_cast<char>(random());
    }
    say(bytes, {make_part(bytes)});
  }
  EXPECT_TRUE(counted(&counters::malformed, messages));
}

TEST_F(hostile, NoFrameButTheRoutingId) {
  say("");
  EXPECT_TRUE(counted(&counters::malformed));
}

TEST_F(hostile, FlippedBitsInAnEnvelope) {
  say_hello();
  const std::string good = encode(request(1, {}));
  std::mt19937_64 random{2};
  for (int i = 0; i < 2000; ++i) {
    std::string bad = good;
    const auto bit = random() % (bad.size() * 8);
    bad[bit / 8] = static_cast<char>(static_cast<unsigned char>(bad[bit / 8]) ^ (1U << (bit % 8)));
    say(bad);
  }
  EXPECT_TRUE(eventually([&] { return s->read().malformed > 100; }));
}

TEST_F(hostile, APartThatIsTooLarge) {
  say_hello();
  const std::vector<part> parts{make_part(std::string(10'001, 'x'))};
  say(encode(request(1, parts)), parts);
  EXPECT_EQ(hear().code, static_cast<std::uint8_t>(errc::invalid));
  EXPECT_EQ(s->read().too_large, 1U);
}

TEST_F(hostile, PartsThatAreTooLargeTogether) {
  say_hello();
  const auto nine = make_part(std::string(9'000, 'x'));
  const std::vector<part> parts{nine, nine, nine};
  say(encode(request(1, parts)), parts);
  EXPECT_EQ(hear().what, purport::refuse);
  EXPECT_EQ(s->read().too_large, 1U);
}

TEST_F(hostile, AFrameBeyondWhatZeroMqTakesEndsTheConnection) {
  say(std::string(1 << 20, 'x'));
  EXPECT_TRUE(ask(*honest, {}).get());
  EXPECT_EQ(s->read().malformed, 0U); // it never came through
}

TEST_F(hostile, AnEnvelopeThatIsTooLong) {
  say(std::string(envelope_bytes_max + 8, '\0'));
  EXPECT_TRUE(counted(&counters::malformed));
}

TEST_F(hostile, TooManyParts) {
  say_hello();
  const std::vector<part> parts(5, make_part("x"));
  say(encode(request(1, parts)), parts);
  EXPECT_EQ(hear().what, purport::refuse);
  EXPECT_EQ(s->read().too_many_parts, 1U);
}

TEST_F(hostile, AnotherMagic) {
  std::string bytes = encode(request(1, {}));
  bytes[16] = 'x'; // after the segment table and the root pointer
  say(bytes);
  EXPECT_TRUE(counted(&counters::malformed));
}

TEST_F(hostile, AnOldVersion) {
  auto head = request(5, {});
  head.version = 0;
  say(encode(head));
  const auto answer = hear();
  EXPECT_EQ(answer.what, purport::refuse);
  EXPECT_EQ(answer.sequence, 5U);
  EXPECT_NE(answer.text.find("speaks protocol 1"), std::string::npos) << answer.text;
  EXPECT_EQ(s->read().old_version, 1U);
}

TEST_F(hostile, SizesThatLie) {
  say_hello();
  const std::vector<part> parts{make_part("four")};
  auto head = request(1, parts);
  head.part_sizes = {1'000'000'000'000};
  say(encode(head), parts);
  head.part_sizes = {4, 4};
  say(encode(head), parts);
  head.part_sizes = {};
  say(encode(head), parts);
  EXPECT_TRUE(counted(&counters::malformed, 3));
}

TEST_F(hostile, SegmentCountBombs) {
  const std::string good = encode(request(1, {}));
  for (const std::uint32_t count : {0xffffffffU, 0x7fffffffU, 16U, 1U}) { // the word is the count minus 1
    std::string bad = good;
    std::memcpy(bad.data(), &count, sizeof count);
    say(bad);
  }
  EXPECT_TRUE(counted(&counters::malformed, 4));
}

TEST_F(hostile, BytesAfterTheEnvelope) {
  say(encode(request(1, {})) + std::string(8, '\0'));
  EXPECT_TRUE(counted(&counters::malformed));
}

TEST_F(hostile, AWrongChecksumIsNotAnswered) {
  say_hello();
  const std::vector<part> parts{make_part("damaged")};
  auto head = request(1, parts);
  head.checksum ^= 1;
  const int before = handled;
  say(encode(head), parts);
  EXPECT_TRUE(counted(&counters::bad_checksum));
  say(encode(request(1, parts)), parts); // the same again, whole
  EXPECT_EQ(hear().what, purport::reply);
  EXPECT_EQ(handled, before + 1);
}

TEST_F(hostile, ARepeatedSequenceIsAnsweredAgainButHandledOnce) {
  say_hello();
  const std::vector<part> parts{make_part("x")};
  const int before = handled;
  for (int i = 0; i < 5; ++i) {
    say(encode(request(1, parts)), parts);
    const auto reply = hear();
    EXPECT_EQ(reply.what, purport::reply);
    EXPECT_EQ(reply.sequence, 1U);
  }
  EXPECT_EQ(handled, before + 1);
  EXPECT_EQ(s->read().retransmitted, 4U);
}

TEST_F(hostile, ASequenceThatIsNoLongerRememberedIsRefused) {
  say_hello();
  const std::vector<part> parts{make_part(std::string(1'500, 'x'))}; // of 2000 bytes remembered
  for (std::uint64_t sequence = 1; sequence <= 3; ++sequence) {
    say(encode(request(sequence, parts)), parts);
    EXPECT_EQ(hear().what, purport::reply);
  }
  const int before = handled;
  say(encode(request(1, parts)), parts);
  EXPECT_EQ(hear().what, purport::refuse);
  EXPECT_EQ(s->read().replayed, 1U);
  EXPECT_EQ(handled, before);
}

TEST_F(hostile, BeyondItsCredit) {
  say_hello();
  const std::vector<part> parts{make_part(std::string(9'000, 'x'))}; // of 15000
  say(encode(request(1, parts, 9)), parts);
  say(encode(request(2, parts, 9)), parts);
  const auto answer = hear();
  EXPECT_EQ(answer.what, purport::refuse);
  EXPECT_EQ(answer.sequence, 2U);
  EXPECT_EQ(s->read().over_credit, 1U);
  held.answer_all(); // the first gives its credit back
  EXPECT_EQ(hear().sequence, 1U);
  say(encode(request(3, parts)), parts);
  EXPECT_EQ(hear().what, purport::reply);
}

TEST_F(hostile, CancellingDoesNotMakeRoomWithoutEnd) {
  say_hello();
  const std::vector<part> parts{make_part(std::string(9'000, 'x'))};
  for (std::uint64_t sequence = 1; sequence <= 4; ++sequence) { // three are within twice the credit of 15000
    say(encode(request(sequence, parts, 9)), parts);
    say(encode({.what = purport::cancel, .life = life, .client = 1, .sequence = sequence}));
  }
  EXPECT_EQ(hear().what, purport::refuse);
  EXPECT_EQ(held.bytes(), 27'000U);
}

TEST_F(hostile, ARequestWithoutHelloIsGreeted) {
  say(encode(request(1, {})));
  EXPECT_EQ(hear().what, purport::greet);
}

TEST_F(hostile, AServersWordsFromAClient) {
  say_hello();
  for (const auto what : {purport::welcome, purport::reply, purport::refuse, purport::greet}) {
    say(encode({.what = what, .life = life, .client = 1, .sequence = 1}));
  }
  EXPECT_TRUE(counted(&counters::malformed, 4));
}

TEST_F(hostile, AnotherOnesIncarnation) {
  say_hello();
  zmq::socket_t thief{context, zmq::socket_type::dealer};
  thief.set(zmq::sockopt::linger, 0);
  thief.connect(s->endpoint());
  ASSERT_EQ(send(thief, {}, encode({.what = purport::hello, .life = life, .client = 1, .name = "thief"}), {}, nullptr),
            sending::done);
  EXPECT_TRUE(counted(&counters::unauthenticated));
}

TEST_F(hostile, TooManyPeers) {
  std::vector<std::unique_ptr<client>> crowd; // the honest one is the first of three
  for (int i = 0; i < 3; ++i) {
    crowd.push_back(std::make_unique<client>(to(s->endpoint(), "crowd-" + std::to_string(i))));
  }
  EXPECT_TRUE(eventually([&] { return s->read().too_many_peers > 0; }));
}

/// Connections below ZeroMQ's own protocol.
int dial(const std::string& endpoint) {
  const int socket = ::socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(std::stoi(endpoint.substr(endpoint.rfind(':') + 1))));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  EXPECT_EQ(::connect(socket, reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
  return socket;
}

TEST_F(hostile, ConnectionsThatSayNothingOrGarbage) {
  ASSERT_TRUE(eventually([&] { return s->read().handshakes == 2; })); // of `raw` and `honest`
  const auto before = s->read().connections;
  std::vector<int> sockets;
  std::mt19937_64 random{3};
  for (int i = 0; i < 20; ++i) {
    sockets.push_back(dial(s->endpoint()));
    std::string garbage(i % 2 == 0 ? 0 : 1 + random() % 100, '\0');
    for (auto& b : garbage) {
      b = static_cast<char>(random());
    }
    static_cast<void>(::send(sockets.back(), garbage.data(), garbage.size(), MSG_NOSIGNAL));
  }
  for (int i = 0; i < 50; ++i) {
    EXPECT_TRUE(ask(*honest, words(1, {"between"})).get());
  }
  EXPECT_TRUE(eventually([&] { return s->read().connections >= before + 20; }));
  EXPECT_LT(s->read().handshakes, s->read().connections - 9) << "those that say nothing have made none";
  for (const int socket : sockets) {
    ::close(socket);
  }
}

} // namespace
} // namespace troupe::wire
