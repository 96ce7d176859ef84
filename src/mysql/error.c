/* What the numbers of the client library and of servers mean to us: a code, and what happens next. */
#include "mysql_int.h"

#include <errmsg.h>

#include "base/clock.h"

struct meaning {
    unsigned number;
    enum leat_code code;
    enum leat_kind kind;
    const char *cure;
};

/* Of Connector/C alone: old passwords, its own range, and a method of authentication that isn't on our list. */
enum { OLD_PASSWORD = 2049, OF_CONNECTOR_MIN = 5000, NOT_ALLOWED = 5010, OF_CONNECTOR_MAX = 5999 };

#define CURE_OF_ADDRESS "check the address (source.url), and that the server is up and lets this machine in"

#define CURE_OF_METHOD                                                                               \
    "check the user's name, or: ALTER USER … IDENTIFIED WITH caching_sha2_password BY … (MariaDB: " \
    "IDENTIFIED VIA ed25519 USING PASSWORD('…'))"

/* Numbers of servers: include/mysqld_error.h. What isn't here is LEAT_E_SERVER, retried. */
static const struct meaning meanings[] = {
    {1040, LEAT_E_SERVER, LEAT_KIND_RETRY, "raise max_connections, or find who takes all connections"},
    {1042, LEAT_E_CONNECT, LEAT_KIND_RETRY, NULL},
    {1043, LEAT_E_CONNECT, LEAT_KIND_RETRY, NULL},
    {1044, LEAT_E_PRIVILEGE, LEAT_KIND_OPERATOR, NULL},
    {1045, LEAT_E_AUTH, LEAT_KIND_OPERATOR, "check user and password_file; on the server: SHOW CREATE USER"},
    {1053, LEAT_E_CONNECT, LEAT_KIND_RETRY, NULL}, /* shutting down */
    {1064, LEAT_E_SERVER, LEAT_KIND_OPERATOR, NULL},
    {1129, LEAT_E_AUTH, LEAT_KIND_OPERATOR, "TRUNCATE TABLE performance_schema.host_cache on the server"},
    {1130, LEAT_E_AUTH, LEAT_KIND_OPERATOR, "create the user for this host, as in CREATE USER cdc@'%'"},
    {1142, LEAT_E_PRIVILEGE, LEAT_KIND_OPERATOR, NULL},
    {1143, LEAT_E_PRIVILEGE, LEAT_KIND_OPERATOR, NULL},
    {1152, LEAT_E_CONNECT, LEAT_KIND_RETRY, NULL},
    {1153, LEAT_E_TOO_LARGE, LEAT_KIND_OPERATOR, NULL},
    {1158, LEAT_E_CONNECT, LEAT_KIND_RETRY, NULL},
    {1159, LEAT_E_CONNECT, LEAT_KIND_RETRY, NULL},
    {1160, LEAT_E_CONNECT, LEAT_KIND_RETRY, NULL},
    {1161, LEAT_E_CONNECT, LEAT_KIND_RETRY, NULL},
    {1184, LEAT_E_CONNECT, LEAT_KIND_RETRY, NULL},
    {1227, LEAT_E_PRIVILEGE, LEAT_KIND_OPERATOR, NULL},
    {1251, LEAT_E_AUTH, LEAT_KIND_OPERATOR, NULL},
    {1317, LEAT_E_CONNECT, LEAT_KIND_RETRY, NULL}, /* query interrupted: somebody killed us */
    {1524, LEAT_E_AUTH, LEAT_KIND_OPERATOR, NULL}, /* authentication plugin not loaded */
    {1698, LEAT_E_AUTH, LEAT_KIND_OPERATOR, NULL},
    {1820, LEAT_E_AUTH, LEAT_KIND_OPERATOR, "ALTER USER … IDENTIFIED BY … to set a new password"},
    {1862, LEAT_E_AUTH, LEAT_KIND_OPERATOR, "ALTER USER … IDENTIFIED BY … to set a new password"},
    {1927, LEAT_E_CONNECT, LEAT_KIND_RETRY, NULL}, /* MariaDB: connection was killed */
    {3032, LEAT_E_CONNECT, LEAT_KIND_RETRY, NULL}, /* offline mode */
    {3118, LEAT_E_AUTH, LEAT_KIND_OPERATOR, "ALTER USER … ACCOUNT UNLOCK"},
    {3159, LEAT_E_TLS, LEAT_KIND_OPERATOR, "ssl_mode: REQUIRED, or VERIFY_IDENTITY with ssl_ca"},
    {3955, LEAT_E_AUTH, LEAT_KIND_OPERATOR, "ALTER USER … ACCOUNT UNLOCK"},
    {4031, LEAT_E_CONNECT, LEAT_KIND_RETRY, NULL}, /* wait_timeout */
    {4151, LEAT_E_AUTH, LEAT_KIND_OPERATOR, NULL}, /* MariaDB: account is locked */
    {CR_CONNECTION_ERROR, LEAT_E_CONNECT, LEAT_KIND_RETRY, CURE_OF_ADDRESS},
    {CR_CONN_HOST_ERROR, LEAT_E_CONNECT, LEAT_KIND_RETRY, CURE_OF_ADDRESS},
    {CR_UNKNOWN_HOST, LEAT_E_CONNECT, LEAT_KIND_RETRY, CURE_OF_ADDRESS},
    {CR_SSL_CONNECTION_ERROR, LEAT_E_TLS, LEAT_KIND_OPERATOR,
     "check ssl_ca (the authority that signed the server's certificate; VERIFY_IDENTITY also wants the host's "
     "name in that), or ssl_mode, if the server is meant to be without TLS"},
    {OLD_PASSWORD, LEAT_E_AUTH, LEAT_KIND_OPERATOR, NULL},
    {CR_AUTH_PLUGIN_CANNOT_LOAD, LEAT_E_AUTH, LEAT_KIND_OPERATOR,
     CURE_OF_METHOD},
    {CR_AUTH_PLUGIN_ERR, LEAT_E_AUTH, LEAT_KIND_OPERATOR, NULL},
    {NOT_ALLOWED, LEAT_E_AUTH, LEAT_KIND_OPERATOR,
     CURE_OF_METHOD},
    {CR_NET_PACKET_TOO_LARGE, LEAT_E_TOO_LARGE, LEAT_KIND_OPERATOR, NULL},
};

static const struct meaning *find(unsigned number)
{
    for (size_t i = 0; i < sizeof meanings / sizeof *meanings; i++)
        if (meanings[i].number == number)
            return &meanings[i];
    return NULL;
}

enum leat_code mysql_error_code(unsigned number, enum leat_kind *kind)
{
    const struct meaning *meaning = find(number);
    if (meaning) {
        *kind = meaning->kind;
        return meaning->code;
    }
    *kind = LEAT_KIND_RETRY;
    bool of_library = (number >= CR_MIN_ERROR && number <= CR_MAX_ERROR) ||
                      (number >= OF_CONNECTOR_MIN && number <= OF_CONNECTOR_MAX);
    return of_library ? LEAT_E_CONNECT : LEAT_E_SERVER;
}

const char *mysql_error_cure(unsigned number)
{
    const struct meaning *meaning = find(number);
    return meaning ? meaning->cure : NULL;
}

/* The library says "lost connection" for a timeout too; only the clock tells them apart. */
static bool timed_out(uint64_t since_us, unsigned timeout_ms)
{
    if (!timeout_ms)
        return false;
    uint64_t waited_ms = (leat_monotonic_us(leat_clock_real()) - since_us) / 1000;
    return waited_ms + 50 >= timeout_ms;
}

/* The library reports any trouble of a TLS connection as one of TLS. It is the network's once TLS is
 * established, and before that when the words are those of a broken connection; the rest is about
 * certificates and versions. */
static bool is_network_trouble(const struct leat_mysql *mysql)
{
    static const char *const words[] = {"unexpected eof", "timed out", "reset by peer", "Broken pipe"};
    if (mysql->ready)
        return true;
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (strstr(mysql->handle.net.last_error, words[i]))
            return true;
    return false;
}

int mysql_fail(struct leat_mysql *mysql, const char *doing, uint64_t since_us, unsigned timeout_ms,
               struct leat_error *err)
{
    unsigned number = mysql_errno(&mysql->handle);
    mysql->last_errno = number >= CR_MIN_ERROR && number <= CR_MAX_ERROR ? 0 : number;
    if (atomic_load(&mysql->interrupted))
        return LEAT_STOPPED;
    enum leat_kind kind;
    enum leat_code code = mysql_error_code(number, &kind);
    const char *name = mysql->server.name;
    if (number == CR_SSL_CONNECTION_ERROR && is_network_trouble(mysql)) {
        code = LEAT_E_CONNECT;
        kind = LEAT_KIND_RETRY;
    }
    if (code == LEAT_E_CONNECT && timed_out(since_us, timeout_ms))
        return leat_fail(err, LEAT_E_TIMEOUT, LEAT_KIND_RETRY, "%s: %s: no answer within %u ms", name, doing,
                         timeout_ms);
    /* The library quotes the method's name out of a buffer that it has overwritten by then. */
    bool method = number == NOT_ALLOWED || number == CR_AUTH_PLUGIN_CANNOT_LOAD;
    leat_fail(err, code, kind, "%s: %s: %s (%u)", name, doing,
              method ? "the account uses a method of authentication other than caching_sha2_password, "
                       "mysql_native_password or ed25519, or there is no such account"
                     : mysql_error(&mysql->handle),
              number);
    const char *cure = mysql_error_cure(number);
    return cure ? leat_cure(err, "%s", cure) : LEAT_FAIL;
}

unsigned leat_mysql_errno(const struct leat_mysql *mysql)
{
    return mysql->last_errno;
}
