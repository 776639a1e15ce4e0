// SPDX-License-Identifier: Apache-2.0
#include "runtime/config/value_keys.hpp"

#include <charconv>
#include <cmath>
#include <nlohmann/json.hpp>

namespace troupe::config {
namespace {

const std::string& scalar(const node& from, const std::string& path, const char* wanted) {
  if (from.is != node::shape::scalar) {
    refuse(from.where, path,
           std::string(from.is == node::shape::none ? "has no value" : "is not a single value") + "; give " + wanted);
  }
  return from.text;
}

template <class Number>
bool parse_all(std::string_view text, Number& to) {
  if (text.starts_with('+')) {
    text.remove_prefix(1);
  }
  const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), to);
  return failed == std::errc() && end == text.data() + text.size() && !text.empty();
}

} // namespace

std::string read_text(const node& from, const std::string& path) {
  return scalar(from, path, "a text");
}

bool read_flag(const node& from, const std::string& path) {
  const auto& text = scalar(from, path, "true or false");
  if (text == "true" || text == "false") {
    return text == "true";
  }
  refuse(from.where, path, "is " + yaml_text(text) + "; it must be true or false");
}

double read_real(const node& from, const std::string& path) {
  const auto& text = scalar(from, path, "a number");
  double value = 0;
  if (!parse_all(text, value) || !std::isfinite(value)) {
    refuse(from.where, path, "is " + yaml_text(text) + "; it must be a number");
  }
  return value;
}

std::int64_t read_whole(const node& from, const std::string& path) {
  const auto& text = scalar(from, path, "a whole number");
  std::int64_t value = 0;
  if (!parse_all(text, value)) {
    refuse(from.where, path, "is " + yaml_text(text) + "; it must be a whole number");
  }
  return value;
}

std::vector<std::string> read_texts(const node& from, const std::string& path) {
  if (from.is != node::shape::list) {
    return {read_text(from, path)};
  }
  std::vector<std::string> texts;
  for (const auto& item : from.items) {
    texts.push_back(read_text(item, path));
  }
  return texts;
}

std::string in_words(const bounds& range) {
  const auto low = (range.above ? "above " : "") + number_text(range.low);
  if (std::isinf(range.high)) {
    return range.above ? low : "at least " + low;
  }
  return low + (range.above ? ", at most " : " to ") + number_text(range.high);
}

void require_in(const bounds& range, double value, const node& from, const std::string& path) {
  if (value < range.low || value > range.high || (range.above && value == range.low)) {
    refuse(from.where, path, "is " + from.text + "; it must be " + in_words(range));
  }
}

std::string number_text(double value) {
  char text[32];
  const auto end = std::to_chars(text, text + sizeof text, value).ptr;
  return {text, end};
}

std::string yaml_text(const std::string& text) {
  constexpr std::string_view letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_/";
  constexpr std::string_view more = "0123456789.-:";
  const bool plain = !text.empty() && letters.find(text[0]) != std::string_view::npos && text.back() != ':' &&
                     text.find_first_not_of(std::string(letters) + std::string(more)) == std::string::npos;
  for (const char* taken : {"true", "false", "null", "yes", "no", "on", "off"}) {
    if (text == taken) {
      return "\"" + text + "\"";
    }
  }
  return plain ? text : nlohmann::json(text).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

} // namespace troupe::config
