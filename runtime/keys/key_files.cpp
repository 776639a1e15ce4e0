// SPDX-License-Identifier: Apache-2.0
#include "runtime/keys/key_files.hpp"

#include "runtime/data/durable_file.hpp"
#include "runtime/data/secret_file.hpp"
#include "runtime/error.hpp"
#include "runtime/keys/openssl.hpp"
#include "runtime/wire/keys.hpp"

#include <array>
#include <openssl/x509_vfy.h>
#include <sys/stat.h>
#include <unistd.h>

namespace troupe::keys {
namespace {

using store = std::unique_ptr<X509_STORE, freed_by<X509_STORE_free>>;
using store_context = std::unique_ptr<X509_STORE_CTX, freed_by<X509_STORE_CTX_free>>;

std::string day_of(const ASN1_TIME* time) {
  std::tm parts{};
  std::array<char, 16> text{};
  if (ASN1_TIME_to_tm(time, &parts) != 1 || std::strftime(text.data(), text.size(), "%Y-%m-%d", &parts) == 0) {
    return "a day that cannot be read";
  }
  return text.data();
}

/// Refuses a certificate that this authority did not sign, or whose time is not `now`. `path` is the certificate's
/// file, `again` says how to get a new one.
void require_trusted(X509& certificate, X509& ca, std::time_t now, const std::string& path, const std::string& ca_path,
                     const std::string& again) {
  const store trusted{X509_STORE_new()};
  const store_context check{X509_STORE_CTX_new()};
  require_done(trusted && check && X509_STORE_add_cert(trusted.get(), &ca) == 1 &&
                   X509_STORE_CTX_init(check.get(), trusted.get(), &certificate, nullptr) == 1,
               "begin to check a certificate");
  X509_STORE_CTX_set_time(check.get(), 0, now);
  if (X509_verify_cert(check.get()) == 1) {
    return;
  }
  const int reason = X509_STORE_CTX_get_error(check.get());
  const bool of_ca = X509_STORE_CTX_get_error_depth(check.get()) > 0;
  const auto& file = of_ca ? ca_path : path;
  const X509& dated = of_ca ? ca : certificate;
  if (reason == X509_V_ERR_CERT_HAS_EXPIRED) {
    throw error{errc::invalid, file + " expired on " + day_of(X509_get0_notAfter(&dated)) + "; " +
                                   (of_ca ? "make new keys in an empty folder" : again)};
  }
  if (reason == X509_V_ERR_CERT_NOT_YET_VALID) {
    throw error{errc::invalid, file + " is valid from " + day_of(X509_get0_notBefore(&dated)) +
                                   " only; is the clock of this machine right?"};
  }
  throw error{errc::invalid, path + " is not of the authority in " + ca_path + " (" +
                                 X509_verify_cert_error_string(reason) + "); use the files of one `troupe keygen`"};
}

void require_pair(X509& certificate, EVP_PKEY& key, const std::string& path, const std::string& key_path) {
  if (X509_check_private_key(&certificate, &key) != 1) {
    throw error{errc::invalid, key_path + " is not the key of " + path + "; use the two that were made together"};
  }
}

} // namespace

std::string key_file(const std::string& folder, const std::string& name) {
  return folder + "/" + name + ".key";
}

std::string certificate_file(const std::string& folder, const std::string& name) {
  return folder + "/" + name + ".crt";
}

void write_certified_key(const std::string& folder, const std::string& name, const certified_key& pair) {
  if (!wire::is_name(name)) {
    throw error{errc::invalid, "'" + name + "' cannot name a key; use letters, digits, '.', '-', '_'"};
  }
  const auto key_path = key_file(folder, name);
  data::create_file(key_path, pair.private_key, S_IRUSR | S_IWUSR);
  try {
    data::create_file(certificate_file(folder, name), pair.certificate, S_IRUSR | S_IWUSR | S_IRGRP | S_IROTH);
  } catch (const error&) {
    ::unlink(key_path.c_str());
    throw;
  }
}

credentials read_credentials(const std::string& folder, const std::string& name, std::time_t now) {
  const auto path = certificate_file(folder, name);
  const auto key_path = key_file(folder, name);
  const auto ca_path = certificate_file(folder, ca_name);
  credentials to;
  to.own = {data::read_file(path), data::read_secret_file(key_path)};
  to.ca_certificate = data::read_file(ca_path);
  const auto certificate = parse_certificate(to.own.certificate, path);
  const auto ca = parse_certificate(to.ca_certificate, ca_path);
  const auto key = parse_key(to.own.private_key, key_path);
  require_pair(*certificate, *key, path, key_path);
  require_trusted(*certificate, *ca, now, path, ca_path,
                  "remove it and " + key_path + ", then run: troupe keygen --out " + folder);
  to.who = role_of(to.own.certificate, path);
  if (to.who.name != name) {
    throw error{errc::invalid,
                path + " is of " + to.who.name + ", not of " + name + "; give each member its own files"};
  }
  return to;
}

certified_key read_ca(const std::string& folder, std::time_t now) {
  const auto path = certificate_file(folder, ca_name);
  const auto key_path = key_file(folder, ca_name);
  certified_key to{data::read_file(path), data::read_secret_file(key_path)};
  const auto certificate = parse_certificate(to.certificate, path);
  const auto key = parse_key(to.private_key, key_path);
  require_pair(*certificate, *key, path, key_path);
  require_trusted(*certificate, *certificate, now, path, path, "make new keys in an empty folder");
  return to;
}

} // namespace troupe::keys
