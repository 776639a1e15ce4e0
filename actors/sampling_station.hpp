// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "actors/activity.hpp"
#include "actors/messages.hpp"
#include "actors/weights_board.hpp"
#include "gpu/engine.hpp"
#include "runtime/text/tokenizer.hpp"

#include <deque>
#include <map>
#include <memory>
#include <set>
#include <string>

namespace troupe::actors {

/// What a generator does, without the actor: keeps a sampler busy with leased prompts, swaps in new weights between two
/// decode steps, and keeps pinned work (evaluations, collections) on a sampler of its own that never swaps midway.
/// Work whose weights are not on the board yet waits for them, and other work goes on meanwhile.
/// Not thread-safe: its owner is one generator.
class sampling_station {
public:
  sampling_station(std::shared_ptr<gpu::backend> backend, std::shared_ptr<weights_board> board,
                   std::shared_ptr<const text::tokenizer> tokenizer, std::shared_ptr<activity> meter,
                   std::uint32_t batch_size);

  void accept(lease_id lease, const std::vector<prompt_work>& work);
  /// Up to `steps` decode steps; the samples that finished.
  std::vector<sampled> run(std::uint32_t steps);
  /// Samples not finished yet.
  std::size_t pending() const noexcept { return tickets_.size(); }
  /// Whether `run` could do anything now: false while all it holds waits for weights that are not published yet.
  bool can_step();
  /// What all it holds waits for, "version 7 of stage 1" say; empty while there is something to do, or nothing at all.
  std::string waiting_for();
  /// Forgets what is left of a lease that is another's now.
  void let_go(lease_id lease);
  /// Forgets everything. Gives the leases it held, and of each what was sampled of answers that are not finished.
  std::map<lease_id, std::vector<sampled>> abandon();
  std::set<lease_id> leases() const;

private:
  struct ticket {
    lease_id lease;
    group_id of;
  };
  struct waiting_request {
    stage_index stage;
    policy_version version; ///< exactly this one for pinned work, at least this one for train groups
    gpu::sample_request what;
  };

  bool swap_weights();
  void admit_train();
  void admit_pinned();
  sampled take(gpu::sample_result result);

  std::shared_ptr<gpu::backend> backend_;
  std::shared_ptr<weights_board> board_;
  std::shared_ptr<const text::tokenizer> tokenizer_;
  std::shared_ptr<activity> meter_;
  std::uint32_t batch_size_;
  std::unique_ptr<gpu::sampler> train_;
  std::shared_ptr<const gpu::weights> train_weights_;
  std::unique_ptr<gpu::sampler> pinned_;
  std::deque<waiting_request> waiting_train_;
  std::deque<waiting_request> waiting_;
  std::map<std::uint64_t, ticket> tickets_;
  std::uint64_t next_tag_ = 1;
};

} // namespace troupe::actors
