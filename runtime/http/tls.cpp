// SPDX-License-Identifier: Apache-2.0
#include "runtime/http/tls.hpp"

#include "runtime/error.hpp"
#include "runtime/keys/openssl.hpp"
#include "runtime/wire/endpoint.hpp"

#include <cerrno>
#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <sys/socket.h>

namespace troupe::http {
namespace {

using keys::require_done;

int socket_of(BIO* bio) {
  return static_cast<int>(reinterpret_cast<std::intptr_t>(BIO_get_data(bio)));
}

bool again() {
  return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR;
}

// OpenSSL's own socket BIO calls write(2), which raises SIGPIPE where the other side is gone.
int send_bytes(BIO* bio, const char* bytes, int size) {
  BIO_clear_retry_flags(bio);
  const auto sent = ::send(socket_of(bio), bytes, static_cast<std::size_t>(size), MSG_NOSIGNAL);
  if (sent < 0 && again()) {
    BIO_set_retry_write(bio);
  }
  return static_cast<int>(sent);
}

int receive_bytes(BIO* bio, char* bytes, int size) {
  BIO_clear_retry_flags(bio);
  const auto got = ::recv(socket_of(bio), bytes, static_cast<std::size_t>(size), 0);
  if (got < 0 && again()) {
    BIO_set_retry_read(bio);
  }
  return static_cast<int>(got);
}

long control(BIO* /*bio*/, int command, long /*number*/, void* /*pointer*/) {
  return command == BIO_CTRL_FLUSH ? 1 : 0;
}

const BIO_METHOD* socket_method() {
  static BIO_METHOD* const method = [] {
    auto* made = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "troupe socket");
    require_done(made != nullptr && BIO_meth_set_write(made, send_bytes) == 1 &&
                     BIO_meth_set_read(made, receive_bytes) == 1 && BIO_meth_set_ctrl(made, control) == 1,
                 "prepare a connection");
    return made;
  }();
  return method;
}

} // namespace

tls_settings make_tls_settings(const keys::credentials& own) {
  tls_settings made{SSL_CTX_new(TLS_method())};
  const auto certificate = keys::parse_certificate(own.own.certificate, own.who.name);
  const auto key = keys::parse_key(own.own.private_key, own.who.name);
  const auto ca = keys::parse_certificate(own.ca_certificate, "the authority");
  require_done(made && SSL_CTX_set_min_proto_version(made.get(), TLS1_3_VERSION) == 1 &&
                   SSL_CTX_use_certificate(made.get(), certificate.get()) == 1 &&
                   SSL_CTX_use_PrivateKey(made.get(), key.get()) == 1 &&
                   X509_STORE_add_cert(SSL_CTX_get_cert_store(made.get()), ca.get()) == 1 &&
                   SSL_CTX_set_num_tickets(made.get(), 0) == 1, // one request a connection: nothing to resume
               "prepare TLS");
  SSL_CTX_set_session_cache_mode(made.get(), SSL_SESS_CACHE_OFF);
  SSL_CTX_set_verify(made.get(), SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
  SSL_CTX_set_mode(made.get(), SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER | SSL_MODE_ENABLE_PARTIAL_WRITE);
  return made;
}

tls_session make_tls_session(SSL_CTX& with, int socket) {
  tls_session made{SSL_new(&with)};
  BIO* bio = made ? BIO_new(socket_method()) : nullptr;
  require_done(bio != nullptr, "begin a connection");
  BIO_set_data(bio, reinterpret_cast<void*>(static_cast<std::intptr_t>(socket)));
  BIO_set_init(bio, 1);
  SSL_set_bio(made.get(), bio, bio);
  return made;
}

void expect_host(SSL& session, const std::string& host) {
  const bool name = wire::kind_of_host(host) == wire::host_kind::name;
  SSL_set_hostflags(&session, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
  require_done(name ? SSL_set1_host(&session, host.c_str()) == 1
                    : X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(&session), host.c_str()) == 1,
               "name the host of a connection");
}

keys::identity peer_of(SSL& session) {
  const keys::x509 shown{SSL_get1_peer_certificate(&session)};
  if (!shown) {
    throw error{errc::invalid, "the other side shows no certificate"};
  }
  return keys::role_of(keys::to_pem(*shown), "the other side's certificate");
}

std::string tls_problem(const SSL& session) {
  const auto code = ERR_peek_last_error();
  const char* reason = ERR_reason_error_string(code);
  std::string words = reason == nullptr ? "the other side hung up" : reason;
  if (const auto verdict = SSL_get_verify_result(&session); verdict != X509_V_OK) {
    words += std::string(" (") + X509_verify_cert_error_string(verdict) + ")";
  }
  ERR_clear_error();
  return words;
}

} // namespace troupe::http
