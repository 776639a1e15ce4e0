// SPDX-License-Identifier: Apache-2.0
#include "runtime/http/server.hpp"

#include "runtime/check.hpp"
#include "runtime/http/listener.hpp"
#include "runtime/http/parser.hpp"

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <condition_variable>
#include <cstring>
#include <list>
#include <mutex>
#include <poll.h>
#include <set>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <system_error>
#include <thread>
#include <unistd.h>

namespace troupe::http {

namespace {

constexpr std::size_t headers_max = std::size_t{64} << 10; ///< bytes, with the request line
constexpr auto farewell = std::chrono::milliseconds{500};  ///< for the other side to hang up
constexpr auto out_of_descriptors = std::chrono::milliseconds{200};

/// httplib's Server without its sockets: it parses, routes and writes.
class request_parser final : public httplib::Server {
public:
  bool converse(parsed_stream& over, const std::function<void(httplib::Request&)>& prepare) {
    bool closed = false;
    return process_request(over, true, closed, prepare);
  }
};

/// What httplib would do with these is more than a small answer is worth: decompress a body without a bound, cut an
/// answer into any number of overlapping parts.
void disarm(httplib::Request& asked) {
  asked.headers.erase("Content-Encoding");
  asked.headers.erase("Accept-Encoding");
  asked.headers.erase("Range");
  asked.ranges.clear();
}

/// Whether a Host header names this machine by an address of its loopback, or as localhost.
bool names_loopback(const std::string& host) {
  return host.starts_with("127.") || host.starts_with("[::1]") || host == "localhost" || host.starts_with("localhost:");
}

} // namespace

class server::machinery {
public:
  explicit machinery(options opts) : opts_(std::move(opts)) {
    if (!opts_.keys && !opts_.listen.is_loopback()) {
      throw error{errc::invalid, opts_.listen.text() + " is off loopback, and there are no keys: anybody could give " +
                                     "orders; make some with `troupe keygen --out DIR` and write keys: DIR"};
    }
    if (opts_.keys) {
      tls_ = make_tls_settings(*opts_.keys);
    }
    wake_ = ::eventfd(0, EFD_CLOEXEC);
    TROUPE_CHECK(wake_ >= 0, "eventfd: ", std::strerror(errno));
    try {
      listener_ = listen_at(opts_.listen);
    } catch (const error&) {
      ::close(wake_);
      throw;
    }
    parser_.set_payload_max_length(opts_.body_max);
    parser_.set_error_handler([](const httplib::Request&, httplib::Response& to) { say_why(to); });
  }

  ~machinery() {
    const std::uint64_t one = 1;
    while (::write(wake_, &one, sizeof one) < 0 && errno == EINTR) {
    }
    if (accepting_.joinable()) {
      accepting_.join();
    }
    {
      const std::lock_guard hold{mutex_};
      for (const auto& v : visits_) {
        hang_up_on_asker(v);
      }
    }
    join(std::move(visits_)); // nobody else touches the list any more: visits end, but stay in it
    ::close(listener_);
    ::close(wake_);
  }

  void route(const std::string& method, const std::string& path, handler answer) {
    TROUPE_CHECK(!accepting_.joinable(), "a route was added to a server at work: ", path);
    TROUPE_CHECK(path.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789/_-") == std::string::npos, path);
    paths_[path].insert(method);
    const auto handle = [this, answer = std::move(answer)](const httplib::Request& asked, httplib::Response& to) {
      respond(asked, to, answer);
    };
    TROUPE_CHECK(method == "GET" || method == "POST", method);
    method == "GET" ? parser_.Get(path, handle) : parser_.Post(path, handle);
  }

  void start() {
    parser_.set_pre_routing_handler([this](const httplib::Request& asked, httplib::Response& to) {
      return for_programs(asked, to) && knows(asked, to) ? httplib::Server::HandlerResponse::Unhandled
                                                         : httplib::Server::HandlerResponse::Handled;
    });
    accepting_ = std::thread{[this] { accept_all(); }};
  }

  const options& settings() const { return opts_; }
  std::uint64_t hung_up() const { return hung_up_; }
  witness told;

private:
  struct visit {
    int socket = -1; ///< -1: ended
    std::string address;
    caller who;
    bool answering = false; ///< its request was read
    bool displaced = false; ///< hung up on for a newer one
    std::thread thread;
  };
  using visits = std::list<visit>;

  void accept_all() {
    while (true) {
      pollfd waits[2] = {{wake_, POLLIN, 0}, {listener_, POLLIN, 0}};
      if (::poll(waits, 2, -1) < 0) {
        continue; // interrupted
      }
      if (waits[0].revents != 0) {
        return;
      }
      std::string whose;
      const int socket = accept_from(listener_, whose);
      if (socket >= 0) {
        admit(socket, std::move(whose));
      } else if (errno == EMFILE || errno == ENFILE) {
        pollfd stopped{wake_, POLLIN, 0};
        ::poll(&stopped, 1, static_cast<int>(out_of_descriptors.count())); // the caller stays in the queue
      }
    }
  }

  void admit(int socket, std::string address) {
    std::unique_lock hold{mutex_};
    make_room(hold);
    auto& v = visits_.emplace_back();
    v.socket = socket;
    v.address = std::move(address);
    try {
      v.thread = std::thread{[this, &v] { converse(v); }};
    } catch (const std::system_error&) { // no thread is left: this caller may come again
      visits_.pop_back();
      ::close(socket);
    }
  }

  /// Joins those that ended. Where too many are left, hangs up on the one that has been asking longest, and waits.
  void make_room(std::unique_lock<std::mutex>& hold) {
    while (true) {
      visits over;
      for (auto v = visits_.begin(); v != visits_.end();) {
        const auto at = v++;
        if (at->socket < 0) {
          over.splice(over.end(), visits_, at);
        }
      }
      join(std::move(over)); // their threads need the lock no more
      if (visits_.size() < opts_.connections_max) {
        return;
      }
      const auto slowest =
          std::find_if(visits_.begin(), visits_.end(), [](const visit& v) { return !v.answering && !v.displaced; });
      if (slowest != visits_.end()) {
        ++hung_up_;
        slowest->displaced = true;
        hang_up_on_asker(*slowest);
      }
      ended_.wait(hold);
    }
  }

  static void hang_up_on_asker(const visit& v) {
    if (v.socket >= 0 && !v.answering) {
      ::shutdown(v.socket, SHUT_RDWR);
    }
  }

  static void join(visits over) {
    for (auto& v : over) {
      v.thread.join();
    }
  }

  void converse(visit& v) {
    {
      connection over{v.socket};
      over.until(connection::clock::now() + opts_.within);
      over.allow(opts_.body_max + headers_max);
      if (identify(over, v)) {
        parsed_stream stream{over, v.address};
        current_ = {&v, &over};
        parser_.converse(stream, [](httplib::Request& asked) { disarm(asked); });
      }
      over.until(connection::clock::now() + farewell);
      over.finish();
      const std::lock_guard hold{mutex_};
      v.socket = -1; // before the number is closed and could become another's
    }
    ended_.notify_all();
  }

  bool identify(connection& over, visit& v) {
    if (!tls_) {
      v.who = {"local", wire::role::admin_operate, v.address};
      return true;
    }
    if (!over.accept(*tls_)) {
      return false;
    }
    try {
      const auto who = peer_of(*over.session());
      v.who = {who.name, who.as, v.address};
      return true;
    } catch (const error&) {
      return false; // the authority signed it, but it names no member
    }
  }

  /// False with `to` filled for what a browser asks in the name of some page: it says its Origin, or, of a name that
  /// the page's owner lets point here, comes with that name as Host.
  bool for_programs(const httplib::Request& asked, httplib::Response& to) {
    if (!asked.has_header("Origin") && (tls_ || names_loopback(asked.get_header_value("Host")))) {
      return true;
    }
    fill(to, refuse(403, errc::invalid, "web pages may not ask here; programs may, at 127.0.0.1 or with keys"));
    tell(asked, to.status);
    return false;
  }

  /// False with `to` filled when no route has this path and method.
  bool knows(const httplib::Request& asked, httplib::Response& to) {
    const auto found = paths_.find(asked.path);
    if (found != paths_.end() && found->second.contains(asked.method)) {
      return true;
    }
    const bool wrong_method = found != paths_.end();
    fill(to, wrong_method ? refuse(405, errc::invalid, asked.path + " is not asked by " + asked.method)
                          : refuse(404, errc::not_found, "there is no " + asked.path + " here"));
    tell(asked, to.status);
    return false;
  }

  void respond(const httplib::Request& asked, httplib::Response& to, const handler& answer) {
    request r{asked.method, asked.path, {}, asked.body, current_.of->who};
    for (const auto& [name, value] : asked.params) {
      r.parameters.emplace(name, value);
    }
    {
      const std::lock_guard hold{mutex_};
      current_.of->answering = true;
    }
    try {
      fill(to, answer(r));
    } catch (const error& e) {
      fill(to, refuse(e));
    }
    current_.over->until(connection::clock::now() + opts_.answer_within);
    tell(asked, to.status);
  }

  void tell(const httplib::Request& asked, int status) const {
    if (told) {
      told({asked.method, asked.path, {}, {}, current_.of->who}, status);
    }
  }

  static void fill(httplib::Response& to, const reply& from) {
    to.status = from.status;
    to.set_content(from.body, from.content_type);
  }

  /// For what httplib itself refuses.
  static void say_why(httplib::Response& to) {
    if (to.body.empty()) {
      const char* words = to.status == 413   ? "the body is longer than what is accepted"
                          : to.status == 414 ? "the path is longer than what is accepted"
                          : to.status == 500 ? "it could not be answered: a fault of this program"
                                             : "the request cannot be read";
      fill(to, refuse(to.status, errc::invalid, words));
    }
  }

  struct conversation {
    visit* of = nullptr;
    connection* over = nullptr;
  };
  static thread_local conversation current_; ///< of the thread that httplib calls back on

  options opts_;
  tls_settings tls_;
  int listener_ = -1;
  int wake_ = -1;
  request_parser parser_;
  std::map<std::string, std::set<std::string>> paths_; ///< and their methods
  std::thread accepting_;
  std::mutex mutex_; ///< guards visits_, but for what only a visit's own thread reads
  std::condition_variable ended_;
  visits visits_;
  std::atomic<std::uint64_t> hung_up_ = 0;
};

thread_local server::machinery::conversation server::machinery::current_;

server::server(options opts) : machinery_(std::make_unique<machinery>(std::move(opts))) {}
server::~server() = default;

void server::route(const std::string& method, const std::string& path, handler answer) {
  machinery_->route(method, path, std::move(answer));
}

void server::on_answer(witness told) {
  machinery_->told = std::move(told);
}

void server::start() {
  machinery_->start();
}

const wire::endpoint& server::endpoint() const noexcept {
  return machinery_->settings().listen;
}

std::string server::url() const {
  return (machinery_->settings().keys ? "https://" : "http://") + endpoint().text();
}

std::uint64_t server::hung_up() const noexcept {
  return machinery_->hung_up();
}

} // namespace troupe::http
