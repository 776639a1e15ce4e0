// SPDX-License-Identifier: Apache-2.0
#include "runtime/wire/keys.hpp"

#include "runtime/data/secret_file.hpp"
#include "runtime/error.hpp"

#include <array>
#include <fstream>
#include <sstream>
#include <sys/stat.h>
#include <unistd.h>
#include <zmq.h>

namespace troupe::wire {

namespace {

constexpr std::string_view z85 =
    "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.-:+=^!/*?&<>()[]{}@%$#";
constexpr std::size_t key_characters = 40;
constexpr std::size_t name_characters_max = 128;

std::string public_of(const std::string& secret_key) {
  std::array<char, key_characters + 1> key{};
  if (zmq_curve_public(key.data(), secret_key.c_str()) != 0) {
    return {};
  }
  return key.data();
}

[[noreturn]] void malformed(const std::string& path) {
  throw error{errc::invalid, path + " is not a key file of troupe; make one with `troupe keygen`"};
}

} // namespace

bool is_key(std::string_view text) noexcept {
  return text.size() == key_characters && text.find_first_not_of(z85) == std::string_view::npos;
}

bool is_name(std::string_view text) noexcept {
  constexpr std::string_view allowed = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_";
  return !text.empty() && text.size() <= name_characters_max && text.front() != '.' &&
         text.find_first_not_of(allowed) == std::string_view::npos;
}

key_pair make_key_pair() {
  std::array<char, key_characters + 1> public_key{};
  std::array<char, key_characters + 1> secret_key{};
  if (zmq_curve_keypair(public_key.data(), secret_key.data()) != 0) {
    throw error{errc::failed, "this libzmq was built without CURVE; install one with libsodium"};
  }
  return {public_key.data(), secret_key.data()};
}

void write_key_pair(const std::string& folder, const std::string& name, const key_pair& pair) {
  if (!is_name(name)) {
    throw error{errc::invalid, "'" + name + "' cannot name a key; use letters, digits, '.', '-', '_'"};
  }
  const std::string path = folder + "/" + name + ".curve";
  data::create_file(path, "public-key " + pair.public_key + "\nsecret-key " + pair.secret_key + "\n",
                    S_IRUSR | S_IWUSR);
  try {
    data::create_file(path + ".pub", pair.public_key + "\n", S_IRUSR | S_IWUSR | S_IRGRP | S_IROTH);
  } catch (const error&) {
    ::unlink(path.c_str());
    throw;
  }
}

key_pair read_key_pair(const std::string& path) {
  std::istringstream text{data::read_secret_file(path)};
  std::array<std::string, 5> words;
  for (auto& word : words) {
    text >> word;
  }
  const auto& [public_label, public_key, secret_label, secret_key, rest] = words;
  if (public_label != "public-key" || secret_label != "secret-key" || !is_key(public_key) || !is_key(secret_key) ||
      !rest.empty() || public_of(secret_key) != public_key) {
    malformed(path);
  }
  return {public_key, secret_key};
}

std::string read_public_key(const std::string& path) {
  std::ifstream file{path};
  if (!file) {
    throw error{errc::not_found, path + " cannot be read; copy the server's NAME.curve.pub there"};
  }
  std::string key;
  std::string rest;
  file >> key >> rest;
  if (!is_key(key) || !rest.empty()) {
    malformed(path);
  }
  return key;
}

} // namespace troupe::wire
