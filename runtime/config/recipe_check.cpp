// SPDX-License-Identifier: Apache-2.0
#include "runtime/config/nearest.hpp"
#include "runtime/config/recipe_reader.hpp"
#include "runtime/config/recipe_schema.hpp"
#include "runtime/config/stage_graph.hpp"

#include <algorithm>
#include <set>

namespace troupe::config {
namespace {

/// One walk over the stages in order, with what earlier ones made.
class checker {
public:
  explicit checker(const placed_recipe& placed) : placed_(placed), r_(placed.r) {}

  void run() {
    check_model();
    for (const auto& one : r_.tasks) {
      tasks_.push_back(one.name);
    }
    require(!tasks_.empty(), "tasks", "is empty, so there is no prompt; name at least one task");
    require(!r_.stages.empty(), "stages", "is empty; `troupe recipe show r1-tiny` prints a recipe to start from");
    for (const auto& stage : r_.stages) {
      stage_ = &stage;
      check_init();
      check_data();
      check_rewards();
      check_sampling();
      check_training();
      check_validation();
      check_type();
      if (trains(stage.type)) {
        with_weights_.push_back(stage.name);
      }
    }
  }

private:
  /// `path` is a key of the stage at hand where there is one.
  void require(bool holds, const std::string& path, const std::string& what) const {
    if (!holds) {
      const auto whole = stage_ == nullptr ? path : "stages." + stage_->name + (path.empty() ? "" : "." + path);
      refuse(placed_.place(whole), whole, what);
    }
  }

  void check_model() const {
    const auto& m = r_.model;
    const bool cuda = r_.device == "cuda" || (r_.device.starts_with("cuda:") && r_.device.size() > 5 &&
                                              r_.device.find_first_not_of("0123456789", 5) == std::string::npos);
    require(r_.device == "cpu" || cuda, "device", "is " + yaml_text(r_.device) + "; it must be cpu, cuda or cuda:N");
    require(!(cuda && r_.deterministic), "deterministic",
            "is true, but device is " + r_.device +
                "; row-invariant kernels exist for the CPU only: use device: cpu, or "
                "deterministic: false");
    require(m.hidden_size % m.num_attention_heads == 0 && m.hidden_size / m.num_attention_heads % 2 == 0,
            "model.num_attention_heads",
            "is " + std::to_string(m.num_attention_heads) + ", which does not divide hidden_size (" +
                std::to_string(m.hidden_size) + ") into heads of an even width; choose one that does");
    require(m.num_attention_heads % m.num_key_value_heads == 0, "model.num_key_value_heads",
            "is " + std::to_string(m.num_key_value_heads) + ", which does not divide num_attention_heads (" +
                std::to_string(m.num_attention_heads) + "); choose one that does");
  }

  void check_init() const {
    if (stage_->init.empty()) {
      return;
    }
    require(std::find(with_weights_.begin(), with_weights_.end(), stage_->init) != with_weights_.end(), "init",
            "is " + yaml_text(stage_->init) + ", which is no earlier sft or grpo stage; " +
                suggestion(stage_->init, with_weights_));
  }

  void check_data() {
    require(!stage_->data.empty(), "data",
            "is empty; name the tasks" + std::string(stage_->type == stage_type::sft ? " or datasets" : "") +
                " to use");
    for (std::size_t i = 0; i < stage_->data.size(); ++i) {
      const auto& part = stage_->data[i];
      const auto path = stage_->data.size() == 1 ? std::string("data") : "data[" + std::to_string(i) + "]";
      require(part.task.empty() != part.dataset.empty(), path, "must name either a task or a dataset");
      if (!part.task.empty()) {
        require(std::find(tasks_.begin(), tasks_.end(), part.task) != tasks_.end(), path,
                "no task is called " + yaml_text(part.task) + "; " + suggestion(part.task, tasks_));
        continue;
      }
      require(stage_->type == stage_type::sft, path, "is a dataset, which only sft stages learn from; name a task");
      if (std::find(datasets_.begin(), datasets_.end(), part.dataset) == datasets_.end()) {
        const bool later = std::any_of(r_.stages.begin(), r_.stages.end(), [&](const stage_spec& one) {
          return one.type == stage_type::rejection_sampling && one.dataset == part.dataset;
        });
        require(false, path,
                later ? "dataset " + part.dataset + " is made by a later stage; move that stage up"
                      : "no stage makes a dataset " + yaml_text(part.dataset) + "; " +
                            suggestion(part.dataset, datasets_));
      }
    }
  }

  bool asks(const std::string& task) const {
    return std::any_of(stage_->data.begin(), stage_->data.end(),
                       [&](const mixture_part& one) { return one.task == task; });
  }

  void check_rewards() const {
    require(!stage_->rewards.empty(), "rewards", "is empty; name at least one verifier");
    std::set<std::string> names;
    for (std::size_t i = 0; i < stage_->rewards.size(); ++i) {
      const auto& one = stage_->rewards[i];
      const auto path = "rewards[" + std::to_string(i) + "]";
      require(names.insert(one.name).second, path,
              "is a second part called " + one.name + "; give it a name of its own");
      for (const auto& task : one.tasks) {
        require(std::find(tasks_.begin(), tasks_.end(), task) != tasks_.end(), path + ".tasks",
                "no task is called " + yaml_text(task) + "; " + suggestion(task, tasks_));
        require(asks(task) || stage_->type == stage_type::sft, path + ".tasks",
                "task " + task + " is not in this stage's data; add it there or leave it out here");
      }
    }
  }

  void check_sampling() const {
    const auto& s = *stage_;
    if (s.type == stage_type::grpo) {
      require(s.num_generations >= 2, "num_generations",
              "is " + std::to_string(s.num_generations) + "; GRPO normalises over a group, so it must be at least 2");
      require(s.top_p == 1.0, "top_p",
              "is " + number_text(s.top_p) + "; GRPO learns from the distribution it samples from, so it must be 1");
      require(s.top_k == 0, "top_k",
              "is " + std::to_string(s.top_k) +
                  "; GRPO learns from the distribution it samples from, so it must be 0 (off)");
    }
    const auto answers = answers_of(s);
    require(s.temperature > 0 || answers == 1, "temperature",
            "is 0 (greedy), so all " + std::to_string(answers) + " answers to a prompt would be the same; raise it");
    require(s.max_completion_length < r_.model.max_position_embeddings || !r_.model.path.empty(),
            "max_completion_length",
            "is " + std::to_string(s.max_completion_length) + ", which leaves no room for a prompt in " +
                std::to_string(r_.model.max_position_embeddings) +
                " positions; lower it, or raise model.max_position_embeddings");
  }

  void check_training() const {
    const auto& s = *stage_;
    if (!trains(s.type)) {
      return;
    }
    require(s.warmup_steps <= s.max_steps, "warmup_steps",
            "is " + std::to_string(s.warmup_steps) + ", more than max_steps (" + std::to_string(s.max_steps) +
                "); lower it");
    require(!s.stop_above || s.eval_steps > 0, "stop_above", "needs validation; set eval_steps above 0");
    if (s.type == stage_type::grpo) {
      check_table();
      const auto samples = static_cast<std::uint64_t>(s.groups_per_batch) * s.num_generations;
      require(s.mini_batches <= samples, "mini_batches",
              "is " + std::to_string(s.mini_batches) + ", more than the " + std::to_string(samples) +
                  " samples of a batch; lower it");
      require(s.epsilon_high >= s.epsilon, "epsilon_high",
              "is " + number_text(s.epsilon_high) + ", below epsilon (" + number_text(s.epsilon) + "); raise it");
    }
  }

  /// What a queue has no use for, and limits of a replay table that would bring the stage to a halt.
  void check_table() const {
    const auto& s = *stage_;
    const bool replay = s.table == table_kind::replay;
    require(replay || s.max_reuse == 1, "max_reuse",
            "is " + std::to_string(s.max_reuse) + ", but a queue consumes each group once; set table: replay");
    require(replay || s.sampler == rollout::selector::fifo, "sampler",
            "chooses among groups that are used again; set table: replay, or sampler: fifo");
    require(!replay || s.stale == stale_policy::drop, "stale",
            "is wait, which a replay table cannot keep: its groups are meant to be used until they are too old; set "
            "stale: drop");
    const auto of_replay = [&](bool set, const char* key) {
      require(replay || !set, key, "is for groups that are used again; set table: replay, or leave it out");
    };
    of_replay(s.max_size != 0, "max_size");
    of_replay(s.remover != rollout::remover::fifo, "remover");
    of_replay(s.samples_per_insert != 0, "samples_per_insert");
    of_replay(s.min_size_to_sample != 0, "min_size_to_sample");
    const std::uint64_t bound = (std::uint64_t{s.max_staleness} + 1) * s.groups_per_batch;
    const std::uint64_t kept = s.max_size == 0 ? bound : s.max_size;
    require(s.max_size == 0 || s.max_size >= s.groups_per_batch, "max_size",
            "is " + std::to_string(s.max_size) + ", below groups_per_batch (" + std::to_string(s.groups_per_batch) +
                "): no batch would ever be full; raise it");
    require(s.min_size_to_sample <= kept, "min_size_to_sample",
            "is " + std::to_string(s.min_size_to_sample) + ", more than the " + std::to_string(kept) +
                " groups the table can hold; lower it");
    require(s.samples_per_insert == 0 || s.samples_per_insert >= 1, "samples_per_insert",
            "is " + number_text(s.samples_per_insert) + ", so that some groups would never be used; set at least 1");
    require(s.samples_per_insert == 0 || (s.max_size != 0 && s.max_size < bound), "samples_per_insert",
            "makes the learner wait for new groups, for which the table must have room: set max_size from " +
                std::to_string(s.groups_per_batch) + " to " + std::to_string(bound - 1) +
                " (below (max_staleness + 1) * groups_per_batch)");
  }

  void check_validation() const {
    const auto& s = *stage_;
    const bool learns = trains(s.type);
    const bool measured = s.type == stage_type::eval || (learns && s.eval_steps > 0);
    if (!measured) {
      return;
    }
    bool any_task = false;
    for (const auto& part : s.data) {
      if (part.task.empty()) {
        continue;
      }
      any_task = true;
      const auto& t = r_.task(part.task);
      const auto from = learns ? split::validation : s.eval_split;
      if (from == split::train) {
        continue;
      }
      const auto has = from == split::validation ? t.validation_size : t.heldout_size;
      const auto* key = learns ? "eval_steps" : "num_problems";
      require(has > 0, key,
              "needs the " + to_string(from) + " split of task " + t.name + ", which is empty; set its " +
                  to_string(from) + "_size");
      require(learns || !t.path.empty() || s.num_problems <= has, key,
              "is " + std::to_string(s.num_problems) + " but task " + t.name + " has " + std::to_string(has) + " " +
                  to_string(from) + " problems; lower it, or raise " + to_string(from) + "_size");
    }
    require(any_task, learns ? "eval_steps" : "data", "there is no task to validate on; add one to data");
    const bool decided =
        std::any_of(s.rewards.begin(), s.rewards.end(), [](const reward_spec& one) { return one.decides; });
    require(decided, "rewards",
            "no part decides what is correct, so accuracy cannot be measured; add `exact` (weight 0 "
            "keeps it out of the reward), or set decides: true on a part");
  }

  void check_type() {
    const auto& s = *stage_;
    if (s.type != stage_type::rejection_sampling) {
      return;
    }
    require(!s.dataset.empty(), "dataset", "is missing; name what the stage makes");
    require(std::find(datasets_.begin(), datasets_.end(), s.dataset) == datasets_.end(), "dataset",
            "another stage makes " + s.dataset + " already; choose another name");
    datasets_.push_back(s.dataset);
    const bool decided =
        std::any_of(s.rewards.begin(), s.rewards.end(), [](const reward_spec& one) { return one.decides; });
    require(decided, "rewards",
            "no part decides what is correct, so nothing could be kept; add `exact`, or set "
            "decides: true on a part");
  }

  const placed_recipe& placed_;
  const recipe& r_;
  const stage_spec* stage_ = nullptr;
  std::vector<std::string> tasks_;
  std::vector<std::string> datasets_;     ///< made so far
  std::vector<std::string> with_weights_; ///< sft and grpo stages so far
};

} // namespace

void check_recipe(const placed_recipe& placed) {
  checker(placed).run();
}

} // namespace troupe::config
