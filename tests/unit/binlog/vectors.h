/* Test vectors out of TSV files (kind, params, input_hex, expected, note, origin), and events made by hand.
 */
#ifndef LEAT_TEST_BINLOG_VECTORS_H
#define LEAT_TEST_BINLOG_VECTORS_H

#include <check.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "base/checksum.h"
#include "binlog/event.h"
#include "binlog/rows.h"

struct vector {
    char *kind, *params, *hex, *expected, *note;
    uint8_t *input; /* the decoded hex, on the heap without slack, so that sanitizers see reads past it */
    size_t input_size;
    unsigned line;
};

static inline unsigned vectors_digit(char c)
{
    return c <= '9' ? (unsigned)(c - '0') : (unsigned)((c | 32) - 'a' + 10);
}

static inline uint8_t *vectors_unhex(const char *hex, size_t *size)
{
    *size = strlen(hex) / 2;
    uint8_t *bytes = leat_alloc(*size ? *size : 1);
    for (size_t i = 0; i < *size; i++)
        bytes[i] = (uint8_t)(vectors_digit(hex[2 * i]) << 4 | vectors_digit(hex[2 * i + 1]));
    return bytes;
}

/* Backslashes are doubled in the files. */
static inline void vectors_unescape(char *text)
{
    char *to = text;
    for (char *from = text; *from; from++) {
        if (from[0] == '\\' && from[1] == '\\')
            from++;
        *to++ = *from;
    }
    *to = 0;
}

/* Calls `each` for every line. Says that it skips, and returns 0, when the file isn't there. */
static inline unsigned vectors_each(const char *name, void (*each)(struct vector *vector))
{
    char path[4096];
    snprintf(path, sizeof(path), "%s/vectors/%s", LEAT_SHARED_FIXTURES, name);
    FILE *file = fopen(path, "r");
    if (!file) {
        printf("skipped: %s is not there\n", name);
        return 0;
    }
    char *line = NULL;
    size_t room = 0;
    unsigned count = 0;
    while (getline(&line, &room, file) > 0) {
        if (++count == 1)
            continue;
        line[strcspn(line, "\r\n")] = 0;
        char *fields[6] = {0};
        char *rest = line;
        for (int i = 0; i < 6; i++)
            fields[i] = rest ? strsep(&rest, "\t") : line + strlen(line);
        struct vector vector = {fields[0], fields[1], fields[2], fields[3], fields[4], NULL, 0, count};
        vectors_unescape(vector.expected);
        vector.input = vectors_unhex(vector.hex, &vector.input_size);
        each(&vector);
        free(vector.input);
    }
    free(line);
    fclose(file);
    return count - 1;
}

static inline bool vectors_error_expected(const struct vector *vector)
{
    return strncmp(vector->expected, "ERROR", 5) == 0;
}

/* "name=12" among the comma-separated params; -1 without. */
static inline long vectors_param(const struct vector *vector, const char *name)
{
    const char *at = strstr(vector->params, name);
    return at ? strtol(at + strlen(name) + 1, NULL, 0) : -1;
}

/* A whole event around a body, without a checksum, on the heap. */
static inline uint8_t *vectors_frame(uint8_t type, const void *body, size_t body_size, size_t *size)
{
    struct leat_buf buf = {0};
    leat_buf_u32(&buf, 1700000000);
    leat_buf_u8(&buf, type);
    leat_buf_u32(&buf, 101);
    leat_buf_u32(&buf, (uint32_t)(LEAT_EVENT_HEADER_SIZE + body_size));
    leat_buf_u32(&buf, 4711);
    leat_buf_u16(&buf, 0);
    leat_buf_put(&buf, body, body_size);
    *size = buf.size;
    uint8_t *bytes = leat_memdup(buf.data, buf.size);
    leat_buf_free(&buf);
    return bytes;
}

static inline const struct leat_binlog_format *vectors_format(bool mariadb)
{
    static const struct leat_binlog_format mysql_format = {
        .version = 4, .server = "9.7.4", .server_version = 90704};
    static const struct leat_binlog_format mariadb_format = {
        .version = 4, .server = "10.11.19-MariaDB", .server_version = 101119, .mariadb = true};
    return mariadb ? &mariadb_format : &mysql_format;
}

/* An event of this type whose body is given; *bytes is for the caller to free. */
static inline struct leat_event vectors_event(uint8_t **bytes, uint8_t type, const void *body,
                                              size_t body_size)
{
    struct leat_event event;
    struct leat_error err = {0};
    size_t size;
    *bytes = vectors_frame(type, body, body_size, &size);
    ck_assert_msg(leat_event_parse(&event, vectors_format(false), *bytes, size, &err) == 0, "%s",
                  err.message);
    return event;
}

#endif
