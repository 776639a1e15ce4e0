// SPDX-License-Identifier: Apache-2.0
#include "runtime/wire/endpoint.hpp"

#include <gtest/gtest.h>

namespace troupe::wire {
namespace {

TEST(Endpoint, IsReadAsItIsWritten) {
  for (const char* text : {"127.0.0.1:7400", "[::1]:1", "buffer.troupe.svc:65535", "0.0.0.0:0", "generator-0:9"}) {
    const auto read = parse_endpoint(text);
    ASSERT_TRUE(read) << text;
    EXPECT_EQ(read->text(), text);
  }
  EXPECT_EQ(endpoint{}.text(), "");
}

TEST(Endpoint, RefusesWhatIsNone) {
  for (const char* text : {"", "7400", ":7400", "127.0.0.1", "127.0.0.1:", "127.0.0.1:65536", "127.0.0.1:-1",
                           "host:80x", "::1:80", "[127.0.0.1]:80", "[host]:80", "10.0.0:80", "256.0.0.1:80", "a_b:80",
                           "a b:80", "*:80", "tcp://a:80", "a.:80"}) {
    EXPECT_FALSE(parse_endpoint(text)) << text;
  }
}

TEST(Endpoint, KnowsWhoCanReachIt) {
  for (const char* host : {"127.0.0.1", "127.8.9.1", "::1", "0:0:0:0:0:0:0:1", "localhost"}) {
    EXPECT_TRUE((endpoint{host, 1}.is_loopback())) << host;
  }
  for (const char* host :
       {"128.0.0.1", "0.0.0.0", "::", "::2", "127.example", "localhost.example", "::ffff:10.0.0.1"}) {
    EXPECT_FALSE((endpoint{host, 1}.is_loopback())) << host;
  }
  EXPECT_TRUE((endpoint{"0.0.0.0", 1}.is_any()));
  EXPECT_TRUE((endpoint{"::", 1}.is_any()));
  EXPECT_FALSE((endpoint{"127.0.0.1", 1}.is_any()));
}

} // namespace
} // namespace troupe::wire
