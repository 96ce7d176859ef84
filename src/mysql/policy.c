/* How much a connection is protected, by the names that MySQL gave to ssl_mode.
 *
 * UNSET is REQUIRED off the machine, PREFERRED on it, VERIFY_IDENTITY when a CA is given. Over a Unix socket
 * TLS protects against nobody, so it is used there only when it is asked for by REQUIRED or more.
 *
 * The password itself, without TLS: mysql_native_password and caching_sha2_password's quick way prove it
 * without showing it. caching_sha2_password's full way (the first login after a server's start) shows it,
 * encrypted by a key that the server sent in clear: whoever sits in between can send a key of his own. So
 * that is done only on loopback, or when ssl_mode is DISABLED in so many words. Under TLS it shows the
 * password to the peer: with REQUIRED, which checks no certificate, that is whoever answers, as with every
 * MySQL client; preflight says so. */
#include "mysql_int.h"

#include <arpa/inet.h>

static bool is_loopback(const char *host)
{
    struct in_addr address; /* "127.example.org" is a name of somebody else's */
    if (inet_pton(AF_INET, host, &address) == 1)
        return ntohl(address.s_addr) >> 24 == 127;
    return !strcmp(host, "localhost") || !strcmp(host, "::1");
}

bool leat_mysql_is_local(const struct leat_server_config *server)
{
    return server->socket || (server->host && is_loopback(server->host));
}

static enum leat_ssl_mode effective_mode(const struct leat_server_config *server)
{
    if (server->ssl_mode != LEAT_SSL_UNSET)
        return server->ssl_mode;
    if (server->ssl_ca)
        return LEAT_SSL_VERIFY_IDENTITY;
    return leat_mysql_is_local(server) ? LEAT_SSL_PREFERRED : LEAT_SSL_REQUIRED;
}

int mysql_policy(struct leat_mysql_policy *policy, const struct leat_server_config *server,
                 struct leat_error *err)
{
    *policy = (struct leat_mysql_policy){.socket = server->socket != NULL};
    if (!server->socket && !server->host)
        return leat_fail(err, LEAT_E_CONFIG, LEAT_KIND_OPERATOR,
                         "neither a host nor a socket to connect to is configured");
    enum leat_ssl_mode mode = effective_mode(server);
    policy->verify = mode >= LEAT_SSL_VERIFY_CA;
    policy->verify_host = mode >= LEAT_SSL_VERIFY_IDENTITY;
    policy->tls_required = mode >= LEAT_SSL_REQUIRED;
    policy->tls_offered = policy->tls_required || (mode == LEAT_SSL_PREFERRED && !policy->socket);
    policy->rsa_allowed =
        !policy->socket && (server->ssl_mode == LEAT_SSL_DISABLED || is_loopback(server->host));
    if (policy->verify && !server->ssl_ca) {
        leat_fail(err, LEAT_E_CONFIG, LEAT_KIND_OPERATOR,
                  "ssl_mode %s needs ssl_ca, the certificate to verify against",
                  policy->verify_host ? "VERIFY_IDENTITY" : "VERIFY_CA");
        return leat_cure(err,
                         "ssl_ca: /path/to/ca.pem, a copy of the server's (SHOW VARIABLES LIKE 'ssl_ca')");
    }
    return LEAT_OK;
}
