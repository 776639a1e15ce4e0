// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "runtime/keys/key_files.hpp"

#include <memory>
#include <openssl/ssl.h>
#include <string>

/// TLS 1.3 between members of one run: each side shows a certificate, each accepts its own authority's only. For this
/// folder's own use.
namespace troupe::http {

struct freed_tls {
  void operator()(SSL_CTX* of) const { SSL_CTX_free(of); }
  void operator()(SSL* of) const { SSL_free(of); }
};
using tls_settings = std::unique_ptr<SSL_CTX, freed_tls>;
using tls_session = std::unique_ptr<SSL, freed_tls>;

/// For both ends. Throws error(invalid) for credentials that cannot be used.
tls_settings make_tls_settings(const keys::credentials& own);

/// A session over a non-blocking socket, which it does not close; a broken pipe is an error, never a signal.
tls_session make_tls_session(SSL_CTX& with, int socket);

/// The session ends its handshake with an error unless the other side's certificate is for this host.
void expect_host(SSL& session, const std::string& host);

/// Who the other side is, after the handshake. Throws error(invalid) where its certificate names no member.
keys::identity peer_of(SSL& session);

/// OpenSSL's own words for what went wrong last, and the certificate's where that was the cause.
std::string tls_problem(const SSL& session);

} // namespace troupe::http
