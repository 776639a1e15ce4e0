// SPDX-License-Identifier: Apache-2.0
#include "deploy/troupe/json_lines.hpp"

#include "runtime/error.hpp"

#include <istream>
#include <ostream>
#include <string>

namespace troupe::program {

using nlohmann::json;

int answer_lines(std::istream& in, std::ostream& out, const std::function<json(const json&)>& answer) {
  int status = 0;
  std::string line;
  while (std::getline(in, line)) {
    if (line.find_first_not_of(" \t\r") == std::string::npos) {
      continue;
    }
    json reply = json::object();
    const json object = json::parse(line, nullptr, false);
    reply["id"] = object.is_object() && object.contains("id") ? object["id"] : json{};
    try {
      if (!object.is_object()) {
        throw error{errc::invalid, "not a JSON object"};
      }
      reply.update(answer(object));
    } catch (const error& e) {
      reply["error"] = e.what();
      status = 1;
    }
    out << reply.dump(-1, ' ', false, json::error_handler_t::replace) << "\n" << std::flush;
  }
  return status;
}

namespace {

template <class T>
T require_as(const json& object, const char* name, const char* type) {
  const auto it = object.find(name);
  if (it == object.end()) {
    throw error{errc::invalid, std::string{"`"} + name + "` is missing"};
  }
  try {
    return it->get<T>();
  } catch (const json::exception&) {
    throw error{errc::invalid, std::string{"`"} + name + "` is not " + type};
  }
}

} // namespace

template <>
std::string require<std::string>(const json& object, const char* name) {
  return require_as<std::string>(object, name, "a text");
}

template <>
std::vector<std::int32_t> require<std::vector<std::int32_t>>(const json& object, const char* name) {
  return require_as<std::vector<std::int32_t>>(object, name, "a list of token ids");
}

} // namespace troupe::program
