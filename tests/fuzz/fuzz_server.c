/* How to reach a server. Input: a byte: URL, option file, or a server's version; then its text. */
#include <fcntl.h>
#include <unistd.h>

#include "config/config.h"
#include "fuzz.h"
#include "mysql/mysql_int.h"

enum form { URL, OPTION_FILE, VERSION, FORMS };

static void run_url(const char *text)
{
    struct leat_server_config server = {0}, again = {0};
    struct leat_error err = {0};
    int result = leat_server_config_url(&server, text, &err);
    fuzz_check_result(result, &err);
    if (result == LEAT_OK) {
        FUZZ_CHECK(server.user && server.url && (server.host != NULL) != (server.socket != NULL));
        /* The masked URL has no password in it, wherever else it appears. */
        FUZZ_CHECK(!server.password || strstr(server.url, ":********@"));
        /* and leads to the same server. */
        FUZZ_CHECK(leat_server_config_url(&again, server.url, &err) == LEAT_OK);
        FUZZ_CHECK(!strcmp(server.user, again.user) && server.port == again.port && !strcmp(server.url, again.url));
        FUZZ_CHECK(server.host ? again.host && !strcmp(server.host, again.host) : !strcmp(server.socket, again.socket));
    }
    leat_server_config_free(&server);
    leat_server_config_free(&again);
}

static void run_option_file(const uint8_t *bytes, size_t size)
{
    static char path[64];
    if (!path[0])
        snprintf(path, sizeof path, "/dev/shm/leat-fuzz-%ld", (long)getpid());
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    FUZZ_CHECK(fd >= 0 && write(fd, bytes, size) == (ssize_t)size);
    close(fd);
    struct leat_server_config server = {0};
    struct leat_error err = {0};
    fuzz_check_result(leat_server_config_defaults_file(&server, path, &err), &err);
    unlink(path);
    FUZZ_CHECK(server.port <= 65535 && !(server.host && server.socket));
    leat_server_config_free(&server);
}

static void run(const uint8_t *bytes, size_t size)
{
    if (size < 1)
        return;
    char *text = leat_strndup((const char *)bytes + 1, size - 1);
    struct leat_mysql_server version = {0};
    switch ((enum form)(bytes[0] % FORMS)) {
    case OPTION_FILE:
        run_option_file(bytes + 1, size - 1);
        break;
    case VERSION:
        mysql_server_version(&version, text);
        FUZZ_CHECK(memchr(version.text, 0, sizeof version.text));
        break;
    case URL:
    case FORMS:
        run_url(text);
    }
    free(text);
}

const struct fuzz_target fuzz_target_server = {
    .name = "server",
    .sources = "config/server.c mysql/server.c",
    .run = run,
    .size_max = 256,
    .memory_fixed = 64 << 10,
    .memory_factor = 64,
};
