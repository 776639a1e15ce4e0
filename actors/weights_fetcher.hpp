// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "actors/weights_calls.hpp"
#include "gpu/engine.hpp"
#include "runtime/error.hpp"
#include "runtime/wire/client.hpp"

#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

namespace troupe::actors {

/// What several threads wait on together, and what ends all their waits.
class stop_signal {
public:
  void stop();
  bool stopped() const;
  /// False when stopped.
  bool pause(std::chrono::milliseconds time);

private:
  friend class weights_fetcher;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  bool stopped_ = false;
};

/// A version file that is not to be seen from here: replaced meanwhile, or on a file system of the learner's own.
class file_unseen : public error {
public:
  using error::error;
};

/// Asks a weights_door and waits for its answers: which publications there are, and their words. Each wait ends by the
/// deadline of its request, or with error(unavailable) when the signal is given.
/// Not thread-safe; several may share a client and a signal.
class weights_fetcher {
public:
  enum class way { mapped, changed, full };
  struct fetched {
    std::shared_ptr<const gpu::weights> what;
    way how = way::full;
    std::uint64_t bytes = 0; ///< over the wire
  };

  weights_fetcher(std::shared_ptr<wire::client> client, std::shared_ptr<gpu::backend> backend,
                  std::shared_ptr<stop_signal> signal);

  /// await_latest or fetch. Nothing when there is nothing new. Throws what the door or the wire answered.
  std::optional<publication> await(weights_call which, const await_weights_request& r);
  /// The words of a publication: out of its file where it names one; else by changes against `base`, whose id is
  /// `base_id`, where there are any; else whole. Throws error(corrupt) when what came is not what was described,
  /// file_unseen, error(not_found) when it is no longer there.
  fetched get(const publication& p, const publication_id& base_id, const gpu::weights* base);

private:
  using answer = std::shared_ptr<std::optional<wire::outcome>>;
  answer ask(weights_call which, std::string bytes);
  wire::part wait(const answer& a);
  template <class Take>
  void read_chunks(const publication_id& id, const publication_id& base, std::uint64_t bytes, Take take);

  std::shared_ptr<const gpu::weights> map(const publication& p);
  std::shared_ptr<const gpu::weights> make(const publication& p, const publication_id& base_id,
                                           const gpu::weights* base);

  std::shared_ptr<wire::client> client_;
  std::shared_ptr<gpu::backend> backend_;
  std::shared_ptr<stop_signal> signal_;
};

} // namespace troupe::actors
