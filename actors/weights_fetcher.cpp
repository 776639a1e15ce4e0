// SPDX-License-Identifier: Apache-2.0
#include "actors/weights_fetcher.hpp"

#include "actors/deadlines.hpp"
#include "actors/wire_reply.hpp"
#include "runtime/weights/changed_words.hpp"
#include "runtime/weights/version_file.hpp"
#include "schema/codec.hpp"

#include <algorithm>
#include <cstring>
#include <deque>
#include <new>

namespace troupe::actors {

namespace {

constexpr std::size_t chunks_under_way = 3; // one is written down while two travel
constexpr std::align_val_t alignment{64};   // of what vector instructions read

/// Not filled: every byte of it comes from elsewhere.
std::shared_ptr<std::uint32_t> room_for(std::uint64_t words) {
  auto* const room = static_cast<std::uint32_t*>(::operator new(4 * words, alignment));
  return {room, [](std::uint32_t* p) { ::operator delete(p, alignment); }};
}

error torn(const publication& p, const std::string& what) {
  return error{errc::corrupt, "version " + std::to_string(p.version.value) + " of stage " +
                                  std::to_string(p.stage.value) + ": " + what};
}

} // namespace

void stop_signal::stop() {
  const std::lock_guard hold{mutex_};
  stopped_ = true;
  changed_.notify_all();
}

bool stop_signal::stopped() const {
  const std::lock_guard hold{mutex_};
  return stopped_;
}

bool stop_signal::pause(std::chrono::milliseconds time) {
  std::unique_lock hold{mutex_};
  return !changed_.wait_for(hold, time, [this] { return stopped_; });
}

weights_fetcher::weights_fetcher(std::shared_ptr<wire::client> client, std::shared_ptr<gpu::backend> backend,
                                 std::shared_ptr<stop_signal> signal)
    : client_(std::move(client)), backend_(std::move(backend)), signal_(std::move(signal)) {}

weights_fetcher::answer weights_fetcher::ask(weights_call which, std::string bytes) {
  auto a = std::make_shared<std::optional<wire::outcome>>();
  client_->request({static_cast<std::uint16_t>(which), {wire::make_part(std::move(bytes))}},
                   which == weights_call::chunk ? deadline::weights_chunk : deadline::weights,
                   [a, signal = signal_](wire::outcome how) {
                     const std::lock_guard hold{signal->mutex_};
                     *a = std::move(how);
                     signal->changed_.notify_all();
                   });
  return a;
}

wire::part weights_fetcher::wait(const answer& a) {
  std::unique_lock hold{signal_->mutex_};
  signal_->changed_.wait(hold, [&] { return signal_->stopped_ || a->has_value(); });
  if (!a->has_value()) {
    throw error{errc::unavailable, "this process ends"};
  }
  reply_in(**a);
  return (*a)->reply.parts.front();
}

std::optional<publication> weights_fetcher::await(weights_call which, const await_weights_request& r) {
  auto reply = decode_call<await_weights_reply>(*wait(ask(which, encode(r))));
  if (!reply.found) {
    return std::nullopt;
  }
  return std::move(reply.what);
}

/// take(offset, bytes) for each chunk, in order.
template <class Take>
void weights_fetcher::read_chunks(const publication_id& id, const publication_id& base, std::uint64_t bytes,
                                  Take take) {
  std::deque<answer> asked;
  std::uint64_t next = 0;
  for (std::uint64_t at = 0; at < bytes;) {
    for (; next < bytes && asked.size() < chunks_under_way; next += chunk_bytes) {
      asked.push_back(ask(weights_call::chunk, encode(weights_chunk_request{id, base, next})));
    }
    const auto piece = wait(asked.front());
    asked.pop_front();
    if (piece->size() != std::min<std::uint64_t>(chunk_bytes, bytes - at)) {
      throw error{errc::corrupt, "a chunk of " + std::to_string(piece->size()) + " bytes at " + std::to_string(at) +
                                     " of " + std::to_string(bytes)};
    }
    take(at, *piece);
    at += piece->size();
  }
}

weights_fetcher::fetched weights_fetcher::get(const publication& p, const publication_id& base_id,
                                              const gpu::weights* base) {
  if (!p.file.empty()) {
    return {map(p), way::mapped, 0};
  }
  if (p.changes_bytes > 0 && base != nullptr && base->words().size() == p.words) {
    return {make(p, base_id, base), way::changed, p.changes_bytes};
  }
  return {make(p, {}, nullptr), way::full, 4 * p.words};
}

std::shared_ptr<const gpu::weights> weights_fetcher::map(const publication& p) {
  std::shared_ptr<const weights::version_file> file;
  try {
    file = std::make_shared<const weights::version_file>(p.file, weights::version_name{p.stage, p.version});
  } catch (const error& e) {
    if (e.code() == errc::corrupt) {
      throw;
    }
    throw file_unseen{e.code(), e.what()};
  }
  if (file->words().size() != p.words || file->checksum() != p.checksum) {
    throw torn(p, p.file + " holds other words than were published");
  }
  const auto words = file->words();
  return backend_->weights_from_words(p.shape, p.version, words, std::move(file));
}

std::shared_ptr<const gpu::weights> weights_fetcher::make(const publication& p, const publication_id& base_id,
                                                          const gpu::weights* base) {
  const auto room = room_for(p.words);
  const std::span words{room.get(), static_cast<std::size_t>(p.words)};
  if (base != nullptr) {
    std::string changes;
    read_chunks(p.id, base_id, p.changes_bytes, [&](std::uint64_t, const std::string& bytes) { changes += bytes; });
    std::ranges::copy(base->words(), words.begin());
    weights::apply_changes(words, changes);
  } else {
    read_chunks(p.id, {}, words.size_bytes(), [&](std::uint64_t at, const std::string& bytes) {
      std::memcpy(reinterpret_cast<char*>(room.get()) + at, bytes.data(), bytes.size());
    });
  }
  if (weights::checksum(words) != p.checksum) {
    throw torn(p, "the words that came do not match their checksum");
  }
  return backend_->weights_from_words(p.shape, p.version, words, room);
}

} // namespace troupe::actors
