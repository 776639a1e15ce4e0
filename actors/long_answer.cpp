// SPDX-License-Identifier: Apache-2.0
#include "actors/long_answer.hpp"

#include "actors/buffer_calls_frame.hpp"

#include <algorithm>

namespace troupe::actors {

namespace {

struct place {
  std::uint64_t number = 0;
  std::uint64_t offset = 0;
  std::uint64_t total = 0; ///< of an answer
};

std::string encode(const place& p) {
  return frame::make<schema::Piece>([&](schema::Piece::Builder to) {
    to.setAnswer(p.number);
    to.setOffset(p.offset);
    to.setTotal(p.total);
  });
}

place decode_place(std::string_view bytes) {
  return frame::open<schema::Piece>(bytes, [](schema::Piece::Reader from) {
    return place{from.getAnswer(), from.getOffset(), from.getTotal()};
  });
}

} // namespace

wire::message long_answers::cut(const kept& from, std::uint64_t offset) const {
  return {read_on,
          {wire::make_part(from.bytes.substr(offset, piece_bytes_)),
           wire::make_part(encode(place{from.number, offset, from.bytes.size()}))}};
}

wire::message long_answers::answer(const wire::peer& to, std::string encoded) {
  if (encoded.size() <= piece_bytes_) {
    return success(std::move(encoded));
  }
  if (encoded.size() > long_answer_bytes_max) {
    throw error{errc::resource_exhausted, "an answer of " + std::to_string(encoded.size()) + " bytes; at most " +
                                              std::to_string(long_answer_bytes_max) +
                                              " are sent: train with fewer or shorter samples a batch"};
  }
  kept_.push_back({++last_, to.life, std::move(encoded)});
  if (kept_.size() > kept_max) {
    kept_.pop_front();
  }
  return cut(kept_.back(), 0);
}

wire::message long_answers::piece(const wire::peer& to, std::string_view request) {
  const auto asked = decode_place(request);
  const auto it = std::find_if(kept_.begin(), kept_.end(),
                               [&](const kept& k) { return k.number == asked.number && k.to == to.life; });
  if (it == kept_.end() || asked.offset >= it->bytes.size()) {
    throw error{errc::unavailable, "the rest of a long answer is no longer here; ask anew"};
  }
  auto found = cut(*it, asked.offset);
  if (asked.offset + piece_bytes_ >= it->bytes.size()) {
    kept_.erase(it); // the last: should it be lost, the wire remembers it
  }
  return found;
}

const std::string* answer_so_far::add(const wire::outcome& how) {
  if (how.failure || how.reply.kind != read_on) {
    return &reply_in(how);
  }
  const auto& parts = how.reply.parts;
  const auto at = parts.size() == 2 ? decode_place(*parts[1]) : place{}; // one of no bytes follows nothing
  const bool first = bytes_.empty();
  if (at.total > long_answer_bytes_max || at.total <= at.offset || at.offset != bytes_.size() ||
      (!first && at.number != number_) || parts[0]->empty() || parts[0]->size() > at.total - at.offset) {
    throw error{errc::failed, "a piece of an answer that does not follow the one before"};
  }
  if (first) {
    number_ = at.number;
  }
  bytes_ += *parts[0];
  return bytes_.size() == at.total ? &bytes_ : nullptr;
}

wire::message answer_so_far::next() const {
  return {read_on, {wire::make_part(encode(place{number_, bytes_.size(), 0}))}};
}

} // namespace troupe::actors
