// SPDX-License-Identifier: Apache-2.0
#include "runtime/keys/key_folder.hpp"

#include "runtime/data/durable_file.hpp"
#include "runtime/error.hpp"
#include "runtime/wire/allow_list.hpp"
#include "runtime/wire/keys.hpp"

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <sys/stat.h>

namespace troupe::keys {
namespace {

namespace fs = std::filesystem;

void require_private_folder(const std::string& folder) {
  std::error_code failed;
  if (const auto above = fs::absolute(folder).lexically_normal().parent_path(); !fs::exists(folder)) {
    fs::create_directories(above, failed);
    if (::mkdir(folder.c_str(), S_IRWXU) != 0) {
      throw error{errc::failed, folder + " cannot be made: " + std::strerror(errno) + "; choose another with --out"};
    }
  }
  struct stat status {};
  if (::stat(folder.c_str(), &status) != 0 || !S_ISDIR(status.st_mode)) {
    throw error{errc::invalid, folder + " is not a folder; choose another with --out"};
  }
  if ((status.st_mode & (S_IRWXG | S_IRWXO)) != 0) {
    throw error{errc::invalid, folder + " is open to others than its owner; run: chmod 700 " + folder};
  }
}

/// True when both are there, false when none is; half of a pair is refused.
bool pair_is_there(const std::string& secret, const std::string& open) {
  const bool has_secret = fs::exists(secret);
  const bool has_open = fs::exists(open);
  if (has_secret != has_open) {
    const auto& there = has_secret ? secret : open;
    const auto& missing = has_secret ? open : secret;
    throw error{errc::invalid,
                there + " is there without " + missing + "; put that back, or remove the first to get " + "both anew"};
  }
  return has_secret;
}

bool has_certificate(const std::string& folder, const std::string& name) {
  return pair_is_there(key_file(folder, name), certificate_file(folder, name));
}

bool has_curve_key(const std::string& folder, const std::string& name) {
  return pair_is_there(folder + "/" + name + ".curve", folder + "/" + name + ".curve.pub");
}

/// The authority that is there, or a new one that is not written yet.
certified_key authority(const std::string& folder, keys_made& report) {
  if (!fs::exists(key_file(folder, ca_name)) && fs::exists(certificate_file(folder, ca_name))) {
    throw error{errc::invalid, key_file(folder, ca_name) +
                                   " is not there, so nothing can be signed; bring it back from where it is kept, " +
                                   "and take it away again afterwards"};
  }
  if (!has_certificate(folder, ca_name)) {
    report.ca = true;
    return make_ca();
  }
  return read_ca(folder);
}

std::string line_of(const identity& who, const std::string& public_key) {
  return wire::to_string(who.as) + " " + who.name + " " + public_key + "\n";
}

/// The list as it is; a new one begins with the keys that are there.
std::string allowed_so_far(const std::string& folder, const std::string& path, const std::vector<identity>& all) {
  if (fs::exists(path)) {
    auto text = data::read_file(path);
    wire::allow_list{text, path}; // refuses one that cannot be read
    return text.empty() || text.ends_with('\n') ? text : text + "\n";
  }
  std::string text = "# Who may connect: ROLE NAME PUBLICKEY. Take a line away, and its key is worth nothing.\n";
  for (const auto& who : all) {
    if (has_curve_key(folder, who.name)) {
      text += line_of(who, wire::read_public_key(folder + "/" + who.name + ".curve.pub"));
    }
  }
  return text;
}

} // namespace

std::vector<identity> members(const members_wanted& wanted) {
  std::vector<identity> all{{"controller", wire::role::controller}, {"buffer", wire::role::buffer}};
  const auto add = [&](unsigned count, const std::string& prefix, wire::role as) {
    for (unsigned i = 0; i < count; ++i) {
      all.push_back({prefix + std::to_string(i), as});
    }
  };
  add(wanted.learners, "learner-", wire::role::learner);
  add(wanted.generators, "generator-", wire::role::generator);
  add(wanted.verifiers, "verifier-", wire::role::verifier);
  all.push_back({"admin", wire::role::admin_operate});
  all.push_back({"viewer", wire::role::admin_read});
  return all;
}

keys_made fill_key_folder(const std::string& folder, const members_wanted& wanted) {
  require_private_folder(folder);
  const auto all = members(wanted);
  keys_made report;
  std::vector<identity> uncertified;
  std::vector<identity> unkeyed;
  for (const auto& who : all) { // every half of a pair is told before anything is made
    const bool certified = has_certificate(folder, who.name);
    const bool keyed = has_curve_key(folder, who.name);
    if (!certified) {
      uncertified.push_back(who);
    }
    if (!keyed) {
      unkeyed.push_back(who);
    }
    (certified && keyed ? report.found : report.made).push_back(who.name);
  }
  const auto list_path = folder + "/allow-list";
  auto list = allowed_so_far(folder, list_path, all);
  if (!uncertified.empty()) {
    std::vector<std::string> hosts{"localhost", "127.0.0.1", "::1"};
    hosts.insert(hosts.end(), wanted.hosts.begin(), wanted.hosts.end());
    const auto ca = authority(folder, report);
    std::vector<certified_key> issued; // all of them, before anything is written: a bad host leaves nothing behind
    for (const auto& who : uncertified) {
      issued.push_back(issue(ca, who.name, who.as, hosts, wanted.days));
    }
    if (report.ca) {
      write_certified_key(folder, ca_name, ca);
    }
    for (std::size_t i = 0; i < issued.size(); ++i) {
      write_certified_key(folder, uncertified[i].name, issued[i]);
    }
  }
  std::vector<wire::key_pair> pairs;
  for (const auto& who : unkeyed) {
    pairs.push_back(wire::make_key_pair());
    list += line_of(who, pairs.back().public_key);
  }
  // The list first: a kill in between leaves lines of keys that nobody has, not keys that nobody lets in.
  data::write_file_durably(list_path, list);
  for (std::size_t i = 0; i < pairs.size(); ++i) {
    wire::write_key_pair(folder, unkeyed[i].name, pairs[i]);
  }
  data::sync_folder(folder);
  return report;
}

} // namespace troupe::keys
