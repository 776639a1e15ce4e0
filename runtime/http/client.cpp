// SPDX-License-Identifier: Apache-2.0
#include "runtime/http/client.hpp"

#include "runtime/http/parser.hpp"

#include <algorithm>

namespace troupe::http {
namespace {

/// httplib's client without its sockets: it writes and parses.
class reply_parser final : public httplib::ClientImpl {
public:
  explicit reply_parser(const wire::endpoint& whom) : ClientImpl(whom.host, whom.port) { set_decompress(false); }

  bool converse(parsed_stream& over, httplib::Request& asked, httplib::Response& answer) {
    httplib::Error ignored{};
    return process_request(over, asked, answer, true, ignored);
  }
};

std::string seconds_text(std::chrono::milliseconds time) {
  auto text = std::to_string(static_cast<double>(time.count()) / 1000);
  text.erase(text.find_last_not_of('0') + 1);
  return (text.back() == '.' ? text.substr(0, text.size() - 1) : text) + " s";
}

std::string roles_text(const std::vector<wire::role>& roles) {
  std::string text;
  for (const auto one : roles) {
    text += (text.empty() ? "" : " or ") + wire::to_string(one);
  }
  return text;
}

} // namespace

client::client(options opts) : opts_(std::move(opts)) {
  secure_ = opts_.url.starts_with("https://");
  const auto rest = opts_.url.substr(secure_ ? 8 : std::min<std::size_t>(opts_.url.size(), 7));
  const auto at = wire::parse_endpoint(rest.ends_with('/') ? rest.substr(0, rest.size() - 1) : rest);
  if ((!secure_ && !opts_.url.starts_with("http://")) || !at || at->port == 0) {
    throw error{errc::invalid, "endpoint " + opts_.url + " is no URL of a run; write https://HOST:PORT"};
  }
  server_ = *at;
  if (secure_ && !opts_.keys) {
    throw error{errc::invalid, opts_.url + " asks for a certificate; name the folder of `troupe keygen` with --keys"};
  }
  if (!secure_ && !server_.is_loopback()) {
    throw error{errc::invalid, opts_.url + " is off loopback; a run is reached there by https:// and with keys only"};
  }
}

reply client::get(const std::string& target) const {
  return ask("GET", target, "");
}

reply client::post(const std::string& target, const std::string& json) const {
  return ask("POST", target, json);
}

reply client::ask(const std::string& method, const std::string& target, const std::string& body) const {
  const auto silent = [&](const std::string& why) { return error{errc::unavailable, opts_.url + ": " + why}; };
  const auto connected_by = connection::clock::now() + opts_.connect_within;
  std::string problem;
  const int socket = dial(server_, connected_by, problem);
  if (socket < 0) {
    throw silent("no connection: " + problem);
  }
  connection over{socket};
  over.until(connected_by);
  over.allow(opts_.answer_max);
  const auto check = [&](bool went_well, const std::string& what) {
    if (!went_well && over.timed_out()) {
      throw silent(what + " within " +
                   seconds_text(what.starts_with("no connection") ? opts_.connect_within : opts_.answer_within));
    }
    if (!went_well && over.refused_certificate()) {
      throw error{errc::failed, opts_.url + ": " + over.problem() + "; is it a run of these keys?"};
    }
    if (!went_well) {
      throw silent(what + ": " + (over.problem().empty() ? "the other side hung up" : over.problem()));
    }
  };
  if (secure_) {
    const auto tls = make_tls_settings(*opts_.keys);
    check(over.connect(*tls, server_.host), "no connection");
    const auto who = peer_of(*over.session());
    if (!opts_.of.empty() && std::find(opts_.of.begin(), opts_.of.end(), who.as) == opts_.of.end()) {
      throw error{errc::failed,
                  opts_.url + " is " + who.name + ", a " + wire::to_string(who.as) + ", not a " + roles_text(opts_.of)};
    }
  }
  over.until(connection::clock::now() + opts_.answer_within);
  httplib::Request asked;
  asked.method = method;
  asked.path = target;
  if (method == "POST") {
    asked.set_header("Content-Type", "application/json");
    asked.body = body;
  }
  httplib::Response answer;
  reply_parser parse{server_};
  parsed_stream stream{over, ""};
  check(parse.converse(stream, asked, answer), "no whole answer");
  return {answer.status, std::move(answer.body), answer.get_header_value("Content-Type")};
}

std::string query(const std::string& path, const std::vector<std::pair<std::string, std::string>>& parameters) {
  constexpr std::string_view plain = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.~";
  constexpr std::string_view digits = "0123456789ABCDEF";
  std::string text = path;
  const auto append = [&](const std::string& word) {
    for (const char c : word) {
      const auto byte = static_cast<unsigned char>(c);
      if (plain.find(c) != std::string_view::npos) {
        text += c;
      } else {
        text += {'%', digits[byte >> 4], digits[byte & 15]};
      }
    }
  };
  for (std::size_t i = 0; i < parameters.size(); ++i) {
    text += i == 0 ? '?' : '&';
    append(parameters[i].first);
    text += '=';
    append(parameters[i].second);
  }
  return text;
}

} // namespace troupe::http
