// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "runtime/error.hpp"

#include <ostream>
#include <streambuf>
#include <string>
#include <utility>

namespace troupe::admin {

/// A stream into memory that holds `most` bytes: what writes more is ended by error(resource_exhausted) with these
/// words.
class bounded_text {
public:
  bounded_text(std::size_t most, std::string words) : held_(most, std::move(words)), stream_(&held_) {
    stream_.exceptions(std::ios::badbit); // passes on what the buffer throws
  }
  std::ostream& stream() { return stream_; }
  std::string take() { return std::move(held_.text); }

private:
  struct buffer : std::streambuf {
    buffer(std::size_t n, std::string why) : most(n), words(std::move(why)) {}

    int_type overflow(int_type c) override {
      const char one = traits_type::to_char_type(c);
      xsputn(&one, 1);
      return c;
    }
    std::streamsize xsputn(const char* from, std::streamsize size) override {
      if (text.size() + static_cast<std::size_t>(size) > most) {
        throw error{errc::resource_exhausted, words};
      }
      text.append(from, static_cast<std::size_t>(size));
      return size;
    }

    std::size_t most;
    std::string words;
    std::string text;
  };

  buffer held_;
  std::ostream stream_;
};

} // namespace troupe::admin
