// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "runtime/keys/key_files.hpp"

#include <string>
#include <vector>

namespace troupe::keys {

/// Who gets keys, beside one controller, one buffer, an admin (may operate) and a viewer (may read).
struct members_wanted {
  unsigned learners = 1;
  unsigned generators = 1;
  unsigned verifiers = 1;
  std::vector<std::string> hosts; ///< in every new certificate, beside those of loopback
  int days = certificate_days;    ///< of new certificates
};

/// What fill_key_folder did.
struct keys_made {
  bool ca = false;                ///< the authority is new
  std::vector<std::string> made;  ///< members with a new certificate or CURVE key
  std::vector<std::string> found; ///< members that had both
};

/// The wanted members in order: controller, buffer, learner-0.., generator-0.., verifier-0.., admin, viewer.
std::vector<identity> members(const members_wanted& wanted);

/// Makes the folder (mode 0700) and in it what is missing: the authority, a certificate and a CURVE key for each
/// member, and a line in `allow-list` for each new CURVE key. What is there stays, lines that were taken off the list
/// as well. Throws error(invalid) for a folder that others may enter, for half of a pair, and for an authority that
/// cannot sign.
keys_made fill_key_folder(const std::string& folder, const members_wanted& wanted);

} // namespace troupe::keys
