// SPDX-License-Identifier: Apache-2.0
#include "runtime/wire/allow_list.hpp"

#include "runtime/data/durable_file.hpp"
#include "runtime/error.hpp"
#include "runtime/wire/keys.hpp"

#include <sstream>

namespace troupe::wire {

namespace {

std::map<std::string, allow_list::entry> parse(std::string_view text, const std::string& where) {
  std::map<std::string, allow_list::entry> entries;
  std::istringstream lines{std::string{text}};
  std::string line;
  for (int number = 1; std::getline(lines, line); ++number) {
    std::istringstream words{line.substr(0, line.find(" #"))}; // a key may hold a #, but no blank before one
    std::string role_name;
    std::string name;
    std::string key;
    std::string rest;
    words >> role_name >> name >> key >> rest;
    if (role_name.empty() || role_name.front() == '#') {
      continue;
    }
    const auto refuse = [&](const std::string& what) {
      throw error{errc::invalid,
                  where + ":" + std::to_string(number) + ": " + what + "; a line is ROLE NAME PUBLICKEY"};
    };
    const auto as = parse_role(role_name);
    if (!as) {
      refuse("'" + role_name + "' is not a role");
    }
    if (!is_name(name)) {
      refuse("'" + name + "' is not a name: letters, digits, '.', '-', '_'");
    }
    if (!is_key(key) || !rest.empty()) {
      refuse("'" + key + "' is not a public key of 40 characters, or more follows it");
    }
    if (!entries.emplace(key, allow_list::entry{*as, name}).second) {
      refuse("this key has a line already");
    }
  }
  return entries;
}

} // namespace

allow_list::allow_list(std::string_view text, const std::string& where) : entries_(parse(text, where)) {}

std::shared_ptr<allow_list> allow_list::from_file(const std::string& path) {
  auto list = std::make_shared<allow_list>(data::read_file(path), path);
  list->path_ = path;
  return list;
}

std::optional<allow_list::entry> allow_list::find(const std::string& public_key) const {
  const std::lock_guard hold{mutex_};
  const auto found = entries_.find(public_key);
  return found == entries_.end() ? std::nullopt : std::optional{found->second};
}

void allow_list::reload() {
  if (path_.empty()) {
    return;
  }
  auto entries = parse(data::read_file(path_), path_);
  const std::lock_guard hold{mutex_};
  entries_ = std::move(entries);
}

} // namespace troupe::wire
