// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "actors/generator.hpp"
#include "actors/member_link.hpp"
#include "runtime/config/node_config.hpp"
#include "runtime/config/recipe.hpp"
#include "runtime/error.hpp"
#include "runtime/http/server.hpp"
#include "runtime/metrics/health.hpp"
#include "runtime/metrics/registry.hpp"
#include "runtime/wire/client.hpp"
#include "runtime/wire/server.hpp"

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

/// What the processes of a distributed run share: `troupe node ROLE`.
namespace troupe::program {

/// One process of a distributed run. Its constructor takes the signals SIGTERM and SIGINT for `wait`, so make it before
/// any thread.
class node {
public:
  /// Throws what the configuration, the keys or the recipe have wrong.
  node(wire::role as, const std::string& config_file);

  wire::role as() const { return as_; }
  const config::node_config& config() const { return config_; }
  const config::recipe& recipe() const { return recipe_; }
  const std::string& recipe_hash() const { return recipe_hash_; }
  const actors::worker_name& who() const { return who_; }

  /// For a server of this process at `listen`; `allowed` says which role may ask what.
  wire::server_options serving(const wire::endpoint& listen,
                               std::function<bool(wire::role, std::uint16_t)> allowed) const;
  /// A client of the process that is called `name` in the folder of keys.
  std::shared_ptr<wire::client> dial(const wire::endpoint& address, const std::string& name) const;
  std::shared_ptr<wire::client> dial_controller() const { return dial(config_.control_address, "controller"); }
  std::shared_ptr<wire::client> dial_buffer() const { return dial(config_.buffer_address, "buffer"); }

  metrics::registry& figures() { return figures_; }
  metrics::health& health() { return health_; }
  /// Health and metrics at `http.listen`: plain on loopback, where nobody else can listen in, else with TLS. Null where
  /// the configuration has no port. What `figures` is to show has to be told before.
  std::unique_ptr<http::server> open_page();
  /// At `admin.listen`, with TLS where there are keys. Null where the configuration has no port.
  std::unique_ptr<http::server> open_admin(const std::function<void(http::server&)>& add_routes);

  /// Joins the controller, and goes on saying how this process is. What it is told ends `wait`.
  std::unique_ptr<actors::member_link> join(std::function<cluster::sign_of_life()> tell, const std::string& http,
                                            const std::string& admin = {});

  enum class end : std::uint8_t {
    stopped, ///< by a signal, or told to drain
    over,    ///< the run is over
    failed,
  };
  /// Until a signal, an order or a failure.
  end wait();
  /// Takes a signal, waiting 200 ms for one, and reads the allow-list again where it has changed. For a main thread
  /// that has more to do than `wait`.
  void attend();
  /// Whether a signal came.
  bool stopping() const { return stopping_; }
  /// `drain_s` after the signal.
  std::chrono::steady_clock::time_point stop_by() const { return stop_by_; }
  /// Whether `wait` would return at once.
  bool ended() const;
  const std::atomic<bool>& stop_flag() const { return stopping_; }
  /// Leaves the run, saying why `wait` has ended. Returns the exit status of this process.
  int leave(actors::member_link& link, end how) const;
  /// Ends `wait`. Safe from any thread.
  void fail(const error& why);
  actors::failure_sink failure_sink();

private:
  /// Why `wait` ended, in words.
  std::string reason() const;
  void obey(const cluster::instruction& told);
  void refresh_keys();

  wire::role as_;
  metrics::registry figures_;
  metrics::health health_;
  config::node_config config_;
  config::recipe recipe_;
  std::string recipe_hash_;
  actors::worker_name who_;
  std::optional<wire::key_pair> keys_;
  std::shared_ptr<wire::allow_list> allowed_;
  std::int64_t allowed_changed_ = 0;
  std::atomic<bool> stopping_{false};
  std::chrono::steady_clock::time_point stop_by_; ///< of the main thread
  mutable std::mutex mutex_;
  std::optional<end> ended_;
  std::string reason_;
  errc problem_ = errc::failed; ///< where it has failed
};

std::string host_name(); ///< of this machine
std::chrono::milliseconds milliseconds_of(double seconds);

/// The same, and how long the role that `asked` asks owes an answer, where that is longer than it says already.
cluster::sign_of_life with_unanswered(cluster::sign_of_life said, const std::string& role, const wire::client& asked);

int run_controller_node(node& here);
int run_buffer_node(node& here);
int run_learner_node(node& here);
int run_generator_node(node& here);
int run_verifier_node(node& here);

} // namespace troupe::program
