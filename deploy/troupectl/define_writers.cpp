// SPDX-License-Identifier: Apache-2.0
#include "deploy/troupectl/define.hpp"

#include <CLI/CLI.hpp>

namespace troupe::ctl {

void define_writers(CLI::App& app, arguments_read& a) {
  auto* import = verb(app, "import", "make a dataset of a file of JSON lines, as export dataset writes them",
                      "import dataset mine data.jsonl");
  import->add_option("what", a.noun, "dataset")->required()->check(CLI::IsMember({"dataset"}));
  import->add_option("name", a.import.name, "of the new dataset")->required();
  import->add_option("file", a.import.file, "JSON lines")->required();
  import->add_flag("--foreign", a.import.foreign,
                   "take records whose samples this store does not hold, without source");
  verb(app, "compact", "give the space of what retention removed back now; a run does so as it writes", "compact");
  auto* quarantine = verb(app, "quarantine", "set a damaged group aside, or take it back", "quarantine 1t42 --yes");
  quarantine->add_option("id", a.quarantine.group, "group id, as 1t42")->required();
  quarantine->add_flag("--release", a.quarantine.release, "take it back");
  quarantine->add_flag("--yes", a.quarantine.yes, "do it; else only say what would be done");
  verb(app, "repair", "what a damaged store would have to give up to be opened again", "repair --accept-loss")
      ->add_flag("--accept-loss", a.accept_loss, "give it up, and record that in the store");
}

} // namespace troupe::ctl
