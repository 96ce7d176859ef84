/* What a server says while it is being logged in to. Input: a byte of how the connection is, then parts: the server's packets. */
#ifndef LEAT_CLIENT_ORACLE
#include "mysql/mysql_int.h"

#include <mysql/plugin_auth.h>

#include "parts.h"

enum { TLS_REQUIRED = 1, SERVER_HAS_TLS = 2, SOCKET = 4, RSA_ALLOWED = 8, NO_PASSWORD = 16 };

static char password[] = "only-for-the-server";

static struct {
    struct leat_cursor packets;
    uint8_t *last; /* of its exact size */
    unsigned written;
    bool socket, tls_required;
} server;

static int read_packet(struct st_plugin_vio *vio, uint8_t **packet)
{
    struct part part;
    (void)vio;
    free(server.last);
    server.last = NULL;
    if (!part_next(&server.packets, &part))
        return -1;
    *packet = server.last = leat_memdup(part.bytes, part.size);
    return (int)part.size;
}

/* Nothing goes out before TLS that is required, and the password itself only where nobody listens. */
static int write_packet(struct st_plugin_vio *vio, const uint8_t *packet, int size)
{
    (void)vio;
    FUZZ_CHECK(size >= 0 && (packet || !size));
    FUZZ_CHECK(server.socket || !size || !memmem(packet, (size_t)size, password, strlen(password)));
    server.written++;
    return 0;
}

static void run(const uint8_t *bytes, size_t size)
{
    if (size < 1)
        return;
    struct leat_error err = {0};
    FUZZ_CHECK(mysql_library_start(&err) == LEAT_OK && mysql_library_check(bytes[0], &err) == LEAT_FAIL);
    struct leat_mysql *mysql = leat_alloc_zero(1, sizeof *mysql);
    struct st_plugin_vio vio = {.read_packet = read_packet, .write_packet = write_packet};
    char none[] = "";
    mysql->handle.passwd = bytes[0] & NO_PASSWORD ? none : password;
    mysql->handle.server_capabilities = bytes[0] & SERVER_HAS_TLS ? CLIENT_SSL : 0;
    mysql->policy.tls_required = server.tls_required = bytes[0] & TLS_REQUIRED;
    mysql->policy.socket = server.socket = bytes[0] & SOCKET;
    mysql->policy.rsa_allowed = bytes[0] & RSA_ALLOWED;
    server.packets = leat_cursor(bytes + 1, size - 1);
    server.written = 0;
    int result = mysql_authenticate(&vio, &mysql->handle);
    FUZZ_CHECK(memchr(mysql->handle.net.last_error, 0, sizeof mysql->handle.net.last_error));
    if (server.tls_required && !(bytes[0] & SERVER_HAS_TLS))
        FUZZ_CHECK(result != -1 && !server.written); /* -1: fine */
    free(server.last);
    server.last = NULL;
    free(mysql);
}

const struct fuzz_target fuzz_target_login = {
    .name = "login",
    .sources = "mysql/connector/auth.c",
    .run = run,
    .parts = true,
    .parts_head = 1,
    .size_max = 1200,
    .memory_fixed = 1 << 20, /* OpenSSL's start */
    .memory_factor = 64,
};
#endif
