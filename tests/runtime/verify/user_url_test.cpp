// SPDX-License-Identifier: Apache-2.0
#define CPPHTTPLIB_OPENSSL_SUPPORT
#include "runtime/error.hpp"
#include "runtime/verify/user_url.hpp"

#include <gtest/gtest.h>
#include <httplib.h>
#include <thread>

namespace troupe::verify {
namespace {

/// A server on a free loopback port that answers every POST with `body` and `status`.
class loopback {
public:
  loopback(std::string body, int status) {
    server_.Post("/judge", [this, body, status](const httplib::Request& asked, httplib::Response& reply) {
      asked_ = asked.body;
      reply.status = status;
      reply.set_content(body, "application/x-ndjson");
    });
    port_ = server_.bind_to_any_port("127.0.0.1");
    thread_ = std::thread([this] { server_.listen_after_bind(); });
    while (!server_.is_running()) {
      std::this_thread::yield();
    }
  }
  ~loopback() {
    server_.stop();
    thread_.join();
  }
  std::string url() const { return "http://127.0.0.1:" + std::to_string(port_) + "/judge"; }
  std::string asked_;

private:
  httplib::Server server_;
  int port_ = 0;
  std::thread thread_;
};

std::vector<finding> ask(const std::string& url, double timeout_s = 5) {
  prompt p;
  p.text = "1+1=";
  p.answer = "2";
  user_url judge({url, timeout_s});
  return judge.judge_all(std::vector<question>{{&p, "2", "a"}, {&p, "3", "b"}});
}

TEST(UserUrl, PostsLinesAndReadsLines) {
  loopback server("{\"id\":\"a\",\"verdict\":\"correct\"}\n{\"id\":\"b\",\"verdict\":\"incorrect\"}\n", 200);
  const auto found = ask(server.url());
  ASSERT_EQ(found.size(), 2u);
  EXPECT_EQ(found[0].verdict, verdict_kind::correct);
  EXPECT_EQ(found[1].verdict, verdict_kind::incorrect);
  EXPECT_EQ(server.asked_, "{\"answer\":\"2\",\"completion\":\"2\",\"id\":\"a\",\"prompt\":\"1+1=\"}\n"
                           "{\"answer\":\"2\",\"completion\":\"3\",\"id\":\"b\",\"prompt\":\"1+1=\"}\n");
}

TEST(UserUrl, AFailureIsUndecided) {
  loopback broken("", 500);
  EXPECT_EQ(ask(broken.url())[1].reason, broken.url() + ": answered with HTTP status 500");
  loopback curt("{\"verdict\":\"correct\"}\n", 200);
  const auto found = ask(curt.url());
  EXPECT_EQ(found[0].verdict, verdict_kind::correct);
  EXPECT_EQ(found[1].verdict, verdict_kind::undecided);
  EXPECT_EQ(ask("http://127.0.0.1:1/judge")[0].verdict, verdict_kind::undecided);
}

TEST(UserUrl, SilenceIsUndecidedAtItsDeadline) {
  const int silent = ::socket(AF_INET, SOCK_STREAM, 0); // takes connections, never says a word
  sockaddr_in where{};
  where.sin_family = AF_INET;
  where.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof where;
  ASSERT_EQ(::bind(silent, reinterpret_cast<sockaddr*>(&where), size), 0);
  ASSERT_EQ(::listen(silent, 4), 0);
  ASSERT_EQ(::getsockname(silent, reinterpret_cast<sockaddr*>(&where), &size), 0);
  const auto url = "http://127.0.0.1:" + std::to_string(ntohs(where.sin_port)) + "/judge";
  const auto found = ask(url, 0.1);
  ::close(silent);
  ASSERT_EQ(found.size(), 2u);
  EXPECT_EQ(found[1].verdict, verdict_kind::undecided);
  EXPECT_EQ(found[1].reason, "timeout: " + url + ": no complete reply; it may be silent for 0.1 s, and take as long " +
                                 "for each of the 2 completions");
}

TEST(UserUrl, RefusesWhatIsNoUrl) {
  EXPECT_THROW(user_url({"ftp://x/", 1}), error);
  EXPECT_THROW(user_url({"http:///x", 1}), error);
}

} // namespace
} // namespace troupe::verify
