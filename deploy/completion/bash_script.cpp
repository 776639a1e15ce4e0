// SPDX-License-Identifier: Apache-2.0
// bash and zsh: one function that walks the words up to the cursor by tables, which are `case` statements.
#include "deploy/completion/scripts.hpp"

#include <fmt/format.h>

namespace troupe::completion {

namespace {

std::string joined(const std::vector<std::string>& words, const char* between) {
  std::string text;
  for (const auto& word : words) {
    text += (text.empty() ? "" : between) + word;
  }
  return text;
}

/// The tables: of the command at $at what may follow, and after an option ($waiting) or at a position ($place) which
/// words.
std::string tables(std::span<const command_known> commands) {
  std::string knows;
  std::string words;
  for (const auto& one : commands) {
    const auto path = joined(one.path, "/");
    std::vector<std::string> names;
    std::vector<std::string> taking;
    for (const auto& option : one.options) {
      names.insert(names.end(), option.names.begin(), option.names.end());
      if (option.takes_value) {
        taking.insert(taking.end(), option.names.begin(), option.names.end());
      }
      if (!option.choices.empty()) {
        for (const auto& name : option.names) {
          words += fmt::format("      '{}':{}) offered='{}' ;;\n", path, name, joined(option.choices, " "));
        }
      }
    }
    for (std::size_t i = 0; i < one.positions.size(); ++i) {
      if (!one.positions[i].empty()) {
        words += fmt::format("      '{}':{}) offered='{}' ;;\n", path, i, joined(one.positions[i], " "));
      }
    }
    knows += fmt::format("      '{}') below=' {} ' options=' {} ' taking=' {} ' ;;\n", path,
                         joined(one.subcommands, " "), joined(names, " "), joined(taking, " "));
  }
  return fmt::format(R"(  __troupe_knows() {{
    below='' options='' taking=''
    case "$at" in
{}    esac
  }}
  __troupe_words() {{
    offered=''
    case "$at":"$1" in
{}    esac
  }}
)",
                     knows, words);
}

/// Walks `word`, one of those before the cursor.
constexpr const char* step = R"(    if [[ -n $waiting ]]; then
      waiting=''
    elif [[ $word == -* ]]; then
      if [[ $word != *=* && $taking == *" $word "* ]]; then
        waiting=$word
      fi
    elif [[ $below == *" $word "* ]]; then
      at=$at/$word place=0
      __troupe_knows
    else
      place=$((place + 1))
    fi
)";

/// What is offered, in $offered; empty: file names.
constexpr const char* choose = R"(  if [[ -n $waiting ]]; then
    __troupe_words "$waiting"
  elif [[ $current == -* ]]; then
    offered=$options
  else
    __troupe_words "$place"
    offered="$offered $below"
  fi
)";

} // namespace

std::string bash_script(std::span<const command_known> commands) {
  const auto& program = commands.front().path.front();
  return fmt::format(R"(# Completes {0} in bash: source this, or put it where bash-completion looks.
_{0}() {{
  local at='{0}' place=0 waiting='' below options taking offered word i
  local current=${{COMP_WORDS[COMP_CWORD]}}
{1}  __troupe_knows
  for ((i = 1; i < COMP_CWORD; i++)); do
    word=${{COMP_WORDS[i]}}
{2}  done
{3}  if [[ $offered == *[![:space:]]* ]]; then
    mapfile -t COMPREPLY < <(compgen -W "$offered" -- "$current")
  else
    mapfile -t COMPREPLY < <(compgen -f -- "$current")
  fi
}}
complete -F _{0} {0}
)",
                     program, tables(commands), step, choose);
}

std::string zsh_script(std::span<const command_known> commands) {
  const auto& program = commands.front().path.front();
  return fmt::format(R"(#compdef {0}
# Completes {0} in zsh: put this as _{0} into a folder of $fpath, or source it.
_{0}() {{
  local at='{0}' place=0 waiting='' below options taking offered word
  local current=${{words[CURRENT]}}
{1}  __troupe_knows
  for word in "${{(@)words[2,CURRENT-1]}}"; do
{2}  done
{3}  if [[ $offered == *[![:space:]]* ]]; then
    compadd -- ${{=offered}}
  else
    _files
  fi
}}
if [[ $funcstack[1] == _{0} ]]; then
  _{0} "$@"
else
  compdef _{0} {0}
fi
)",
                     program, tables(commands), step, choose);
}

} // namespace troupe::completion
