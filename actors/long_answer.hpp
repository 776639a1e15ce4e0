// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "actors/wire_reply.hpp"

#include <cstdint>
#include <deque>
#include <string>

/// An answer that is too long for one message of the wire, a batch of long completions say, is fetched in pieces: the
/// first comes as the answer, and the asker asks for the others.
namespace troupe::actors {

/// Kind of a request for the next piece, and of an answer that is a piece.
inline constexpr std::uint16_t read_on = 0xffff;
inline constexpr std::size_t piece_bytes_default = std::size_t{16} << 20;
inline constexpr std::size_t long_answer_bytes_max = std::size_t{4} << 30;

/// The answering side. Keeps the last few long answers until they have been read to their end. Not thread-safe.
class long_answers {
public:
  static constexpr std::size_t kept_max = 8; ///< over all peers; who comes too late asks anew

  explicit long_answers(std::size_t piece_bytes = piece_bytes_default) : piece_bytes_(piece_bytes) {}

  /// `encoded` as one message, or its first piece. Throws error(resource_exhausted) above `long_answer_bytes_max`.
  wire::message answer(const wire::peer& to, std::string encoded);
  /// The piece that a request of the kind `read_on` asks for. Throws error(unavailable) when its answer is not kept,
  /// codec_error for bytes that are no such request.
  wire::message piece(const wire::peer& to, std::string_view request);

private:
  struct kept {
    std::uint64_t number = 0;
    incarnation to;
    std::string bytes;
  };
  wire::message cut(const kept& from, std::uint64_t offset) const;

  std::size_t piece_bytes_;
  std::uint64_t last_ = 0;
  std::deque<kept> kept_;
};

/// The asking side of one answer. Not thread-safe.
class answer_so_far {
public:
  /// Takes what came; the whole answer's bytes, which are valid while `how` and this are, or null: ask `next`.
  /// Throws what came instead of an answer, and error(failed) for a piece that is not the next.
  const std::string* add(const wire::outcome& how);
  /// The request for the piece that comes next.
  wire::message next() const;

private:
  std::uint64_t number_ = 0;
  std::string bytes_;
};

} // namespace troupe::actors
