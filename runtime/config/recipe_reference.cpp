// SPDX-License-Identifier: Apache-2.0
#include "runtime/config/recipe_schema.hpp"
#include "runtime/task/sources.hpp"
#include "runtime/verify/judges.hpp"

namespace troupe::config {
namespace {

std::string cell(std::string text) {
  for (std::size_t at = 0; (at = text.find('|', at)) != std::string::npos; at += 2) {
    text.replace(at, 1, "\\|");
  }
  return text;
}

std::string types(stage_set stages) {
  return stages == every_stage ? "all" : types_in_words(stages);
}

template <class T>
std::string table(const std::vector<key<T>>& keys, bool with_stages) {
  const T defaults{};
  std::string text = with_stages ? "| key | stages | default | values | meaning |\n|---|---|---|---|---|\n"
                                 : "| key | default | values | meaning |\n|---|---|---|---|\n";
  for (const auto& one : keys) {
    const auto value = one.hidden ? std::string() : one.write(defaults);
    text += "| `" + one.name + "` | " + (with_stages ? types(one.stages) + " | " : "") +
            (value.empty() || value == "\"\"" ? "" : "`" + value + "`") + " | " + cell(one.range) + " | " +
            cell(one.help) + " |\n";
  }
  return text + "\n";
}

std::string kinds_in_words() {
  std::string text;
  for (const auto& one : task::kinds()) {
    text += "### `" + one.name + "`\n\n" + one.help + ". `" + one.sample_prompt + "` -> `" + one.sample_demonstration +
            "`\n\n| parameter | default | values | meaning |\n|---|---|---|---|\n";
    for (const auto& p : one.parameters) {
      text += "| `" + p.name + "` | `" + number_text(p.value) + "` | " + number_text(p.low) + " to " +
              number_text(p.high) + " | " + p.help + " |\n";
    }
    text += "\n";
  }
  return text;
}

} // namespace

std::string recipe_reference() {
  std::string text =
      "# Recipes\n\n"
      "<!-- Written from the table in runtime/config/recipe_schema.cpp; a test compares. -->\n\n"
      "A recipe is one YAML file: which model learns what, in which stages. `troupe recipe show r1-tiny`\n"
      "prints one to start from, `troupe run FILE --dry-run` says what it would do.\n\n"
      "`--set stages.reasoning_rl.learning_rate=0` changes one value: elements of lists go by their name,\n"
      "values are YAML. A variant of a recipe is `extends: r1-tiny` with a map `set:` of such paths and,\n"
      "where wanted, `only: [stages to keep]`. Relative paths are relative to the current folder.\n\n";
  text += "## Top level\n\n" + table(recipe_keys(), false);
  text += "`retention`, `model`, `tasks` and `stages` are described below.\n\n";
  text +=
      "## `retention`\n\n" + table(retention_keys(), false) +
      "A store grows with every sample. Past a limit the prompts, samples and judgements of the oldest groups are\n"
      "removed, while each group's own record stays, with its history, rewards and counts, so that everything stays\n"
      "accounted for. Kept whatever the limits say: groups on their way, groups that a dataset was made of, groups\n"
      "of steps that a resume may train again (those past the oldest checkpoint of the running stage), evaluations\n"
      "of the running stage past it, and groups that were set aside. All but the first count towards `max_gb`.\n"
      "A stage's own `retention` holds for its groups alone, beside the recipe's for all.\n\n";
  text += "## `model`\n\n" + table(model_keys(), false);
  text += "## `tasks`\n\nA map from a task's name to:\n\n" + table(task_keys(), false);
  text +=
      "Prompts are split by a hash of their text: an eighth held out, an eighth for validation, the rest to train.\n"
      "A JSONL line is `{\"prompt\",\"answer\"}` or `{\"messages\",\"answer\"}`; `completion` (what an expert would\n"
      "write, for sft) and `metadata` may stand beside them, and `question` may stand for `prompt`. Without a\n"
      "`completion`, sft shows the bare answer: `<think></think><answer>ANSWER</answer>`.\n\n";
  text += "## Generators\n\n" + kinds_in_words();
  text += "## `stages`\n\nA list, in the order they run. Each has a `name`, a `type` (`sft`, `grpo`, "
          "`rejection_sampling`,\n"
          "`eval`), `data`, `rewards`, where wanted a `retention` of its own, and:\n\n" +
          table(stage_keys(), true);
  text += "### `data`\n\nA task's name, or a list of names and of:\n\n" + table(mixture_keys(), false);
  text += "### `rewards`\n\nA verifier's name, or a list of names and of the following. Where left out, `exact`; grpo "
          "needs it\n"
          "said. In sft stages they judge the answers of validation.\n\n" +
          table(reward_keys(), false);
  text += "## Verifiers\n\nOf the answer to a prompt; [verifiers.md](verifiers.md) has yours.\n\n"
          "| name | value | decides |\n|---|---|---|\n";
  for (const auto& one : verify::judges()) {
    text += "| `" + one.name + "` | " + cell(one.about) + " | " + (one.decides ? "yes" : "no") + " |\n";
  }
  text += "\n## Names elsewhere\n\nThese are refused, with our name for them:\n\n"
          "| elsewhere | here |\n|---|---|\n";
  for (const auto& one : foreign_names()) {
    const bool none = one.ours.starts_with("(");
    text +=
        "| `" + one.theirs + "` | " + (none ? one.ours.substr(1, one.ours.size() - 2) : "`" + one.ours + "`") + " |\n";
  }
  return text;
}

} // namespace troupe::config
