// SPDX-License-Identifier: Apache-2.0
#include "runtime/config/recipe_schema.hpp"

#include "runtime/config/limits.hpp"
#include "runtime/config/value_keys.hpp"
#include "runtime/rollout/losses.hpp"
#include "runtime/verify/judges.hpp"

#include <algorithm>

namespace troupe::config {
namespace {

constexpr stage_set sft = in(stage_type::sft);
constexpr stage_set grpo = in(stage_type::grpo);
constexpr stage_set rejection = in(stage_type::rejection_sampling);
constexpr stage_set eval = in(stage_type::eval);
constexpr stage_set training = [] {
  stage_set all = 0;
  for (const auto& [name, type] : stage_types) {
    all |= trains(type) ? in(type) : stage_set{0};
  }
  return all;
}();
constexpr stage_set samples = grpo | rejection | eval;

std::string flow_list(const std::vector<std::string>& texts) {
  std::string all;
  for (const auto& one : texts) {
    all += (all.empty() ? "" : ", ") + yaml_text(one);
  }
  return "[" + all + "]";
}

key<stage_spec> loss_type_key() {
  std::vector<std::pair<std::string, std::string>> names;
  std::string about;
  for (const auto& one : rollout::losses()) {
    names.emplace_back(one.name, one.name);
    about += (about.empty() ? "" : "; ") + std::string(one.name) + ": " + std::string(one.about);
  }
  return choice("loss_type", &stage_spec::loss_type, std::move(names), about, grpo);
}

key<reward_spec> verifier_key() {
  return {"verifier",
          every_stage,
          "a verifier's name, {command: [...]} or {url: ...}",
          "who judges; your own speaks JSON lines, see docs/verifiers.md",
          [](reward_spec& to, const node& from, const std::string& path) {
            if (from.is != node::shape::map) {
              to.verifier = read_text(from, path);
              if (const auto& names = verify::judge_names();
                  std::find(names.begin(), names.end(), to.verifier) == names.end()) {
                refuse(from.where, path,
                       "no verifier is called " + yaml_text(to.verifier) + "; " + suggestion(to.verifier, names));
              }
              return;
            }
            const auto* command = from.find("command");
            const auto* url = from.find("url");
            if (from.entries.size() != 1 || (command == nullptr && url == nullptr)) {
              refuse(from.where, path, "must hold one of command and url, nothing else");
            }
            if (command != nullptr) {
              to.command = read_texts(*command, path + ".command");
              if (to.command.empty() || to.command[0].empty()) {
                refuse(command->where, path + ".command", "names no program; write [program, argument, ...]");
              }
            } else {
              to.url = read_text(*url, path + ".url");
              if (!to.url.starts_with("http://") && !to.url.starts_with("https://")) {
                refuse(url->where, path + ".url",
                       "is " + yaml_text(to.url) + "; it must begin with http:// or https://");
              }
            }
          },
          [](const reward_spec& of) {
            return !of.command.empty() ? "{command: " + flow_list(of.command) + "}"
                   : !of.url.empty()   ? "{url: " + yaml_text(of.url) + "}"
                                       : yaml_text(of.verifier);
          }};
}

key<reward_spec> reward_tasks_key() {
  return {"tasks",
          every_stage,
          "names of tasks",
          "judges only answers to these; empty: to all",
          [](reward_spec& to, const node& from, const std::string& path) { to.tasks = read_texts(from, path); },
          [](const reward_spec& of) { return flow_list(of.tasks); }};
}

key<stage_spec> stop_above_key() {
  return {"stop_above",
          sft,
          "above 0, at most 1, or null",
          "ends the stage once validation pass@1 reaches this; needs eval_steps",
          [](stage_spec& to, const node& from, const std::string& path) {
            if (from.is == node::shape::none || from.text == "null") {
              to.stop_above.reset();
              return;
            }
            to.stop_above = read_real(from, path);
            require_in({0, 1, true}, *to.stop_above, from, path);
          },
          [](const stage_spec& of) { return of.stop_above ? number_text(*of.stop_above) : std::string("null"); }};
}

key<stage_spec> batch_in_samples_key() {
  key<stage_spec> made;
  made.name = "train_batch_size";
  made.stages = grpo;
  made.range = "a multiple of num_generations";
  made.help = "the same in samples: groups_per_batch * num_generations; give one of the two";
  made.hidden = true;
  made.read = [](stage_spec& to, const node& from, const std::string& path) {
    const auto samples_wanted = read_whole(from, path);
    require_in({1, 1e9}, static_cast<double>(samples_wanted), from, path);
    if (samples_wanted % to.num_generations != 0) {
      refuse(from.where, path,
             "is " + from.text + ", which is not a multiple of num_generations (" + std::to_string(to.num_generations) +
                 "); a batch holds whole groups");
    }
    to.groups_per_batch = static_cast<std::uint32_t>(samples_wanted / to.num_generations);
  };
  return made;
}

} // namespace

const std::vector<key<recipe>>& recipe_keys() {
  using T = recipe;
  static const std::vector<key<T>> all = {
      words("name", &T::name, "of the recipe; by default the file's"),
      whole("seed", &T::seed, {}, "of the new model, of sampling and of the order of data"),
      words("device", &T::device, "cpu, cuda or cuda:N"),
      flag("deterministic", &T::deterministic,
           "row-invariant kernels: sampler and trainer agree exactly; slower, and on the CPU only"),
      whole("generators", &T::generators, {1, members_max}, "sampling engines"),
      whole("verifiers", &T::verifiers, {1, members_max}, "verifiers that work side by side"),
      whole("learners", &T::learners, {1, members_max},
            "ranks of the learner: each trains its share of every batch; results do not depend on it but for rounding"),
      whole("generator_batch_size", &T::generator_batch_size, {1, 65536}, "completions one generator runs at once"),
      whole("threads", &T::threads, {0, 1024},
            "of each generator and learner; 0: cores / (generators + learners), in sft stages cores / learners"),
      real("lease_s", &T::lease_s, {0.1, 86400},
           "seconds of silence after which a worker's groups go back to the queue"),
      real("stall_s", &T::stall_s, {1, 1e7},
           "seconds without a step, or without an answer of an evaluation, after which a run ends and says who waits "
           "for "
           "whom; to it comes the time that verifiers of yours may take"),
  };
  return all;
}

const std::vector<key<retention_spec>>& retention_keys() {
  using T = retention_spec;
  static const std::vector<key<T>> all = {
      real("max_age_s", &T::max_age_s, {0, 1e9},
           "seconds since a group came to its end, after which it is forgotten; 0: no limit"),
      real("max_gb", &T::max_gb, {0, 1e6},
           "1e9 bytes of prompts, samples and judgements, before compression; the oldest go first; 0: no limit"),
  };
  return all;
}

const std::vector<key<model_spec>>& model_keys() {
  using T = model_spec;
  static const std::vector<key<T>> all = {
      words("path", &T::path,
            "a Hugging Face folder, relative to the current folder; empty: a new model of the shape below"),
      whole("hidden_size", &T::hidden_size, {1, 1 << 16}, "width"),
      whole("num_hidden_layers", &T::num_hidden_layers, {1, 1024}, "layers"),
      whole("num_attention_heads", &T::num_attention_heads, {1, 1024},
            "query heads; divide hidden_size into an even width"),
      whole("num_key_value_heads", &T::num_key_value_heads, {1, 1024},
            "key and value heads; divide num_attention_heads"),
      whole("intermediate_size", &T::intermediate_size, {1, 1 << 20}, "width of the feed-forward part"),
      whole("max_position_embeddings", &T::max_position_embeddings, {1, 1 << 20},
            "tokens of prompt and completion together"),
      real("rope_theta", &T::rope_theta, {0, 1e9, true}, "base of the rotary embedding"),
      real("initializer_range", &T::initializer_range, {0, 1, true}, "standard deviation of new weights"),
      words("alphabet", &T::alphabet, "characters of a new tokenizer; empty: what the tasks need"),
  };
  return all;
}

const std::vector<key<task_spec>>& task_keys() {
  using T = task_spec;
  static const std::vector<key<T>> all = {
      words("kind", &T::kind, "a generator, see below; by default the task's own name"),
      words("path", &T::path, "a JSONL file instead, relative to the current folder"),
      flag("skip_bad_lines", &T::skip_bad_lines, "JSONL: count and skip lines that hold no problem"),
      whole("seed", &T::seed, {}, "of the generator, or of a file's order"),
      whole("validation_size", &T::validation_size, {0, 1e7}, "most problems for decisions during training"),
      whole("heldout_size", &T::heldout_size, {0, 1e7}, "most problems for reports"),
  };
  return all;
}

std::string deciding_verifiers() {
  std::string names;
  for (const auto& name : verify::judge_names()) {
    names += verify::decides_by_default(name) ? name + ", " : "";
  }
  return names + "command and url";
}

const std::vector<key<reward_spec>>& reward_keys() {
  using T = reward_spec;
  static const std::vector<key<T>> all = {
      words("name", &T::name, "of the reward part; by default the verifier's"),
      verifier_key(),
      real("weight", &T::weight, {-1e6, 1e6}, "the reward is the sum of weight * value"),
      real("timeout_s", &T::timeout_s, {0.01, 86400}, "seconds for one completion, for command and url"),
      reward_tasks_key(),
      flag("decides", &T::decides, "its verdict counts for the sample's; by default for " + deciding_verifiers()),
  };
  return all;
}

const std::vector<key<mixture_part>>& mixture_keys() {
  using T = mixture_part;
  static const std::vector<key<T>> all = {
      words("task", &T::task, "one of `tasks`"),
      words("dataset", &T::dataset, "or what an earlier rejection_sampling stage made (sft)"),
      real("weight", &T::weight, {0, 1e6, true}, "share of prompts or examples"),
      whole("limit", &T::limit, {0, 1e12}, "at most so many different ones; 0: no limit"),
  };
  return all;
}

const std::vector<key<stage_spec>>& stage_keys() {
  using T = stage_spec;
  static const std::vector<key<T>> all = {
      words("init", &T::init,
            "stage whose weights to start from; empty: the nearest earlier sft or grpo, else the model"),
      choice("checkpoint", &T::checkpoint, {{"last", checkpoint_choice::last}, {"best", checkpoint_choice::best}},
             "which of its checkpoints: the last, or the best by validation"),
      whole("max_completion_length", &T::max_completion_length, {1, 1 << 20},
            "tokens of an answer, the end token included"),
      real("temperature", &T::temperature, {0, 100}, "of sampling; 0 is greedy"),
      real("top_p", &T::top_p, {0, 1, true}, "of sampling; 1: off", samples),
      whole("top_k", &T::top_k, {0, 1 << 20}, "of sampling; 0: off", samples),
      whole("max_steps", &T::max_steps, {1, 1e9}, "optimizer steps (sft), batches (grpo)", training),
      real("learning_rate", &T::learning_rate, {0, 10}, "of AdamW, at its highest", training),
      choice("lr_scheduler_type", &T::lr_scheduler_type,
             {{"constant", lr_schedule::constant}, {"linear", lr_schedule::linear}, {"cosine", lr_schedule::cosine}},
             "after the warm-up", training),
      whole("warmup_steps", &T::warmup_steps, {0, 1e9}, "steps of linear warm-up", training),
      real("min_lr_ratio", &T::min_lr_ratio, {0, 1}, "of learning_rate, where linear and cosine end", training),
      real("adam_beta1", &T::adam_beta1, {0, 0.9999999}, "of AdamW", training),
      real("adam_beta2", &T::adam_beta2, {0, 0.9999999}, "of AdamW", training),
      real("weight_decay", &T::weight_decay, {0, 10}, "of AdamW, not of norms", training),
      real("max_grad_norm", &T::max_grad_norm, {0, 1e9}, "gradients are clipped to this norm; 0: never", training),
      whole("train_batch_size", &T::per_step_examples, {1, 1e6}, "examples a step", sft),
      stop_above_key(),
      whole("num_generations", &T::num_generations, {1, samples_max}, "answers to each prompt", grpo | rejection),
      whole("groups_per_batch", &T::groups_per_batch, {1, 1e6}, "prompts a batch", grpo),
      batch_in_samples_key(),
      whole("max_staleness", &T::max_staleness, {0, staleness_max},
            "policy versions a sample may lag behind; 0: synchronous", grpo),
      choice("stale", &T::stale, {{"drop", stale_policy::drop}, {"wait", stale_policy::wait}},
             "what becomes of a group that would be too old: drop it, or wait for it before committing", grpo),
      choice("table", &T::table, {{"queue", table_kind::queue}, {"replay", table_kind::replay}},
             "a batch consumes each group once, or (replay) up to max_reuse times within max_staleness", grpo),
      whole("max_reuse", &T::max_reuse, {1, 1024}, "batches that may consume a group; above 1 with table: replay",
            grpo),
      choice("sampler", &T::sampler,
             {{"fifo", rollout::selector::fifo},
              {"uniform", rollout::selector::uniform},
              {"prioritized", rollout::selector::prioritized}},
             "replay: which ready groups make a batch: the oldest, any, or by the spread of their rewards", grpo),
      real("priority_exponent", &T::priority_exponent, {0, 100},
           "prioritized: chance is proportional to spread ^ this; 0: uniform", grpo),
      whole("max_size", &T::max_size, {0, 1e6}, "replay: ready groups the table keeps; 0: what max_staleness allows",
            grpo),
      choice("acknowledge", &T::acknowledge,
             {{"none", store::durability::none}, {"wal", store::durability::wal}, {"disk", store::durability::disk}},
             "when samples and verdicts count as stored: once queued, once a kill cannot lose them (wal), once a power "
             "cut cannot (disk); steps and checkpoints are always on disk"),
      choice("remover", &T::remover,
             {{"fifo", rollout::remover::fifo}, {"lowest_priority", rollout::remover::lowest_priority}},
             "replay: what leaves above max_size: the oldest, or the smallest spread of rewards", grpo),
      real("samples_per_insert", &T::samples_per_insert, {0, 1024},
           "replay: uses of a group, on average, before the learner waits for new ones; 0: no limit", grpo),
      whole("min_size_to_sample", &T::min_size_to_sample, {0, 1e6},
            "replay: ready groups before a batch is taken; 0: a batch is enough", grpo),
      whole("num_iterations", &T::num_iterations, {1, 1024}, "passes over a batch", grpo),
      whole("mini_batches", &T::mini_batches, {1, 65536}, "optimizer updates a pass", grpo),
      real("epsilon", &T::epsilon, {0, 100, true}, "clip of the probability ratio, below", grpo),
      real("epsilon_high", &T::epsilon_high, {0, 100, true}, "clip above; by default epsilon", grpo),
      real("beta", &T::beta, {0, 100}, "weight of the KL to the reference (k3); 0: no reference is held", grpo),
      loss_type_key(),
      choice("scale_rewards", &T::scale_rewards,
             {{"group", rollout::scale_rewards::group},
              {"batch", rollout::scale_rewards::batch},
              {"none", rollout::scale_rewards::none}},
             "whose standard deviation scales advantages", grpo),
      choice("rollout_is", &T::rollout_is, {{"none", "none"}, {"token", "token"}},
             "truncated importance sampling with the sampler's log-probabilities", grpo),
      real("rollout_is_threshold", &T::rollout_is_threshold, {1, 1e6}, "where its ratio is cut", grpo),
      flag("filter_groups", &T::filter_groups, "drop groups whose rewards are all the same", grpo),
      flag("mask_truncated_completions", &T::mask_truncated_completions,
           "no loss on answers cut by max_completion_length", grpo),
      whole("eval_steps", &T::eval_steps, {0, 1e9}, "validation every so many steps; 0: never", training),
      whole("eval_limit", &T::eval_limit, {1, 1e7}, "validation problems of each task", training),
      whole("save_steps", &T::save_steps, {1, 1e9}, "checkpoint every so many steps", training),
      whole("save_total_limit", &T::save_total_limit, {1, 1e6}, "checkpoints kept; the best one always beside them",
            training),
      whole("num_prompts", &T::num_prompts, {1, 1e12}, "prompts to answer", rejection),
      words("dataset", &T::dataset, "name of what it makes", rejection),
      whole("max_per_prompt", &T::max_per_prompt, {1, samples_max}, "most answers kept of one prompt", rejection),
      real("min_reward", &T::min_reward, {-1e6, 1e6}, "keep only answers that are correct and reach this reward",
           rejection),
      choice("split", &T::eval_split,
             {{"train", split::train}, {"validation", split::validation}, {"heldout", split::heldout}},
             "whose problems", eval),
      whole("num_problems", &T::num_problems, {1, 1e12}, "problems of each task", eval),
      whole("num_samples", &T::num_samples, {1, samples_max}, "answers to each", eval),
  };
  return all;
}

std::string to_string(stage_type type) {
  return stage_types[static_cast<std::size_t>(type)].first;
}

std::string types_in_words(stage_set stages) {
  std::string all;
  for (const auto& [name, type] : stage_types) {
    if ((stages & in(type)) != 0) {
      all += (all.empty() ? "" : ", ") + std::string(name);
    }
  }
  return all;
}

std::string reward_name(const reward_spec& spec) {
  return !spec.name.empty() ? spec.name : !spec.command.empty() ? "command" : !spec.url.empty() ? "url" : spec.verifier;
}

bool decides_by_default(const reward_spec& spec) {
  return !spec.command.empty() || !spec.url.empty() || verify::decides_by_default(spec.verifier);
}

} // namespace troupe::config
