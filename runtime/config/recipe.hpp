// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "runtime/rollout/advantages.hpp"
#include "runtime/rollout/remover.hpp"
#include "runtime/rollout/selector.hpp"
#include "runtime/store/durability.hpp"
#include "schema/rollout.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

/// A recipe: one YAML file that says which model learns what, in which stages. These structs are its resolved form.
/// `recipe_schema.cpp` is the one table of keys: name, default, range and help of each; parsing, the resolved copy, the
/// suggestions for misspelt keys and `docs/recipe.md` all come from it.
namespace troupe::config {

struct model_spec {
  std::string path; ///< a Hugging Face folder; empty: a new model of the shape below
  std::uint32_t hidden_size = 128;
  std::uint32_t num_hidden_layers = 2;
  std::uint32_t num_attention_heads = 4;
  std::uint32_t num_key_value_heads = 4;
  std::uint32_t intermediate_size = 512;
  std::uint32_t max_position_embeddings = 128; ///< tokens of prompt and completion together
  double rope_theta = 1000.0;
  double initializer_range = 0.02;
  std::string alphabet; ///< of a new character-level tokenizer; empty: what the tasks need
};

/// A generator of problems (`kind`), or a JSONL file (`path`).
struct task_spec {
  std::string name;            ///< the key under `tasks`
  std::string kind;            ///< one of task::kinds(); empty with `path`
  std::string path;            ///< JSONL of {"prompt","answer"} or {"messages","answer"}
  bool skip_bad_lines = false; ///< JSONL: count and skip lines that do not parse instead of refusing the file
  std::uint64_t seed = 0;
  std::uint64_t validation_size = 256;
  std::uint64_t heldout_size = 1024;
  std::vector<std::pair<std::string, double>> parameters; ///< of the generator: digits, min_terms, max_terms, ...
};

struct reward_spec {
  std::string name;                 ///< of the reward part; by default the verifier's name
  std::string verifier;             ///< one of verify::judges(); empty with command or url
  std::vector<std::string> command; ///< the user's own, long-lived, JSON lines on stdin and stdout
  std::string url;                  ///< the user's own, JSON lines by POST
  double weight = 1.0;
  double timeout_s = 10.0;        ///< of one completion, for command and url
  std::vector<std::string> tasks; ///< empty: all
  /// Its verdict counts for the sample's; by default as verify::judges() has it, and for command and url.
  bool decides = false;
};

struct mixture_part {
  std::string task;        ///< one of task, dataset
  std::string dataset;     ///< made by an earlier rejection_sampling stage
  double weight = 1.0;     ///< share of prompts or examples
  std::uint64_t limit = 0; ///< at most so many different ones; 0: no limit
};

enum class stage_type : std::uint8_t { sft, grpo, rejection_sampling, eval };
/// Whether a stage of this type changes the weights.
constexpr bool trains(stage_type type) {
  return type == stage_type::sft || type == stage_type::grpo;
}
enum class checkpoint_choice : std::uint8_t { last, best };
enum class stale_policy : std::uint8_t { drop, wait };
enum class table_kind : std::uint8_t { queue, replay };
enum class lr_schedule : std::uint8_t { constant, linear, cosine };

/// What the store may forget of groups that nothing refers to any more; their own records stay.
struct retention_spec {
  double max_age_s = 0; ///< since a group came to its end; 0: no limit
  double max_gb = 0;    ///< 1e9 bytes of prompts, samples and judgements; 0: no limit
};

/// Fields that a stage's type does not know keep their defaults; the parser refuses them in the file.
struct stage_spec {
  std::string name;
  stage_type type = stage_type::grpo;
  int line = 0; ///< in the recipe's file, for messages
  // -- where the weights come from ------------------------------------------------------------------
  std::string init; ///< an earlier stage; empty: the nearest earlier sft or grpo stage, else the model
  checkpoint_choice checkpoint = checkpoint_choice::best;
  // -- prompts or examples -------------------------------------------------------------------------
  std::vector<mixture_part> data;
  std::vector<reward_spec> rewards;
  std::uint32_t max_completion_length = 64;
  double temperature = 1.0;
  double top_p = 1.0;
  std::uint32_t top_k = 0;
  // -- optimisation (sft, grpo) ----------------------------------------------------------------------
  std::uint32_t max_steps = 100;
  double learning_rate = 1e-4;
  lr_schedule lr_scheduler_type = lr_schedule::constant;
  std::uint32_t warmup_steps = 0;
  double min_lr_ratio = 0.0; ///< of learning_rate, reached at the end of linear and cosine
  double adam_beta1 = 0.9;
  double adam_beta2 = 0.95;
  double weight_decay = 0.0;
  double max_grad_norm = 1.0;
  // -- sft -------------------------------------------------------------------------------------------
  std::uint32_t per_step_examples = 64; ///< sft: `train_batch_size`
  std::optional<double> stop_above;     ///< ends the stage when validation pass@1 reaches it
  // -- grpo ------------------------------------------------------------------------------------------
  std::uint32_t num_generations = 8;   ///< grpo and rejection_sampling
  std::uint32_t groups_per_batch = 16; ///< also accepted: train_batch_size, in samples
  std::uint32_t max_staleness = 1;     ///< policy versions
  stale_policy stale = stale_policy::drop;
  table_kind table = table_kind::queue;
  std::uint32_t max_reuse = 1; ///< batches that may consume a group; above 1 with replay only
  rollout::selector sampler = rollout::selector::fifo;
  double priority_exponent = 1.0; ///< of prioritized
  std::uint32_t max_size = 0;     ///< ready groups a replay table keeps; 0: what max_staleness allows
  rollout::remover remover = rollout::remover::fifo; ///< which go, above max_size
  double samples_per_insert = 0.0;      ///< uses of a group on average before the learner waits; 0: no limit
  std::uint32_t min_size_to_sample = 0; ///< ready groups before a batch is taken; 0: a batch is enough
  std::uint32_t num_iterations = 1;
  std::uint32_t mini_batches = 1;
  double epsilon = 0.2;
  double epsilon_high = 0.2; ///< default: epsilon
  double beta = 0.0;
  std::string loss_type = "dapo"; ///< one of rollout/losses.hpp
  rollout::scale_rewards scale_rewards = rollout::scale_rewards::group;
  std::string rollout_is = "none"; ///< none, token
  double rollout_is_threshold = 2.0;
  bool filter_groups = false; ///< drop groups whose rewards are all the same
  bool mask_truncated_completions = false;
  // -- evaluation and checkpoints (sft, grpo) ----------------------------------------------------------
  std::uint32_t eval_steps = 0;   ///< 0: never during the stage
  std::uint64_t eval_limit = 128; ///< validation problems of each task
  std::uint32_t save_steps = 20;
  std::uint32_t save_total_limit = 3; ///< the best one is always kept beside them
  // -- rejection_sampling ------------------------------------------------------------------------------
  std::uint64_t num_prompts = 256;
  std::string dataset; ///< name of what it makes
  std::uint32_t max_per_prompt = 2;
  double min_reward = 0.0; ///< keep only samples that are correct and reach this reward
  // -- eval ------------------------------------------------------------------------------------------
  split eval_split = split::heldout; ///< `split`
  std::uint64_t num_problems = 512;  ///< of each task
  std::uint32_t num_samples = 1;
  // -- of the stage's own groups ---------------------------------------------------------------------
  store::durability acknowledge = store::durability::wal; ///< of samples and verdicts; steps are always on disk
  retention_spec retention;                               ///< beside the recipe's limits for all
};

/// To each prompt of the stage; of sft, to one of its validation.
inline std::uint32_t answers_of(const stage_spec& s) {
  switch (s.type) {
  case stage_type::grpo:
  case stage_type::rejection_sampling:
    return s.num_generations;
  case stage_type::eval:
    return s.num_samples;
  case stage_type::sft:
    break;
  }
  return 1;
}

struct recipe {
  std::string name;
  std::string file; ///< as given; "embedded:r1-tiny" for an embedded one
  std::uint64_t seed = 1;
  std::string device = "cpu";
  bool deterministic = false;
  std::uint32_t generators = 1;
  std::uint32_t verifiers = 1;
  std::uint32_t learners = 1;               ///< ranks of the one learner, each with its share of every batch
  std::uint32_t generator_batch_size = 128; ///< completions one generator runs at once
  std::uint32_t threads = 0; ///< intra-op, of each generator and learner; 0: cores / (generators + learners)
  double lease_s = 60.0;     ///< a silent worker's groups go back to the queue after this
  double stall_s = 300.0;    ///< a run that waits so long for one batch ends with the reason
  retention_spec retention;
  model_spec model;
  std::vector<task_spec> tasks;
  std::vector<stage_spec> stages;

  const task_spec& task(std::string_view name) const; ///< the recipe was checked: it exists
  const stage_spec& stage(std::string_view name) const;
};

/// Reads, resolves and checks. `source` is a file name or the name of an embedded recipe; each of `overrides` is
/// `key=value` (`stages.reasoning_rl.learning_rate=0`: list elements by their name). Throws error(invalid) whose
/// message is `file:line: key: what is wrong; what to do`; error(not_found) when there is no such file or recipe.
recipe load_recipe(const std::string& source, const std::vector<std::string>& overrides = {});

/// The resolved recipe as YAML, every default spelled out. load_recipe of it gives the same recipe.
std::string to_yaml(const recipe& r);

struct embedded_recipe {
  std::string name;
  std::string summary; ///< the first comment line of the file
  std::string yaml;
};
const std::vector<embedded_recipe>& embedded_recipes();

} // namespace troupe::config
