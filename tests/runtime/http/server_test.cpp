// SPDX-License-Identifier: Apache-2.0
#include "tests/runtime/http/http_fixture.hpp"

#include <filesystem>
#include <gmock/gmock.h>
#include <thread>

namespace troupe::http {
namespace {

using std::chrono::milliseconds;
using testing::HasSubstr;

TEST_F(Http, TellsItsHandlersWhoAsks) {
  serve(of("buffer"));
  EXPECT_EQ(running->url(), "https://" + running->endpoint().text());
  EXPECT_EQ(asking_as("admin").get("/who").body, "admin admin_operate");
  EXPECT_EQ(asking_as("generator-0").get("/who").body, "generator-0 generator");
  EXPECT_EQ(asking_as("viewer").post("/echo", "{\"a\":1}").body, "{\"a\":1}");
}

TEST_F(Http, WithoutKeysOnLoopbackAnyoneIsAnOperator) {
  serve({});
  EXPECT_EQ(asking().get("/who").body, "local admin_operate");
}

TEST_F(Http, RefusesToListenOffLoopbackWithoutKeys) {
  const auto [code, words] = refusal([&] { serve({}, {.listen = {"0.0.0.0", 0}}); });
  EXPECT_EQ(code, errc::invalid);
  EXPECT_THAT(words, HasSubstr("0.0.0.0:0 is off loopback, and there are no keys"));
  serve(of("buffer"), {.listen = {"0.0.0.0", 0}});
  EXPECT_NE(running->endpoint().port, 0);
}

TEST_F(Http, SaysWhenItsPortIsTaken) {
  serve({});
  const auto first = std::move(running);
  EXPECT_EQ(refusal([&] { serve({}, {.listen = first->endpoint()}); }).first, errc::unavailable);
}

TEST_F(Http, AnotherAuthorityIsRefused) {
  serve(of("buffer"));
  const std::string other = path("other");
  keys::fill_key_folder(other, {});
  const client stranger{{.url = running->url(), .keys = keys::read_credentials(other, "admin")}};
  EXPECT_EQ(refusal([&] { stranger.get("/who"); }).first, errc::failed) << "the client sees the server's first";
  // The same with a client that takes any server: its own certificate must not do.
  auto mixed = keys::read_credentials(other, "admin");
  mixed.ca_certificate = of("buffer").ca_certificate;
  const auto [code, words] = refusal([&] { client{{.url = running->url(), .keys = mixed}}.get("/who"); });
  EXPECT_EQ(code, errc::failed);
  EXPECT_THAT(words, HasSubstr("is it a run of these keys?"));
}

TEST_F(Http, NoCertificateIsRefused) {
  serve(of("buffer"));
  const tls_settings bare{SSL_CTX_new(TLS_client_method())};
  const auto over = dialled();
  over->connect(*bare, "127.0.0.1"); // of TLS 1.3 the client's part ends before the server looks at it
  say(*over, "GET /who HTTP/1.1\r\nHost: h\r\n\r\n");
  EXPECT_EQ(all_of(*over), "");
  EXPECT_TRUE(over->refused_certificate()) << over->problem();
  EXPECT_EQ(asking_as("admin").get("/who").status, 200) << "and others are answered";
}

TEST_F(Http, PlainWordsAtATlsPortAreRefused) {
  serve(of("buffer"));
  const auto over = dialled();
  say(*over, "GET /who HTTP/1.1\r\nHost: h\r\n\r\n");
  EXPECT_THAT(all_of(*over), testing::Not(HasSubstr("HTTP/1.1 200")));
  EXPECT_EQ(asking_as("admin").get("/who").status, 200);
}

TEST_F(Http, AServerOfAnotherRoleIsRefused) {
  serve(of("generator-0"));
  const auto [code, words] = refusal([&] { asking_as("admin").get("/who"); });
  EXPECT_EQ(code, errc::failed);
  EXPECT_THAT(words, HasSubstr("is generator-0, a generator, not a buffer"));
}

TEST_F(Http, AServerOfAnotherHostIsRefused) {
  serve(of("buffer"), {.listen = {"127.0.0.2", 0}}); // keygen names 127.0.0.1, ::1 and localhost
  EXPECT_EQ(refusal([&] { asking_as("admin").get("/who"); }).first, errc::failed);
}

TEST_F(Http, UnknownPathsAndMethodsAreToldApart) {
  serve({});
  EXPECT_EQ(asking().get("/nowhere").status, 404);
  EXPECT_EQ(asking().post("/who", "{}").status, 405);
  EXPECT_EQ(asking().get("/echo").status, 405);
}

TEST_F(Http, WebPagesMayNotAsk) {
  const auto asked_with = [&](const std::string& headers) {
    const auto over = dialled();
    say(*over, "GET /who HTTP/1.1\r\n" + headers + "\r\n\r\n");
    return all_of(*over);
  };
  serve({});
  for (const auto* own : {"Host: 127.0.0.1:9", "Host: localhost", "Host: localhost:9", "Host: [::1]:9"}) {
    EXPECT_THAT(asked_with(own), HasSubstr("HTTP/1.1 200")) << own;
  }
  for (const auto* foreign :
       {"Host: evil.example:9", "Host: localhost.evil.example", "Accept: */*",
        "Host: 127.0.0.1:9\r\nOrigin: http://evil.example", "Host: 127.0.0.1:9\r\nOrigin: null"}) {
    EXPECT_THAT(asked_with(foreign), HasSubstr("HTTP/1.1 403")) << foreign;
    EXPECT_THAT(asked_with(foreign), HasSubstr("web pages may not ask here")) << foreign;
  }
}

TEST_F(Http, OversizedBodiesAreRefused) {
  serve({}, {.body_max = 1000});
  EXPECT_EQ(asking().post("/echo", std::string(1000, 'x')).body, std::string(1000, 'x'));
  const auto answer = asking().post("/echo", std::string(1001, 'x'));
  EXPECT_EQ(answer.status, 413);
  EXPECT_THAT(answer.body, HasSubstr("longer than what is accepted"));
}

TEST_F(Http, ABodyInPiecesIsBoundedToo) {
  serve({}, {.body_max = 1000});
  const auto over = dialled();
  say(*over, "POST /echo HTTP/1.1\r\nHost: 127.0.0.1\r\nTransfer-Encoding: chunked\r\n\r\n");
  const std::string piece = "1000\r\n" + std::string(0x1000, 'x') + "\r\n";
  for (int i = 0; i < 40 && over->problem().empty(); ++i) { // 160 KiB; what is read ends at 1000 B + 64 KiB
    say(*over, piece);
  }
  say(*over, "0\r\n\r\n");
  EXPECT_THAT(all_of(*over), testing::Not(HasSubstr(" 200 ")));
}

TEST_F(Http, ABodyIsNeverDecompressed) {
  serve({});
  const auto over = dialled();
  say(*over, "POST /echo HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Encoding: gzip\r\nContent-Length: 3\r\n\r\nabc");
  EXPECT_THAT(all_of(*over), testing::EndsWith("\r\n\r\nabc"));
}

TEST_F(Http, WhoAsksByteByByteIsHungUpOn) {
  serve({}, {.within = milliseconds{300}});
  const auto over = dialled();
  const auto began = connection::clock::now();
  std::thread slow{[&] {
    while (connection::clock::now() < began + std::chrono::seconds{20} && over->problem().empty()) {
      say(*over, "G");
      std::this_thread::sleep_for(milliseconds{20}); // it is what the test is about
    }
  }};
  slow.join();
  EXPECT_LT(connection::clock::now() - began, std::chrono::seconds{10});
}

TEST_F(Http, TheSlowestMakesRoomForTheNext) {
  serve({}, {.connections_max = 2, .within = std::chrono::seconds{20}});
  const auto first = dialled();
  const auto second = dialled();
  say(*first, "GET /wh");
  say(*second, "GET /wh");
  const auto began = connection::clock::now();
  EXPECT_EQ(asking().get("/who").status, 200);
  EXPECT_LT(connection::clock::now() - began, std::chrono::seconds{10});
  EXPECT_EQ(running->hung_up(), 1U);
  EXPECT_EQ(all_of(*first), "") << "who came first was asking longest";
  say(*second, "o HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n");
  EXPECT_THAT(all_of(*second), HasSubstr("local admin_operate"));
}

TEST_F(Http, WhatAHandlerThrowsIsTheReply) {
  server one{{}};
  one.route("GET", "/gone", [](const request&) -> reply { throw error{errc::not_found, "no member x"}; });
  one.start();
  const auto answer = client{{.url = one.url()}}.get("/gone");
  EXPECT_EQ(answer.status, 404);
  const auto told = error_in(answer, one.url());
  EXPECT_EQ(told.code(), errc::not_found);
  EXPECT_STREQ(told.what(), "no member x");
}

TEST_F(Http, StopsWhileSomebodyIsAsking) {
  serve({}, {.within = std::chrono::seconds{60}});
  const auto over = dialled();
  say(*over, "GET /wh");
  const auto began = connection::clock::now();
  running.reset();
  EXPECT_LT(connection::clock::now() - began, std::chrono::seconds{10});
}

} // namespace
} // namespace troupe::http
