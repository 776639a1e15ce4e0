// SPDX-License-Identifier: Apache-2.0
#include "runtime/store/repair.hpp"

#include "deploy/troupectl/table.hpp"
#include "deploy/troupectl/verbs.hpp"

#include <fmt/format.h>
#include <ostream>

namespace troupe::ctl {

namespace {

row to_json(const store::loss& found, bool accepted) {
  return {{"sound", found.reason.empty()},
          {"accepted", accepted},
          {"reason", found.reason},
          {"last_good", found.last_good},
          {"acknowledged", found.acknowledged ? row(*found.acknowledged) : row()},
          {"readable_behind", found.readable},
          {"earlier", found.earlier}};
}

void print(const store::loss& found, bool accepted, std::ostream& out) {
  for (const auto& one : found.earlier) {
    out << "accepted before: " << one << "\n";
  }
  if (found.reason.empty()) {
    out << fmt::format("the store is sound to change {}; there is nothing to repair\n", found.last_good);
    return;
  }
  const std::string last = found.acknowledged ? std::to_string(*found.acknowledged) : "an unknown number";
  out << found.reason << "\n";
  out << fmt::format("{} changes 1 to {}; acknowledged were {}\n",
                     accepted ? "kept:" : "would be kept:", found.last_good, last);
  for (const auto& [family, n] : found.readable) {
    out << fmt::format("{} behind the damage: {} records of {}\n", accepted ? "given up" : "would be given up", n,
                       family);
  }
  if (!accepted) {
    out << "nothing was changed; to go on without what is lost, add --accept-loss\n";
  }
}

} // namespace

bool repair(const std::string& store_folder, bool accept_loss, output_format as, std::ostream& out) {
  const auto found = accept_loss ? store::accept_loss(store_folder) : store::find_loss(store_folder);
  if (as == output_format::json) {
    out << json_line(to_json(found, accept_loss && !found.reason.empty())) << "\n";
  } else {
    print(found, accept_loss, out);
  }
  return accept_loss || found.reason.empty();
}

} // namespace troupe::ctl
