// SPDX-License-Identifier: Apache-2.0
#include "runtime/keys/openssl.hpp"

#include "runtime/error.hpp"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>

namespace troupe::keys {
namespace {

using bio = std::unique_ptr<BIO, freed_by<BIO_free_all>>;

bio reader_of(const std::string& text) {
  return bio{BIO_new_mem_buf(text.data(), static_cast<int>(text.size()))};
}

std::string text_of(const bio& from) {
  char* bytes = nullptr;
  const auto size = BIO_get_mem_data(from.get(), &bytes);
  return {bytes, static_cast<std::size_t>(size)};
}

/// An encrypted key is refused, never asked for at the terminal.
int no_password(char* /*to*/, int /*size*/, int /*writing*/, void* /*unused*/) {
  return -1;
}

} // namespace

void require_done(bool done, const char* what) {
  if (!done) {
    const char* reason = ERR_reason_error_string(ERR_get_error());
    throw error{errc::failed,
                std::string("OpenSSL could not ") + what + ": " + (reason == nullptr ? "no reason given" : reason)};
  }
}

x509 parse_certificate(const std::string& pem, const std::string& where) {
  x509 found{PEM_read_bio_X509(reader_of(pem).get(), nullptr, no_password, nullptr)};
  ERR_clear_error();
  if (!found) {
    throw error{errc::invalid, where + " holds no certificate; make one with `troupe keygen`"};
  }
  return found;
}

private_key parse_key(const std::string& pem, const std::string& where) {
  private_key found{PEM_read_bio_PrivateKey(reader_of(pem).get(), nullptr, no_password, nullptr)};
  ERR_clear_error();
  if (!found) {
    throw error{errc::invalid,
                where + " holds no private key, or one behind a password; make one with `troupe keygen`"};
  }
  return found;
}

std::string to_pem(X509& certificate) {
  const bio to{BIO_new(BIO_s_mem())};
  require_done(to && PEM_write_bio_X509(to.get(), &certificate) == 1, "write a certificate");
  return text_of(to);
}

std::string to_pem(EVP_PKEY& key) {
  const bio to{BIO_new(BIO_s_mem())};
  require_done(to && PEM_write_bio_PKCS8PrivateKey(to.get(), &key, nullptr, nullptr, 0, nullptr, nullptr) == 1,
               "write a private key");
  return text_of(to);
}

} // namespace troupe::keys
