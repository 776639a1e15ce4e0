// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <openssl/evp.h>
#include <openssl/x509.h>
#include <string>

/// Owners of what OpenSSL allocates, and PEM in and out. For the .cpp files of runtime/keys and runtime/http.
namespace troupe::keys {

template <auto Free>
struct freed_by {
  template <class T>
  void operator()(T* of) const {
    Free(of);
  }
};

using x509 = std::unique_ptr<X509, freed_by<X509_free>>;
using private_key = std::unique_ptr<EVP_PKEY, freed_by<EVP_PKEY_free>>;

/// Throw error(invalid) that begins with `where`.
x509 parse_certificate(const std::string& pem, const std::string& where);
private_key parse_key(const std::string& pem, const std::string& where);

std::string to_pem(X509& certificate);
std::string to_pem(EVP_PKEY& key); ///< PKCS8

/// Throws error(failed) with OpenSSL's own reason unless `done`.
void require_done(bool done, const char* what);

} // namespace troupe::keys
