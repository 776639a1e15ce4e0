// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <iosfwd>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace troupe::program {

/// Reads one JSON object a line and writes what `answer` makes of it, with its `id`, one line each, in input order. A
/// line that does not parse, or for which `answer` throws troupe::error, yields {"id":...,"error":"..."}. Returns 1
/// when there was such a line, else 0.
int answer_lines(std::istream& in, std::ostream& out,
                 const std::function<nlohmann::json(const nlohmann::json&)>& answer);

/// A member of an input object; throws error(invalid) that names it when it is missing or of another type.
template <class T>
T require(const nlohmann::json& object, const char* name);
template <>
std::string require<std::string>(const nlohmann::json& object, const char* name);
template <>
std::vector<std::int32_t> require<std::vector<std::int32_t>>(const nlohmann::json& object, const char* name);

} // namespace troupe::program
