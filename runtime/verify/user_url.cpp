// SPDX-License-Identifier: Apache-2.0
#define CPPHTTPLIB_OPENSSL_SUPPORT
#include "runtime/verify/user_url.hpp"

#include "runtime/error.hpp"
#include "runtime/verify/question_line.hpp"
#include "runtime/verify/rule_judge.hpp"

#include <chrono>
#include <httplib.h>
#include <sstream>

namespace troupe::verify {

user_url::user_url(options opts) : opts_(std::move(opts)) {
  const auto scheme = opts_.url.starts_with("http://") ? 7u : opts_.url.starts_with("https://") ? 8u : 0u;
  if (scheme == 0 || opts_.url.size() == scheme || opts_.url[scheme] == '/') {
    throw error(errc::invalid, "the verifier's url \"" + opts_.url + "\" is none; write http://host:port/path");
  }
  const auto slash = opts_.url.find('/', scheme);
  origin_ = opts_.url.substr(0, slash);
  path_ = slash == std::string::npos ? "/" : opts_.url.substr(slash);
}

std::vector<finding> user_url::judge_all(std::span<const question> questions) {
  std::string body;
  for (const auto& one : questions) {
    body += question_line(one);
  }
  httplib::Client client(origin_);
  const auto limit = std::chrono::microseconds(static_cast<std::int64_t>(opts_.timeout_s * 1e6));
  client.set_connection_timeout(limit);
  client.set_read_timeout(limit);
  client.set_write_timeout(limit);
  const auto began = std::chrono::steady_clock::now();
  const auto deadline = began + limit * static_cast<std::int64_t>(questions.size());
  const auto in_time = [&](std::uint64_t, std::uint64_t) { return std::chrono::steady_clock::now() < deadline; };
  httplib::Request request;
  request.method = "POST";
  request.path = path_;
  request.headers = {{"Content-Type", "application/x-ndjson"}};
  request.body = std::move(body);
  request.progress = in_time;
  const auto reply = client.send(request);
  std::string why;
  if (!reply && std::chrono::steady_clock::now() - began >= limit) {
    std::ostringstream seconds;
    seconds << opts_.timeout_s;
    why = "timeout: " + opts_.url + ": no complete reply; it may be silent for " + seconds.str() + " s, and take " +
          "as long for each of the " + std::to_string(questions.size()) + " completions";
  } else if (!reply) {
    why = opts_.url + ": no reply: " + httplib::to_string(reply.error());
  } else if (reply->status != 200) {
    why = opts_.url + ": answered with HTTP status " + std::to_string(reply->status);
  }
  std::vector<finding> found;
  std::string_view rest = why.empty() ? std::string_view(reply->body) : std::string_view();
  for (const auto& one : questions) {
    if (rest.empty()) {
      found.push_back(undecided(!why.empty() ? why : opts_.url + ": answered fewer lines than it was asked"));
      continue;
    }
    const auto end = std::min(rest.find('\n'), rest.size());
    found.push_back(read_finding(rest.substr(0, end), one.id));
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  return found;
}

} // namespace troupe::verify
