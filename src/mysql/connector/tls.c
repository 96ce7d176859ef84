/* Reading a dump through the TLS session that the client library made: by OpenSSL's own call, on a socket
 * that doesn't block. That takes the library to be built with OpenSSL (Debian's is), which is looked at
 * first. */
#include "../mysql_int.h"

#include <errno.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <poll.h>

int mysql_tls_check(struct leat_error *err)
{
    const char *library = NULL;
    mariadb_get_infov(NULL, MARIADB_TLS_LIBRARY, &library);
    /* The same major version is the same shared library, in one process. */
    const char *ours = OpenSSL_version(OPENSSL_VERSION);
    size_t same = strcspn(ours, ".");
    if (library && !strncmp(library, ours, same))
        return LEAT_OK;
    leat_fail(err, LEAT_E_UNSUPPORTED, LEAT_KIND_OPERATOR,
              "the MySQL client library does TLS by %s, not by %s", library ? library : "an unknown library",
              ours);
    return leat_cure(err, "use a build of MariaDB Connector/C with OpenSSL, or a Unix socket");
}

int mysql_tls_read(void *ssl, uint8_t *to, size_t size, size_t *got, short *wait, struct leat_error *err)
{
    ERR_clear_error();
    errno = 0;
    int rc = SSL_read_ex(ssl, to, size, got);
    if (rc > 0)
        return LEAT_OK;
    int number = errno;
    char text[160];
    switch (SSL_get_error(ssl, rc)) {
    case SSL_ERROR_WANT_READ:
        *wait = POLLIN;
        return LEAT_AGAIN;
    case SSL_ERROR_WANT_WRITE:
        *wait = POLLOUT;
        return LEAT_AGAIN;
    case SSL_ERROR_ZERO_RETURN:
        return leat_fail(err, LEAT_E_CONNECT, LEAT_KIND_RETRY, "the server closed the connection");
    case SSL_ERROR_SYSCALL:
        leat_fail_errno(err, number ? number : ECONNRESET, LEAT_KIND_RETRY, "reading from the server");
        err->code = LEAT_E_CONNECT;
        return LEAT_FAIL;
    default:
        ERR_error_string_n(ERR_get_error(), text, sizeof text);
        return leat_fail(err, LEAT_E_CONNECT, LEAT_KIND_RETRY, "reading from the server: %s", text);
    }
}
