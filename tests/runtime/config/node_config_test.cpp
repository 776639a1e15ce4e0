// SPDX-License-Identifier: Apache-2.0
#include "runtime/config/node_config.hpp"
#include "runtime/config/node_schema.hpp"
#include "runtime/data/durable_file.hpp"
#include "runtime/error.hpp"

#include <cstdlib>
#include <filesystem>
#include <gtest/gtest.h>
#include <unistd.h>

namespace troupe::config {
namespace {

class NodeConfig : public testing::Test {
protected:
  void TearDown() override { std::filesystem::remove(path_); }

  node_config load(const std::string& yaml, const std::string& role = "") {
    data::write_file_durably(path_, yaml);
    auto config = load_node_config(path_, [this](const std::string& name) {
      const auto found = variables.find(name);
      return found == variables.end() ? std::nullopt : std::optional{found->second};
    });
    check_node_config(config, role.empty() ? std::nullopt : std::optional{parse_node_role(role)});
    return config;
  }

  /// The message, the file's name shortened; "accepted" when there is none.
  std::string refusal(const std::string& yaml, const std::string& role = "") {
    try {
      load(yaml, role);
    } catch (const error& refused) {
      EXPECT_EQ(refused.code(), errc::invalid);
      return shortened(refused.what());
    }
    return "accepted";
  }

  std::string shortened(std::string text) const {
    for (auto at = text.find(path_); at != std::string::npos; at = text.find(path_)) {
      text.replace(at, path_.size(), "n.yaml");
    }
    return text;
  }

  std::map<std::string, std::string> variables;

private:
  std::string path_ =
      (std::filesystem::temp_directory_path() / ("troupe-node-" + std::to_string(::getpid()) + ".yaml")).string();
};

TEST_F(NodeConfig, AnEmptyFileIsAllDefaults) {
  for (const char* yaml : {"", "# nothing\n", "{}", "control:\n"}) {
    const auto config = load(yaml);
    EXPECT_EQ(config.control_listen.text(), "127.0.0.1:7400");
    EXPECT_EQ(config.buffer_address.text(), "127.0.0.1:7401");
    EXPECT_EQ(config.heartbeat_s, 1);
    EXPECT_EQ(config.origin_of("buffer.address"), "default");
    EXPECT_EQ(to_yaml(config, {}), "{}\n");
  }
}

TEST_F(NodeConfig, AVariableGoesBeforeTheFile) {
  const std::string yaml = "name: g\ncontrol:\n  listen: 127.0.0.1:1\n  address: 127.0.0.1:2\n";
  variables = {{"TROUPE_CONTROL_LISTEN", "127.0.0.1:3"}, {"TROUPE_DRAIN_S", "7"}, {"TROUPE_HTTP_LISTEN", ""}};
  const auto config = load(yaml);
  EXPECT_EQ(config.control_listen.port, 3);
  EXPECT_EQ(config.control_address.port, 2);
  EXPECT_EQ(config.drain_s, 7);
  EXPECT_FALSE(config.http_listen.given());
  EXPECT_EQ(shortened(to_yaml(config, {.origin = true})),
            "name: g # n.yaml:1\n"
            "control:\n"
            "  listen: \"127.0.0.1:3\" # environment TROUPE_CONTROL_LISTEN\n"
            "  address: \"127.0.0.1:2\" # n.yaml:4\n"
            "http:\n"
            "  listen: \"\" # environment TROUPE_HTTP_LISTEN\n"
            "drain_s: 7 # environment TROUPE_DRAIN_S\n");
}

TEST_F(NodeConfig, AWrongVariableIsNamed) {
  variables = {{"TROUPE_HEARTBEAT_S", "soon"}};
  EXPECT_EQ(refusal("heartbeat_s: 1\n"), "environment TROUPE_HEARTBEAT_S: heartbeat_s: is soon; it must be a number");
  variables = {{"TROUPE_BUFFER_ADDRESS", "127.0.0.1:7401"}};
  EXPECT_EQ(refusal(""), "environment TROUPE_BUFFER_ADDRESS: buffer.address: is \"127.0.0.1:7401\"; write "
                         "tcp://HOST:PORT");
  variables = {{"TROUPE_CONTROL_ADDRESS", "10.0.0.5:7400"}};
  EXPECT_TRUE(refusal("").starts_with("environment TROUPE_CONTROL_ADDRESS: control.address: is 10.0.0.5:7400, off "))
      << refusal("");
}

TEST_F(NodeConfig, ShownResolvedItReadsBackTheSame) {
  const auto all = to_yaml(load("run: runs/a\nkeys: k\nbuffer: {listen: \"tcp://[::]:0\"}\nhttp: {listen: \"\"}\n"),
                           {.resolved = true, .origin = true});
  for (const auto& one : node_keys()) {
    const auto [section, name] = parts_of(one.row.name);
    EXPECT_NE(all.find(name + ": "), std::string::npos) << one.row.name;
  }
  EXPECT_NE(all.find("  address: tcp://127.0.0.1:7401 # default\n"), std::string::npos) << all;
  EXPECT_NE(all.find("recipe: runs/a/recipe.yaml # default\n"), std::string::npos) << all;
  const auto again = load(all);
  EXPECT_EQ(to_yaml(again, {.resolved = true}), to_yaml(load(to_yaml(again, {.resolved = true})), {.resolved = true}));
  EXPECT_EQ(again.recipe, "runs/a/recipe.yaml");
  EXPECT_FALSE(again.http_listen.given());
  EXPECT_EQ(again.buffer_listen.text(), "[::]:0");
}

TEST_F(NodeConfig, UnknownKeysAreRefusedWithTheNearest) {
  EXPECT_EQ(refusal("name: g\nheart_beat_s: 2\n"), "n.yaml:2: heart_beat_s: no such key; did you mean heartbeat_s?");
  EXPECT_EQ(refusal("control:\n  lisen: 127.0.0.1:1\n"), "n.yaml:2: control.lisen: no such key; did you mean listen?");
  EXPECT_EQ(refusal("contrl:\n  listen: 127.0.0.1:1\n"), "n.yaml:1: contrl: no such key; did you mean control?");
  EXPECT_EQ(refusal("control_listen: 127.0.0.1:1\n"),
            "n.yaml:1: control_listen: no such key; did you mean control.listen?");
  EXPECT_EQ(refusal("control.listen: 127.0.0.1:1\n"),
            "n.yaml:1: control.listen: is two words in YAML; write control: {listen: ...}");
  EXPECT_EQ(refusal("log_level: debug\n"), "n.yaml:1: log_level: no such key; docs/node.md lists them all");
  EXPECT_EQ(refusal("control: 127.0.0.1:1\n"), "n.yaml:1: control: must be a map; docs/node.md lists its keys");
  EXPECT_EQ(refusal("- name\n"), "n.yaml: holds no configuration; write keys and values, docs/node.md lists them all");
}

TEST_F(NodeConfig, AddressesAreChecked) {
  EXPECT_EQ(refusal("control: {listen: localhost}\n"),
            "n.yaml:1: control.listen: is localhost; write ADDRESS:PORT with a port up to 65535, an IPv6 address in "
            "brackets");
  EXPECT_EQ(
      refusal("buffer: {listen: tcp://localhost:7401}\n"),
      "n.yaml:1: buffer.listen: is tcp://localhost:7401; one listens at an address in numbers: 127.0.0.1 for this "
      "machine alone, 0.0.0.0 for all networks");
  EXPECT_EQ(refusal("keys: k\nbuffer: {address: tcp://0.0.0.0:7401}\n"),
            "n.yaml:2: buffer.address: is tcp://0.0.0.0:7401; nobody can be dialled at 0.0.0.0: name the machine that "
            "listens");
  EXPECT_EQ(refusal("weights: {address: tcp://localhost:0}\n"),
            "n.yaml:1: weights.address: is tcp://localhost:0; port 0 cannot be dialled: name the port the other side "
            "listens at");
  EXPECT_EQ(refusal("control: {listen: tcp://127.0.0.1:7400}\n"),
            "n.yaml:1: control.listen: is tcp://127.0.0.1:7400; write ADDRESS:PORT");
  EXPECT_EQ(refusal("control: {listen: \"\"}\n"),
            "n.yaml:1: control.listen: is \"\"; write ADDRESS:PORT with a port up "
            "to 65535, an IPv6 address in brackets");
}

TEST_F(NodeConfig, NothingIsOffLoopbackWithoutKeys) {
  for (const char* yaml : {"control: {listen: \"0.0.0.0:7400\"}", "control: {address: \"controller:7400\"}",
                           "buffer: {listen: tcp://10.0.0.5:7401}", "buffer: {address: tcp://buffer:7401}",
                           "weights: {listen: \"tcp://[::]:1\"}", "weights: {address: tcp://learner-0:7402}",
                           "http: {listen: \"0.0.0.0:0\"}"}) {
    EXPECT_NE(
        refusal(yaml).find("off loopback, and there are no keys: anybody could join; make some with `troupe keygen"),
        std::string::npos)
        << yaml << ": " << refusal(yaml);
    EXPECT_EQ(refusal("keys: folder\n" + std::string(yaml)), "accepted");
  }
  // A generator neither listens for members nor dials as a controller does: what others do is not its concern.
  EXPECT_EQ(refusal("name: g\nrecipe: r1-tiny\ncontrol: {listen: \"0.0.0.0:7400\"}", "generator"), "accepted");
  EXPECT_NE(refusal("name: g\nrecipe: r1-tiny\ncontrol: {address: \"c:7400\"}", "generator"), "accepted");
}

TEST_F(NodeConfig, TheRanksOfALearnerAreNamedInTheirOrder) {
  for (const char* members : {"[a=tcp://127.0.0.1:1, b=tcp://127.0.0.1:2]", "a=tcp://127.0.0.1:1, b=tcp://127.0.0.1:2",
                              "\"a=tcp://127.0.0.1:1 b=tcp://127.0.0.1:2\""}) {
    const auto config = load(std::string{"ranks:\n  members: "} + members);
    ASSERT_EQ(config.ranks_members.size(), 2U) << members;
    EXPECT_EQ(config.rank_of("a"), 1U);
    EXPECT_EQ(config.rank_of("b"), 2U);
    EXPECT_EQ(config.rank_of("learner-0"), 0U);
    EXPECT_EQ(config.ranks_members[1].address.text(), "127.0.0.1:2");
    EXPECT_EQ(to_yaml(config, {}), "ranks:\n  members: \"a=tcp://127.0.0.1:1, b=tcp://127.0.0.1:2\"\n");
  }
  EXPECT_TRUE(load("ranks: {members: \"\"}").ranks_members.empty());
  EXPECT_EQ(refusal("ranks: {members: \"127.0.0.1:1\"}"),
            "n.yaml:1: ranks.members: is \"127.0.0.1:1\"; write NAME=tcp://HOST:PORT");
  EXPECT_EQ(refusal("ranks: {members: \"a=127.0.0.1:1\"}"),
            "n.yaml:1: ranks.members: is \"127.0.0.1:1\"; write tcp://HOST:PORT");
  EXPECT_EQ(refusal("ranks: {members: [a=tcp://h:1, a=tcp://h:2]}"),
            "n.yaml:1: ranks.members: names a twice; a process is one rank");
  EXPECT_EQ(refusal("ranks: {host: 0.0.0.0}"),
            "n.yaml:1: ranks.host: is \"0.0.0.0\"; write the name or address of this machine");
}

TEST_F(NodeConfig, RanksOnOtherMachinesNeedKeysAndAHostThatIsReached) {
  const std::string far = "name: a\nrun: r\nrecipe: r1-tiny\nranks:\n  members: a=tcp://10.0.0.6:1\n";
  EXPECT_NE(refusal(far, "learner").find("has 10.0.0.6:1, off loopback, and there are no keys"), std::string::npos);
  EXPECT_NE(refusal("keys: k\n" + far, "learner")
                .find("ranks.host: is 127.0.0.1, where a at 10.0.0.6:1 would not find this process; write the address"),
            std::string::npos)
      << refusal("keys: k\n" + far, "learner");
  EXPECT_EQ(refusal("keys: k\n" + far + "  host: 10.0.0.5\n", "learner"), "accepted");
  EXPECT_EQ(refusal("keys: k\n" + far, "controller"), "accepted");
  EXPECT_EQ(refusal(far, "buffer"), "accepted"); // dials none
}

TEST_F(NodeConfig, ARoleNeedsItsOwn) {
  EXPECT_EQ(refusal("recipe: r1-tiny\n", "generator"),
            "n.yaml: name: has no value; say which generator this is, here or as TROUPE_NAME");
  EXPECT_EQ(refusal("name: g\n", "generator"),
            "n.yaml: recipe: has no value; name a recipe or its file, here or as TROUPE_RECIPE");
  EXPECT_EQ(refusal("name: l\nrecipe: r1-tiny\n", "learner"),
            "n.yaml: run: has no value; name the run's folder, here or as TROUPE_RUN");
  EXPECT_EQ(refusal("name: l\nrun: runs/a\n", "learner"), "accepted");
  EXPECT_EQ(refusal("name: l\nrun: runs/a\n", "lerner"), "no process has the role lerner; did you mean learner?");
  EXPECT_EQ(refusal("name: ../l\n"),
            "n.yaml:1: name: is \"../l\"; a name is 1 to 128 letters, digits, . - _ and begins with no dot");
}

TEST_F(NodeConfig, AMemberMayMissAHeartbeat) {
  EXPECT_EQ(refusal("heartbeat_s: 2.5\n"), "accepted"); // 2 * 2.5 <= 5
  EXPECT_TRUE(refusal("heartbeat_s: 2.6\n").starts_with("n.yaml:1: heartbeat_s: makes member_timeout_s shorter"));
  EXPECT_TRUE(refusal("member_timeout_s: 1\n").starts_with("n.yaml:1: member_timeout_s: makes"));
  EXPECT_EQ(refusal("heartbeat_s: 0\n"), "n.yaml:1: heartbeat_s: is 0; it must be 0.05 to 86400");
}

TEST(NodeReference, IsWhatTheDocumentationHolds) {
  if (std::getenv("TROUPE_WRITE_DOCS") != nullptr) {
    data::write_file_durably(TROUPE_NODE_REFERENCE, node_reference());
  }
  EXPECT_EQ(data::read_file(TROUPE_NODE_REFERENCE), node_reference())
      << "docs/node.md is older than the table of keys; with TROUPE_WRITE_DOCS=1 this test writes it";
}

} // namespace
} // namespace troupe::config
