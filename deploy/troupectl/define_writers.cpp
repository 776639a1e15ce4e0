// SPDX-License-Identifier: Apache-2.0
#include "deploy/troupectl/define.hpp"

#include <CLI/CLI.hpp>

namespace troupe::ctl {

namespace {

/// An act that throws where it cannot be done.
template <class Tend>
tends_store tends(Tend tend) {
  return {[tend](const place& where, const arguments_read& a, std::ostream& out, std::ostream& err) {
    tend(where, a, out, err);
    return true;
  }};
}

} // namespace

void define_writers(CLI::App& app, arguments_read& a) {
  auto* import = verb(app, a, "import", "make a dataset of a file of JSON lines, as export dataset writes them",
                      "import dataset mine data.jsonl", tends([](auto& where, auto& said, auto& out, auto& err) {
                        import_dataset(where, said.import, said.as(), out, err);
                      }));
  import->add_option("what", a.noun, "dataset")->required()->check(CLI::IsMember({"dataset"}));
  import->add_option("name", a.import.name, "of the new dataset")->required();
  import->add_option("file", a.import.file, "JSON lines")->required();
  import->add_flag("--foreign", a.import.foreign,
                   "take records whose samples this store does not hold, without source");
  verb(app, a, "compact", "give the space of what retention removed back now; a run does so as it writes", "compact",
       tends([](auto& where, auto& said, auto& out, auto& err) { compact(where, said.as(), out, err); }));
  auto* quarantine_verb = verb(app, a, "quarantine", "set a damaged group aside, or take it back",
                               "quarantine 1t42 --yes", tends([](auto& where, auto& said, auto& out, auto& err) {
                                 quarantine(where, said.quarantine, said.as(), out, err);
                               }));
  quarantine_verb->add_option("id", a.quarantine.group, "group id, as 1t42")->required();
  quarantine_verb->add_flag("--release", a.quarantine.release, "take it back");
  quarantine_verb->add_flag("--yes", a.quarantine.yes, "do it; else only say what would be done");
  verb(app, a, "repair", "what a damaged store would have to give up to be opened again", "repair --accept-loss",
       tends_store{[](auto& where, auto& said, auto& out, auto&) {
         return repair(find_store(where.folder), said.accept_loss, said.as(), out);
       }})
      ->add_flag("--accept-loss", a.accept_loss, "give it up, and record that in the store");
}

} // namespace troupe::ctl
