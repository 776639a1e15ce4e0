// SPDX-License-Identifier: Apache-2.0
#include "runtime/keys/certificate.hpp"

#include "runtime/error.hpp"
#include "runtime/keys/openssl.hpp"
#include "runtime/wire/endpoint.hpp"
#include "runtime/wire/keys.hpp"

#include <openssl/bn.h>
#include <openssl/ec.h>
#include <openssl/x509v3.h>

namespace troupe::keys {
namespace {

using bignum = std::unique_ptr<BIGNUM, freed_by<BN_free>>;
using extension = std::unique_ptr<X509_EXTENSION, freed_by<X509_EXTENSION_free>>;

constexpr std::size_t subject_characters_max = 64; // X.520 allows no more in CN and OU
constexpr int serial_bits = 159;                   // positive in the 20 bytes of RFC 5280
constexpr long early_s = 3600;

private_key make_key() {
  private_key made{EVP_EC_gen("P-256")};
  require_done(made != nullptr, "make a key");
  return made;
}

bignum random_serial() {
  bignum serial{BN_new()};
  require_done(serial && BN_rand(serial.get(), serial_bits, BN_RAND_TOP_ONE, BN_RAND_BOTTOM_ANY) == 1,
               "make a serial number");
  return serial;
}

void name_subject(X509& certificate, const char* field, const std::string& text) {
  const auto* const bytes = reinterpret_cast<const unsigned char*>(text.data());
  require_done(X509_NAME_add_entry_by_txt(X509_get_subject_name(&certificate), field, MBSTRING_UTF8, bytes,
                                          static_cast<int>(text.size()), -1, 0) == 1,
               "name a certificate");
}

/// A certificate without subject, issuer, extensions and signature.
x509 blank(EVP_PKEY& key, int days) {
  x509 to{X509_new()};
  const auto serial = random_serial();
  require_done(to && X509_set_version(to.get(), X509_VERSION_3) == 1 &&
                   BN_to_ASN1_INTEGER(serial.get(), X509_get_serialNumber(to.get())) != nullptr &&
                   X509_gmtime_adj(X509_getm_notBefore(to.get()), -early_s) != nullptr &&
                   X509_time_adj_ex(X509_getm_notAfter(to.get()), days, 0, nullptr) != nullptr &&
                   X509_set_pubkey(to.get(), &key) == 1,
               "begin a certificate");
  return to;
}

void extend(X509& certificate, X509& issuer, int nid, const std::string& value) {
  X509V3_CTX context;
  X509V3_set_ctx(&context, &issuer, &certificate, nullptr, nullptr, 0);
  const extension made{X509V3_EXT_conf_nid(nullptr, &context, nid, value.c_str())};
  require_done(made && X509_add_ext(&certificate, made.get(), -1) == 1, "extend a certificate");
}

void sign(X509& certificate, X509& issuer, EVP_PKEY& key) {
  require_done(X509_set_issuer_name(&certificate, X509_get_subject_name(&issuer)) == 1 &&
                   X509_sign(&certificate, &key, EVP_sha256()) > 0,
               "sign a certificate");
}

/// As OpenSSL's configuration has it. A host that was checked has no comma, so nobody adds a name through another.
std::string alternative_names(const std::vector<std::string>& hosts) {
  std::string all;
  for (const auto& host : hosts) {
    const auto kind = wire::kind_of_host(host);
    if (!kind) {
      throw error{errc::invalid, "host '" + host + "' is neither a name nor an address; give one such as " +
                                     "buffer.troupe.svc or 10.0.0.5, without a port"};
    }
    all += (all.empty() ? "" : ",") + std::string(*kind == wire::host_kind::name ? "DNS:" : "IP:") + host;
  }
  return all;
}

/// The only value of a field of the subject; empty when there is none or more than one.
std::string subject_text(const X509& certificate, int nid) {
  const auto* const subject = X509_get_subject_name(&certificate);
  const int at = X509_NAME_get_index_by_NID(subject, nid, -1);
  if (at < 0 || X509_NAME_get_index_by_NID(subject, nid, at) >= 0) {
    return "";
  }
  const auto* const value = X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, at));
  return {reinterpret_cast<const char*>(ASN1_STRING_get0_data(value)),
          static_cast<std::size_t>(ASN1_STRING_length(value))};
}

} // namespace

certified_key make_ca(int days) {
  const auto key = make_key();
  const auto to = blank(*key, days);
  // Two authorities never share a name: a certificate of the other one is then told as such.
  const std::unique_ptr<char, freed_by<[](char* text) { OPENSSL_free(text); }>> word{BN_bn2hex(random_serial().get())};
  require_done(word != nullptr, "name an authority");
  name_subject(*to, "CN", "troupe CA " + std::string(word.get()).substr(0, 8));
  extend(*to, *to, NID_basic_constraints, "critical,CA:TRUE,pathlen:0");
  extend(*to, *to, NID_key_usage, "critical,keyCertSign,cRLSign");
  extend(*to, *to, NID_subject_key_identifier, "hash");
  sign(*to, *to, *key);
  return {to_pem(*to), to_pem(*key)};
}

certified_key issue(const certified_key& ca, const std::string& name, wire::role as,
                    const std::vector<std::string>& hosts, int days) {
  if (!wire::is_name(name) || name.size() > subject_characters_max) {
    throw error{errc::invalid, "'" + name + "' cannot name a certificate; use up to 64 letters, digits, '.', '-', '_'"};
  }
  const auto issuer = parse_certificate(ca.certificate, "the authority");
  const auto issuer_key = parse_key(ca.private_key, "the authority");
  if (X509_check_private_key(issuer.get(), issuer_key.get()) != 1) {
    throw error{errc::invalid, "the authority's key is not of its certificate; use the pair that was made together"};
  }
  const auto key = make_key();
  const auto to = blank(*key, days);
  if (ASN1_TIME_compare(X509_get0_notAfter(to.get()), X509_get0_notAfter(issuer.get())) > 0) {
    require_done(X509_set1_notAfter(to.get(), X509_get0_notAfter(issuer.get())) == 1, "date a certificate");
  }
  name_subject(*to, "CN", name);
  name_subject(*to, "OU", wire::to_string(as));
  extend(*to, *issuer, NID_basic_constraints, "critical,CA:FALSE");
  extend(*to, *issuer, NID_key_usage, "critical,digitalSignature");
  extend(*to, *issuer, NID_ext_key_usage, "serverAuth,clientAuth");
  extend(*to, *issuer, NID_subject_key_identifier, "hash");
  extend(*to, *issuer, NID_authority_key_identifier, "keyid:always");
  if (!hosts.empty()) {
    extend(*to, *issuer, NID_subject_alt_name, alternative_names(hosts));
  }
  sign(*to, *issuer, *issuer_key);
  return {to_pem(*to), to_pem(*key)};
}

identity role_of(const std::string& certificate, const std::string& where) {
  const auto from = parse_certificate(certificate, where);
  identity who;
  who.name = subject_text(*from, NID_commonName);
  const auto role_name = subject_text(*from, NID_organizationalUnitName);
  const auto as = wire::parse_role(role_name);
  if (!wire::is_name(who.name) || !as) {
    throw error{errc::invalid, where +
                                   " names no member: its subject must be CN=NAME, OU=ROLE with a role of troupe; " +
                                   "make one with `troupe keygen`"};
  }
  who.as = *as;
  return who;
}

} // namespace troupe::keys
