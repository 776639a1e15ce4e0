// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "runtime/wire/message.hpp"

#include <string>
#include <vector>

/// A private certificate authority and the certificates of mutual TLS: who holds one is a member of the run.
namespace troupe::keys {

/// A certificate and its private key, each PEM; the key is PKCS8. EC P-256, SHA-256.
struct certified_key {
  std::string certificate;
  std::string private_key;
};

/// Whom a certificate speaks for: its subject is CN=name, OU=role.
struct identity {
  std::string name;
  wire::role as = wire::role::generator;
};

constexpr int ca_days = 3650;
constexpr int certificate_days = 365;

/// A new authority, signed by itself; it signs members only, no further authorities.
certified_key make_ca(int days = ca_days);

/// A certificate for both ends of a connection. `hosts` are names or addresses under which others reach its holder. It
/// is valid from an hour ago, for clocks that are behind, and never longer than the authority. Throws error(invalid)
/// for a name, a host or an authority that cannot be used.
certified_key issue(const certified_key& ca, const std::string& name, wire::role as,
                    const std::vector<std::string>& hosts, int days = certificate_days);

/// Who a certificate (PEM) says it is; who signed it is another question. Throws error(invalid) that begins with
/// `where`.
identity role_of(const std::string& certificate, const std::string& where = "the certificate");

} // namespace troupe::keys
