// SPDX-License-Identifier: Apache-2.0
#include "runtime/config/nearest.hpp"
#include "runtime/config/recipe.hpp"
#include "runtime/config/recipe_schema.hpp"
#include "runtime/data/durable_file.hpp"
#include "runtime/error.hpp"

#include <cstdlib>
#include <filesystem>
#include <gtest/gtest.h>
#include <unistd.h>

namespace troupe::config {
namespace {

class Recipe : public testing::Test {
protected:
  void TearDown() override { std::filesystem::remove(path_); }

  recipe load(const std::string& yaml, const std::vector<std::string>& overrides = {}) {
    data::write_file_durably(path_, yaml);
    return load_recipe(path_, overrides);
  }

  /// The message without the folder; "accepted" when there is none.
  std::string refusal(const std::string& yaml, const std::vector<std::string>& overrides = {}) {
    try {
      load(yaml, overrides);
    } catch (const error& refused) {
      EXPECT_EQ(refused.code(), errc::invalid);
      std::string what = refused.what();
      return what.starts_with(path_) ? "r.yaml" + what.substr(path_.size()) : what;
    }
    return "accepted";
  }

  /// A recipe with one grpo stage and these lines of its own, the first of them in line 7.
  static std::string grpo(const std::string& lines) {
    return "tasks:\n  addition:\nstages:\n  - name: rl\n    type: grpo\n    data: addition\n" + lines +
           "    rewards: [exact]\n";
  }
  static std::string with(const std::string& lines) {
    auto yaml = grpo(lines);
    return yaml.replace(yaml.find("addition:\n"), 10, "addition: {}\n");
  }
  /// A recipe of these stages; the first begins in line 4.
  static std::string stages(const std::string& lines) { return "tasks:\n  addition: {}\nstages:\n" + lines; }

  std::string path_ =
      (std::filesystem::temp_directory_path() / ("troupe-recipe-" + std::to_string(::getpid()) + ".yaml")).string();
};

TEST_F(Recipe, FillsInDefaults) {
  const auto r = load(with("    epsilon: 0.3\n"));
  EXPECT_EQ(r.tasks[0].kind, "addition");
  EXPECT_EQ(r.tasks[0].parameters, (std::vector<std::pair<std::string, double>>{{"digits", 3}}));
  const auto& s = r.stage("rl");
  EXPECT_EQ(s.line, 4);
  EXPECT_EQ(s.epsilon_high, 0.3);
  EXPECT_EQ(s.data[0].task, "addition");
  EXPECT_EQ(s.rewards[0].verifier, "exact");
  EXPECT_EQ(s.rewards[0].name, "exact");
  EXPECT_TRUE(s.rewards[0].decides);
}

TEST_F(Recipe, AnswersToAPromptAreThoseOfTheStagesType) {
  const auto r = load(stages("  - {name: a, type: sft, data: addition}\n"
                             "  - {name: b, type: grpo, data: addition, num_generations: 4, rewards: [exact]}\n"
                             "  - {name: c, type: rejection_sampling, data: addition, num_generations: 6, dataset: d}\n"
                             "  - {name: e, type: eval, data: addition, num_samples: 2}\n"));
  EXPECT_EQ(answers_of(r.stage("a")), 1u);
  EXPECT_EQ(answers_of(r.stage("b")), 4u);
  EXPECT_EQ(answers_of(r.stage("c")), 6u);
  EXPECT_EQ(answers_of(r.stage("e")), 2u);
  EXPECT_EQ(refusal(stages("  - {name: a, data: addition}\n")),
            "r.yaml:4: stages.a: has no type; it must be one of sft, grpo, rejection_sampling, eval");
}

TEST_F(Recipe, BatchSizeInSamplesIsWholeGroups) {
  EXPECT_EQ(load(with("    num_generations: 4\n    train_batch_size: 64\n")).stages[0].groups_per_batch, 16u); // 64 / 4
  EXPECT_EQ(
      refusal(with("    num_generations: 6\n    train_batch_size: 64\n")),
      "r.yaml:8: stages.rl.train_batch_size: is 64, which is not a multiple of num_generations (6); a batch holds "
      "whole groups");
  EXPECT_EQ(
      refusal(with("    groups_per_batch: 8\n    train_batch_size: 64\n")),
      "r.yaml:8: stages.rl.train_batch_size: and groups_per_batch say the same in samples and in prompts; give one "
      "of the two");
}

TEST_F(Recipe, RefusesUnknownKeysWithTheNearestName) {
  EXPECT_EQ(refusal(with("    lerning_rate: 1\n")),
            "r.yaml:7: stages.rl.lerning_rate: no such key; did you mean learning_rate?");
  EXPECT_EQ(refusal(with("    zzz: 1\n")), "r.yaml:7: stages.rl.zzz: no such key; docs/recipe.md lists them all");
  EXPECT_EQ(refusal(with("    kl_coef: 0.1\n")), "r.yaml:7: stages.rl.kl_coef: is spelled otherwise here; write beta");
  EXPECT_EQ(refusal(with("    lr: 0.1\n")), "r.yaml:7: stages.rl.lr: is spelled otherwise here; write learning_rate");
  EXPECT_EQ(refusal(with("    clip_ratio: 0.1\n")),
            "r.yaml:7: stages.rl.clip_ratio: is spelled otherwise here; write epsilon");
  EXPECT_EQ(refusal(with("    n: 8\n")), "r.yaml:7: stages.rl.n: is spelled otherwise here; write num_generations");
  EXPECT_EQ(refusal(with("    max_prompt_length: 8\n")),
            "r.yaml:7: stages.rl.max_prompt_length: has no counterpart here; prompts are never cut; "
            "model.max_position_embeddings bounds prompt and completion together");
  EXPECT_EQ(refusal(with("    eval_steps: 0\n") + "  - {name: e, type: eval, data: [addition], rewards: [{url: x}]}\n"),
            "r.yaml:9: stages.e.rewards[0].url: belongs into `verifier`; write verifier: {url: ...}");
  EXPECT_EQ(refusal(with("    stop_above: 0.5\n")),
            "r.yaml:7: stages.rl.stop_above: not a key of this type of stage; it belongs to sft");
  EXPECT_EQ(refusal("sed: 1\n" + with("")), "r.yaml:1: sed: no such key; did you mean seed?");
  EXPECT_EQ(refusal("model: {hidden: 3}\n" + with("")),
            "r.yaml:1: model.hidden: no such key; docs/recipe.md lists them all");
}

TEST_F(Recipe, RefusesWrongTypesAndRanges) {
  EXPECT_EQ(refusal(with("    learning_rate: fast\n")),
            "r.yaml:7: stages.rl.learning_rate: is fast; it must be a number");
  EXPECT_EQ(refusal(with("    learning_rate: -1\n")), "r.yaml:7: stages.rl.learning_rate: is -1; it must be 0 to 10");
  EXPECT_EQ(refusal(with("    learning_rate: .nan\n")),
            "r.yaml:7: stages.rl.learning_rate: is \".nan\"; it must be a number");
  EXPECT_EQ(refusal(with("    max_steps: 0\n")), "r.yaml:7: stages.rl.max_steps: is 0; it must be 1 to 1e+09");
  EXPECT_EQ(refusal("generators: 1025\n" + with("")), "r.yaml:1: generators: is 1025; it must be 1 to 1024");
  EXPECT_EQ(refusal(with("    max_steps: 1.5\n")),
            "r.yaml:7: stages.rl.max_steps: is \"1.5\"; it must be a whole number");
  EXPECT_EQ(refusal(with("    max_steps:\n")), "r.yaml:7: stages.rl.max_steps: has no value; give a whole number");
  EXPECT_EQ(refusal(with("    max_steps: [1]\n")),
            "r.yaml:7: stages.rl.max_steps: is not a single value; give a whole number");
  EXPECT_EQ(refusal(with("    filter_groups: yes\n")),
            "r.yaml:7: stages.rl.filter_groups: is \"yes\"; it must be true or false");
  EXPECT_EQ(refusal(with("    loss_type: dpo\n")), "r.yaml:7: stages.rl.loss_type: is dpo; did you mean dapo?");
  EXPECT_EQ(refusal(with("    stale: keep\n")), "r.yaml:7: stages.rl.stale: is keep; choose one of drop, wait");
  EXPECT_EQ(refusal(with("    beta: 1\n    beta: 2\n")), "r.yaml:8: beta: given twice in the same place; remove one");
  EXPECT_EQ(refusal("stages: [\n"),
            "r.yaml:2: not YAML: end of sequence flow not found; check indentation, colons and quotes "
            "there");
  EXPECT_EQ(refusal(""), "r.yaml: holds no recipe; `troupe recipe show r1-tiny` prints one to start from");
}

TEST_F(Recipe, CountsAliasesAsWhatTheyStandFor) {
  std::string bomb = "a: &a [x, x, x, x, x, x, x, x, x, x]\n";
  for (char name = 'b'; name < 'j'; ++name) { // each line ten times the one before: 10^9 values in all
    const std::string one = std::string(", *") + static_cast<char>(name - 1);
    bomb += std::string{name} + ": &" + name + " [*" + static_cast<char>(name - 1);
    for (int i = 1; i < 10; ++i) {
      bomb += one;
    }
    bomb += "]\n";
  }
  EXPECT_EQ(refusal(bomb), "r.yaml:1: more than 100000 values, aliases counted as what they stand for; a recipe is "
                           "smaller than that");
}

TEST_F(Recipe, RefusesContradictions) {
  EXPECT_EQ(refusal(with("    num_generations: 1\n")),
            "r.yaml:7: stages.rl.num_generations: is 1; GRPO normalises over a group, so it must be at least 2");
  EXPECT_EQ(refusal(with("    top_p: 0.9\n")),
            "r.yaml:7: stages.rl.top_p: is 0.9; GRPO learns from the distribution it "
            "samples from, so it must be 1");
  EXPECT_EQ(refusal(with("    top_k: 5\n")),
            "r.yaml:7: stages.rl.top_k: is 5; GRPO learns from the distribution it samples "
            "from, so it must be 0 (off)");
  EXPECT_EQ(refusal(with("    temperature: 0\n")),
            "r.yaml:7: stages.rl.temperature: is 0 (greedy), so all 8 answers to a "
            "prompt would be the same; raise it");
  EXPECT_EQ(
      refusal(with("    max_completion_length: 128\n")),
      "r.yaml:7: stages.rl.max_completion_length: is 128, which leaves no room for a prompt in 128 positions; lower "
      "it, or raise model.max_position_embeddings");
  EXPECT_EQ(refusal(with("    warmup_steps: 101\n")),
            "r.yaml:7: stages.rl.warmup_steps: is 101, more than max_steps (100); lower it");
  EXPECT_EQ(refusal(with("    mini_batches: 129\n")), // 16 groups of 8
            "r.yaml:7: stages.rl.mini_batches: is 129, more than the 128 samples of a batch; lower it");
  EXPECT_EQ(refusal(with("    epsilon_high: 0.1\n")),
            "r.yaml:7: stages.rl.epsilon_high: is 0.1, below epsilon (0.2); raise it");
  EXPECT_EQ(refusal(with("    eval_steps: 5\n"), {"tasks.addition.validation_size=0"}),
            "r.yaml:7: stages.rl.eval_steps: needs the validation split of task addition, which is empty; set its "
            "validation_size");
  EXPECT_EQ(
      refusal(with("    eval_steps: 5\n"), {"stages.rl.rewards=[format]"}),
      "--set stages.rl.rewards=[format]: stages.rl.rewards: no part decides what is correct, so accuracy cannot be "
      "measured; add `exact` (weight 0 keeps it out of the reward), or set decides: true on a part");
  EXPECT_EQ(
      refusal("model: {num_attention_heads: 3}\n" + with("")),
      "r.yaml:1: model.num_attention_heads: is 3, which does not divide hidden_size (128) into heads of an even width; "
      "choose one that does");
  EXPECT_EQ(
      refusal("model: {num_key_value_heads: 3}\n" + with("")),
      "r.yaml:1: model.num_key_value_heads: is 3, which does not divide num_attention_heads (4); choose one that does");
  EXPECT_EQ(refusal("device: tpu\n" + with("")), "r.yaml:1: device: is tpu; it must be cpu, cuda or cuda:N");
  EXPECT_EQ(refusal("device: cuda:1\ndeterministic: true\n" + with("")),
            "r.yaml:2: deterministic: is true, but device is cuda:1; row-invariant kernels exist for the CPU only: use "
            "device: cpu, or deterministic: false");
  EXPECT_EQ(refusal(stages("  - {name: a, type: sft, data: addition, stop_above: 0.5}\n")),
            "r.yaml:4: stages.a.stop_above: needs validation; set eval_steps above 0");
  EXPECT_EQ(refusal(stages("  - {name: a, type: eval, data: addition, num_problems: 2000}\n")),
            "r.yaml:4: stages.a.num_problems: is 2000 but task addition has 1024 heldout problems; lower it, or raise "
            "heldout_size");
  EXPECT_EQ(refusal(stages("  - {name: a, type: grpo, data: addition}\n")),
            "r.yaml:4: stages.a.rewards: is empty; name at least one verifier");
}

TEST_F(Recipe, RefusesATableThatIsNoneOrWouldStandStill) {
  EXPECT_EQ(refusal(with("    max_reuse: 2\n")),
            "r.yaml:7: stages.rl.max_reuse: is 2, but a queue consumes each group once; set table: replay");
  EXPECT_EQ(refusal(with("    max_size: 20\n")),
            "r.yaml:7: stages.rl.max_size: is for groups that are used again; set table: replay, or leave it out");
  EXPECT_EQ(refusal(with("    table: replay\n    max_size: 15\n")),
            "r.yaml:8: stages.rl.max_size: is 15, below groups_per_batch (16): no batch would ever be full; raise it");
  EXPECT_EQ(refusal(with("    table: replay\n    min_size_to_sample: 33\n")), // (1 + 1) * 16
            "r.yaml:8: stages.rl.min_size_to_sample: is 33, more than the 32 groups the table can hold; lower it");
  EXPECT_EQ(refusal(with("    table: replay\n    samples_per_insert: 0.5\n")),
            "r.yaml:8: stages.rl.samples_per_insert: is 0.5, so that some groups would never be used; set at least 1");
  EXPECT_EQ(refusal(with("    table: replay\n    samples_per_insert: 2\n    max_size: 32\n")),
            "r.yaml:8: stages.rl.samples_per_insert: makes the learner wait for new groups, for which the table must "
            "have room: set max_size from 16 to 31 (below (max_staleness + 1) * groups_per_batch)");
}

TEST_F(Recipe, RefusesUnknownAndDoubleNames) {
  const std::string a = "  - {name: a, type: sft, data: addition}\n";
  EXPECT_EQ(refusal(stages(a + a)),
            "r.yaml:5: stages.a: is the name of two stages; rename one (the first is in line 4)");
  EXPECT_EQ(refusal(stages("  - {name: a b, type: sft}\n")),
            "r.yaml:4: stages[0].name: is \"a b\"; a name is made of letters, digits, _ and -");
  EXPECT_EQ(refusal(stages("  - {type: sft}\n")), "r.yaml:4: stages[0]: has no name; give it one");
  EXPECT_EQ(refusal(stages("  - {name: a, type: stf}\n")), "r.yaml:4: stages.a.type: is stf; did you mean sft?");
  EXPECT_EQ(refusal(stages("  - {name: a, type: sft, data: adition}\n")),
            "r.yaml:4: stages.a.data: no task is called adition; did you mean addition?");
  EXPECT_EQ(refusal(stages(a + "  - {name: b, type: eval, data: addition, init: aa}\n")),
            "r.yaml:5: stages.b.init: is aa, which is no earlier sft or grpo stage; did you mean a?");
  EXPECT_EQ(refusal(stages("  - {name: a, type: sft}\n")),
            "r.yaml:4: stages.a.data: is empty; name the tasks or datasets to use");
  EXPECT_EQ(refusal(with(""), {"stages.rl.rewards=[exakt]"}),
            "--set stages.rl.rewards=[exakt]: stages.rl.rewards[0]: no verifier is called exakt; did you mean exact?");
  EXPECT_EQ(
      refusal(with(""), {"stages.rl.rewards=[exact, exact]"}),
      "--set stages.rl.rewards=[exact, exact]: stages.rl.rewards[1]: is a second part called exact; give it a name of "
      "its own");
  EXPECT_EQ(refusal("tasks: {adition: {}}\nstages: []\n"),
            "r.yaml:1: tasks.adition.kind: no generator is called adition; did you mean addition? (or give a path)");
  EXPECT_EQ(refusal("tasks: {addition: {digit: 4}}\nstages: []\n"),
            "r.yaml:1: tasks.addition.digit: no such key; did you mean digits?");
  EXPECT_EQ(refusal("tasks: {addition: {digits: 40}}\nstages: []\n"),
            "r.yaml:1: tasks.addition.digits: is 40; it must be 1 to 12");
  EXPECT_EQ(refusal("stages: []\n"), "r.yaml: tasks: is empty, so there is no prompt; name at least one task");
}

TEST_F(Recipe, ADatasetMustBeMadeBeforeItIsUsed) {
  const std::string made = "  - {name: rs, type: rejection_sampling, data: addition, dataset: d}\n";
  const std::string used = "  - {name: a, type: sft, data: [{dataset: d}]}\n";
  EXPECT_EQ(refusal(stages(made + used)), "accepted");
  EXPECT_EQ(refusal(stages(used + made)),
            "r.yaml:4: stages.a.data: dataset d is made by a later stage; move that stage up");
  EXPECT_EQ(refusal(stages(used)), "r.yaml:4: stages.a.data: no stage makes a dataset d; there is none to choose from");
  EXPECT_EQ(refusal(stages("  - {name: rs, type: rejection_sampling, data: addition}\n")),
            "r.yaml:4: stages.rs.dataset: is missing; name what the stage makes");
  EXPECT_EQ(refusal(stages(made + "  - {name: e, type: eval, data: [{dataset: d}]}\n")),
            "r.yaml:5: stages.e.data: is a dataset, which only sft stages learn from; name a task");
}

TEST_F(Recipe, OverridesGoByName) {
  const auto r = load_recipe(
      "r1-tiny", {"stages.reasoning_rl.learning_rate=0", "seed=7", "stages.reasoning_rl.rewards.format.weight=0.2"});
  EXPECT_EQ(r.stage("reasoning_rl").learning_rate, 0.0);
  EXPECT_EQ(r.seed, 7u);
  EXPECT_EQ(r.stage("reasoning_rl").rewards[1].weight, 0.2);
  EXPECT_EQ(refusal(with(""), {"stages.reasoning.beta=1"}),
            "--set stages.reasoning.beta=1: stages: has no element reasoning; choose one of rl");
  EXPECT_EQ(refusal(with(""), {"stages.rl.lr=1"}),
            "--set stages.rl.lr=1: stages.rl.lr: is spelled otherwise here; write learning_rate");
  EXPECT_EQ(refusal(with(""), {"seed"}), "--set seed: has no value; write key=value");
}

TEST_F(Recipe, ExtendsAnother) {
  const auto r = load("extends: r1-tiny\nonly: [cold_start, reasoning_rl]\nset:\n  stages.reasoning_rl.beta: 0.5\n");
  ASSERT_EQ(r.stages.size(), 2u);
  EXPECT_EQ(r.stages[1].beta, 0.5);
  EXPECT_EQ(r.name, std::filesystem::path(path_).stem().string());
  EXPECT_EQ(refusal("extends: r1-tiny\nseed: 2\n"),
            "r.yaml:2: seed: stands beside extends; put it under `set:` with its full path");
  EXPECT_EQ(refusal("extends: r1-tiny\nset:\n  stages.reasoning_rl.betta: 1\n"),
            "r.yaml:3: stages.reasoning_rl.betta: no such key; did you mean beta?");
  EXPECT_EQ(refusal("extends: r1-tiny\nonly: [cold_stat]\n"),
            "r.yaml:2: only: no stage is called cold_stat; did you mean cold_start?");
}

TEST_F(Recipe, AUsersVerifierIsACommandOrAUrl) {
  const auto r = load(with(""), {"stages.rl.rewards=[{verifier: {command: [python3, judge.py]}, timeout_s: 2}]"});
  EXPECT_EQ(r.stages[0].rewards[0].command, (std::vector<std::string>{"python3", "judge.py"}));
  EXPECT_EQ(r.stages[0].rewards[0].name, "command");
  EXPECT_TRUE(r.stages[0].rewards[0].decides);
  EXPECT_EQ(to_yaml(load(to_yaml(r))), to_yaml(r));
  EXPECT_NE(
      refusal(with(""), {"stages.rl.rewards=[{verifier: {url: ftp://x}}]"}).find("must begin with http:// or https://"),
      std::string::npos);
}

TEST_F(Recipe, TheResolvedCopyReadsBackTheSame) {
  for (const auto& one : embedded_recipes()) {
    SCOPED_TRACE(one.name);
    auto first = load_recipe(one.name);
    const auto yaml = to_yaml(first);
    const auto second = load(yaml);
    EXPECT_EQ(to_yaml(second), yaml);
    EXPECT_EQ(second.name, one.name);
    EXPECT_EQ(second.stages.size(), first.stages.size());
    EXPECT_FALSE(one.summary.empty());
  }
}

TEST_F(Recipe, AnUnknownNameIsNotFound) {
  try {
    load_recipe("r1-tyni");
    FAIL() << "no error";
  } catch (const error& missing) {
    EXPECT_EQ(missing.code(), errc::not_found);
    EXPECT_STREQ(missing.what(), "r1-tyni: neither a file nor an embedded recipe; did you mean r1-tiny?");
  }
}

TEST_F(Recipe, KeepsEverythingUnlessRetentionSaysOtherwise) {
  const auto r = load(with(""));
  EXPECT_EQ(r.retention.max_age_s, 0);
  EXPECT_EQ(r.retention.max_gb, 0);
  EXPECT_NE(to_yaml(r).find("\nretention: {max_age_s: 0, max_gb: 0}\n"), std::string::npos);
}

TEST_F(Recipe, ReadsAndWritesRetention) {
  const auto r = load(with("") + "retention: {max_age_s: 86400, max_gb: 0.5}\n", {"retention.max_age_s=60"});
  EXPECT_EQ(r.retention.max_age_s, 60);
  EXPECT_EQ(r.retention.max_gb, 0.5);
  EXPECT_EQ(load(to_yaml(r)).retention.max_gb, 0.5);
}

TEST_F(Recipe, RefusesWrongRetention) {
  EXPECT_EQ(refusal(with("") + "retention: {max_gb: -1}\n"),
            "r.yaml:8: retention.max_gb: is -1; it must be 0 to 1e+06");
  EXPECT_EQ(refusal(with("") + "retention: {max_age: 60}\n"),
            "r.yaml:8: retention.max_age: no such key; did you mean max_age_s?");
  EXPECT_EQ(refusal(with("") + "retention: 5\n"), "r.yaml:8: retention: must be a map of keys and values");
}

TEST(RecipeReference, IsWhatTheDocumentationHolds) {
  if (std::getenv("TROUPE_WRITE_DOCS") != nullptr) {
    data::write_file_durably(TROUPE_RECIPE_REFERENCE, recipe_reference());
  }
  EXPECT_EQ(data::read_file(TROUPE_RECIPE_REFERENCE), recipe_reference())
      << "docs/recipe.md is older than the table of keys; with TROUPE_WRITE_DOCS=1 this test writes it";
}

TEST(Nearest, CountsEdits) {
  EXPECT_EQ(edit_distance("beta", "beta"), 0u);
  EXPECT_EQ(edit_distance("betta", "beta"), 1u);
  EXPECT_EQ(edit_distance("tyni", "tiny"), 2u);
  EXPECT_EQ(edit_distance("tets", "test"), 1u); // neighbours swapped
  EXPECT_EQ(edit_distance("", "abc"), 3u);
}

} // namespace
} // namespace troupe::config
