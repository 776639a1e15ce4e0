// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "runtime/config/nearest.hpp"
#include "runtime/config/recipe_schema.hpp"

#include <limits>
#include <type_traits>

/// Makers of table rows: one for each sort of value. Each reads with its range and writes the same text back.
namespace troupe::config {

std::string read_text(const node& from, const std::string& path);
bool read_flag(const node& from, const std::string& path);
double read_real(const node& from, const std::string& path);
std::int64_t read_whole(const node& from, const std::string& path);
/// A list of texts; a single text is a list of one.
std::vector<std::string> read_texts(const node& from, const std::string& path);

/// A range of numbers; infinity is no bound.
struct bounds {
  double low = 0;
  double high = std::numeric_limits<double>::infinity();
  bool above = false; ///< `low` itself is excluded
};
std::string in_words(const bounds& range);
void require_in(const bounds& range, double value, const node& from, const std::string& path);

template <class T, class M>
key<T> whole(const char* name, M T::*member, bounds range, const char* help, stage_set stages = every_stage) {
  return {name,
          stages,
          in_words(range),
          help,
          [=](T& to, const node& from, const std::string& path) {
            const auto value = read_whole(from, path);
            const auto most = static_cast<double>(std::numeric_limits<M>::max());
            require_in({range.low, std::min(range.high, most), range.above}, static_cast<double>(value), from, path);
            to.*member = static_cast<M>(value);
          },
          [=](const T& of) { return std::to_string(of.*member); }};
}

template <class T>
key<T> real(const char* name, double T::*member, bounds range, const char* help, stage_set stages = every_stage) {
  return {name,
          stages,
          in_words(range),
          help,
          [=](T& to, const node& from, const std::string& path) {
            const auto value = read_real(from, path);
            require_in(range, value, from, path);
            to.*member = value;
          },
          [=](const T& of) { return number_text(of.*member); }};
}

template <class T>
key<T> flag(const char* name, bool T::*member, const std::string& help, stage_set stages = every_stage) {
  return {name,
          stages,
          "true, false",
          help,
          [=](T& to, const node& from, const std::string& path) { to.*member = read_flag(from, path); },
          [=](const T& of) { return std::string(of.*member ? "true" : "false"); }};
}

template <class T>
key<T> words(const char* name, std::string T::*member, const char* help, stage_set stages = every_stage) {
  return {name,
          stages,
          "text",
          help,
          [=](T& to, const node& from, const std::string& path) { to.*member = read_text(from, path); },
          [=](const T& of) { return yaml_text(of.*member); }};
}

/// One of a few words, each of which stands for a value of `M`.
template <class T, class M>
key<T> choice(const char* name, M T::*member, std::vector<std::pair<std::string, M>> values, const std::string& help,
              stage_set stages = every_stage) {
  std::string range;
  std::vector<std::string> names;
  for (const auto& [word, value] : values) {
    range += (range.empty() ? "" : ", ") + word;
    names.push_back(word);
  }
  return {name,
          stages,
          range,
          help,
          [=](T& to, const node& from, const std::string& path) {
            const auto word = read_text(from, path);
            for (const auto& [known, value] : values) {
              if (known == word) {
                to.*member = value;
                return;
              }
            }
            refuse(from.where, path, "is " + yaml_text(word) + "; " + suggestion(word, names));
          },
          [=](const T& of) {
            for (const auto& [word, value] : values) {
              if (value == of.*member) {
                return word;
              }
            }
            return std::string();
          }};
}

} // namespace troupe::config
