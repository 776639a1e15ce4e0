// SPDX-License-Identifier: Apache-2.0
#include "deploy/admin/store_reading.hpp"

#include "deploy/admin/access.hpp"
#include "deploy/admin/bounded_text.hpp"
#include "deploy/live/socket.hpp"
#include "deploy/troupectl/program.hpp"
#include "runtime/error.hpp"

#include <filesystem>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace troupe::admin {

namespace fs = std::filesystem;
using nlohmann::json;

namespace {

constexpr std::size_t arguments_max = 64;

/// One of those who may read at the same time.
class reader_slot {
public:
  explicit reader_slot(std::atomic<unsigned>& taken) : taken_(taken) {
    if (taken_.fetch_add(1) >= store_reading::readers_max) {
      --taken_;
      throw error{errc::unavailable, fmt::format("{} others read this store; ask again", store_reading::readers_max)};
    }
  }
  ~reader_slot() { --taken_; }
  reader_slot(const reader_slot&) = delete;
  reader_slot& operator=(const reader_slot&) = delete;

private:
  std::atomic<unsigned>& taken_;
};

/// A copy of the store as of now; gone with this object.
class passing_copy {
public:
  passing_copy(const store::journal& of, const fs::path& run_folder, std::uint64_t number)
      : folder_(run_folder / live::copies_name / fmt::format("http-{}", number)) {
    fs::create_directories(folder_.parent_path());
    try {
      of.checkpoint(folder_.string());
    } catch (const error&) {
      remove();
      throw;
    }
  }
  ~passing_copy() { remove(); }
  passing_copy(const passing_copy&) = delete;
  passing_copy& operator=(const passing_copy&) = delete;
  std::string folder() const { return folder_.string(); }

private:
  void remove() const {
    std::error_code gone_already;
    fs::remove_all(folder_, gone_already);
    fs::remove(folder_.parent_path(), gone_already); // fails while there are others
  }

  fs::path folder_;
};

std::vector<std::string> arguments_in(const http::request& asked) {
  const auto said = json::parse(asked.body, nullptr, false);
  const auto found = said.is_object() ? said.find("arguments") : said.end();
  if (!said.is_object() || found == said.end() || !found->is_array() || found->empty() ||
      found->size() > arguments_max) {
    throw error{errc::invalid, "/v1/read: the body must be {\"arguments\":[VERB,...]}"};
  }
  std::vector<std::string> words;
  for (const auto& word : *found) {
    if (!word.is_string()) {
      throw error{errc::invalid, "/v1/read: every argument must be a text"};
    }
    words.push_back(word.get<std::string>());
  }
  return words;
}

} // namespace

store_reading::store_reading(std::string run_folder, const store::journal& journal)
    : run_folder_(std::move(run_folder)), journal_(journal) {
  const fs::path copies = fs::path{run_folder_} / live::copies_name;
  std::error_code gone;
  for (const auto& left : fs::directory_iterator{copies, gone}) { // by a process that was killed
    if (left.path().filename().string().starts_with("http-")) {
      fs::remove_all(left.path(), gone);
    }
  }
}

void store_reading::add_routes(http::server& to) {
  to.route("POST", "/v1/read",
           [this](const http::request& asked) { return for_admins(asked, [&] { return read(asked); }); });
}

http::reply store_reading::read(const http::request& asked) {
  const auto words = arguments_in(asked);
  std::optional<reader_slot> slot;
  std::optional<passing_copy> copy;
  const auto make_copy = [&] {
    slot.emplace(readers_);
    copy.emplace(journal_, run_folder_, copies_made_++);
    return copy->folder();
  };
  bounded_text out{answer_max, fmt::format("the answer is longer than {} MiB; ask for less, with --where, --limit or "
                                           "--fields, or look there with --run",
                                           answer_max >> 20)};
  bounded_text err{answer_max, "more is to be said than can be answered; look there with --run"};
  try {
    const int status = ctl::run_on_copy(run_folder_, make_copy, words, out.stream(), err.stream());
    return json_page({{"status", status}, {"out", out.take()}, {"err", err.take()}});
  } catch (const fs::filesystem_error& e) {
    throw error{errc::failed, e.what()};
  }
}

} // namespace troupe::admin
