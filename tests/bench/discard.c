/* The ceiling: a reader that takes the dump and throws it away. Prints one JSON object with what it read.
 *
 *     discard URL PASSWORD_FILE FILE POS END_FILE END_POS */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/cursor.h"
#include "mysql/mysql.h"

static int fail(const struct leat_error *err)
{
    fprintf(stderr, "discard: %s\n", err->message);
    return 1;
}

/* Until an event ends at END_POS in the last file; a rotate event is the file's last. */
static int read_all(struct leat_mysql *mysql, const char *file, const char *end_file, uint64_t end_pos, uint64_t *events,
                    uint64_t *bytes, struct leat_error *err)
{
    bool last = !strcmp(file, end_file);
    for (;;) {
        const uint8_t *event;
        size_t size;
        int rc = leat_mysql_dump_next(mysql, &event, &size, err);
        if (rc)
            return rc;
        ++*events;
        *bytes += size;
        uint64_t next = leat_le(event + 13, 4);
        if (event[4] == 4 && *events > 1) /* ROTATE: 8 bytes of position, then the name */
            last = size >= 27 + strlen(end_file) && !memcmp(event + 27, end_file, strlen(end_file));
        else if (last && next >= end_pos)
            return 0;
    }
}

int main(int argc, char **argv)
{
    struct leat_server_config server = {0};
    struct leat_error err = {0};
    struct leat_mysql *mysql = NULL;
    if (argc != 7) {
        fputs("usage: discard URL PASSWORD_FILE FILE POS END_FILE END_POS\n", stderr);
        return 2;
    }
    if (leat_server_config_url(&server, argv[1], &err))
        return fail(&err);
    server.password_file = strdup(argv[2]);
    if (leat_mysql_connect(&mysql, &server, 10000, &err) ||
        leat_mysql_query(mysql, NULL, &err, "SET @source_binlog_checksum='CRC32', @master_binlog_checksum='CRC32'"))
        return fail(&err);
    const struct leat_dump dump = {
        .server_id = 4000000001u, .file = argv[3], .pos = strtoull(argv[4], NULL, 10), .read_timeout_ms = 60000};
    uint64_t events = 0, bytes = 0, started_us = leat_monotonic_us(leat_clock_real());
    if (leat_mysql_dump(mysql, &dump, &err) ||
        read_all(mysql, argv[3], argv[5], strtoull(argv[6], NULL, 10), &events, &bytes, &err))
        return fail(&err);
    printf("{\"events\": %llu, \"bytes\": %llu, \"seconds\": %.6f}\n", (unsigned long long)events, (unsigned long long)bytes,
           (double)(leat_monotonic_us(leat_clock_real()) - started_us) / 1e6);
    leat_mysql_close(&mysql);
    leat_server_config_free(&server);
    return 0;
}
