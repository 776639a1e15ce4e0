// SPDX-License-Identifier: Apache-2.0
#include "runtime/http/listener.hpp"
#include "tests/runtime/http/http_fixture.hpp"

#include <gmock/gmock.h>
#include <unistd.h>

namespace troupe::http {
namespace {

using std::chrono::milliseconds;
using testing::HasSubstr;

TEST_F(Http, ParametersTravelAsTheyAre) {
  server one{{}};
  one.route("GET", "/say", [](const request& asked) { return reply{200, asked.parameters.at("a b")}; });
  one.start();
  const auto target = query("/say", {{"a b", "1&2=3 %/ä"}, {"c", ""}});
  EXPECT_EQ(target, "/say?a%20b=1%262%3D3%20%25%2F%C3%A4&c=");
  EXPECT_EQ(client{{.url = one.url()}}.get(target).body, "1&2=3 %/ä");
}

TEST_F(Http, WrongUrlsAreRefused) {
  const auto why = [](const std::string& url) { return refusal([&] { client{{.url = url}}; }); };
  EXPECT_THAT(why("127.0.0.1:80").second, HasSubstr("write https://HOST:PORT"));
  EXPECT_THAT(why("http://127.0.0.1").second, HasSubstr("write https://HOST:PORT"));
  EXPECT_THAT(why("").second, HasSubstr("write https://HOST:PORT"));
  EXPECT_THAT(why("http://10.0.0.1:80").second, HasSubstr("is off loopback"));
  EXPECT_THAT(why("https://127.0.0.1:80").second, HasSubstr("--keys"));
}

TEST_F(Http, NobodyThereIsSaid) {
  serve({});
  const auto url = running->url();
  running.reset();
  const auto [code, words] = refusal([&] { client{{.url = url}}.get("/who"); });
  EXPECT_EQ(code, errc::unavailable);
  EXPECT_EQ(words, url + ": no connection: Connection refused");
}

TEST_F(Http, OneWhoNeverAnswersIsLeft) {
  wire::endpoint at{"127.0.0.1", 0};
  const int listener = listen_at(at); // takes connections, reads nothing
  const auto began = connection::clock::now();
  const auto [code, words] =
      refusal([&] { client{{.url = "http://" + at.text(), .answer_within = milliseconds{200}}}.get("/who"); });
  EXPECT_EQ(code, errc::unavailable);
  EXPECT_THAT(words, HasSubstr("no whole answer within 0.2 s"));
  const client secure{{.url = "https://" + at.text(), .keys = of("admin"), .connect_within = milliseconds{200}}};
  EXPECT_THAT(refusal([&] { secure.get("/who"); }).second, HasSubstr("no connection within 0.2 s"));
  EXPECT_LT(connection::clock::now() - began, std::chrono::seconds{10});
  ::close(listener);
}

TEST_F(Http, AnAnswerThatIsTooLongIsLeft) {
  serve({});
  const client small{{.url = running->url(), .answer_max = 1000}};
  EXPECT_EQ(small.get("/who").status, 200);
  EXPECT_EQ(refusal([&] { small.post("/echo", std::string(2000, 'x')); }).first, errc::unavailable);
}

} // namespace
} // namespace troupe::http
