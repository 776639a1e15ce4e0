// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "runtime/keys/certificate.hpp"

#include <ctime>
#include <string>

/// The files of a folder of keys: NAME.key (mode 0600) and NAME.crt of each member, ca.key and ca.crt of the authority.
namespace troupe::keys {

/// The name under which a folder keeps its authority.
inline const std::string ca_name = "ca";

std::string key_file(const std::string& folder, const std::string& name);
std::string certificate_file(const std::string& folder, const std::string& name);

/// Never overwrites: throws error(conflict) when one of the two files is there.
void write_certified_key(const std::string& folder, const std::string& name, const certified_key& pair);

/// A member's own certificate and key, who it is, and the certificate of the authority it trusts.
struct credentials {
  identity who;
  certified_key own;
  std::string ca_certificate;
};

/// Reads NAME.key, NAME.crt and ca.crt. Throws error(not_found), or error(invalid) with one line that says what to do:
/// for a key that group or others can read, a key that is not the certificate's, a certificate that is of another
/// member, of another authority, expired or not valid yet at `now`.
credentials read_credentials(const std::string& folder, const std::string& name, std::time_t now = std::time(nullptr));

/// Reads ca.key and ca.crt, to issue more certificates. Throws as read_credentials does.
certified_key read_ca(const std::string& folder, std::time_t now = std::time(nullptr));

} // namespace troupe::keys
