/* The messages that a format makes of binlog files: each struct leat_message as a JSON line, with nothing in between that a sink adds.
 *
 *     format_probe FORMAT [--name RELAY] [--without DATABASE.TABLE]... [SETTING=VALUE]... FILE...
 *
 * Definitions are followed from the first file's first statement on, as the relay follows them: files that begin before their tables
 * were made tell keys, defaults and all else. Key, value and headers are strings that hold the bytes, or null; {"base64":…} where they
 * aren't UTF-8. XA branches come where they are committed. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/json.h"
#include "decode/decode.h"
#include "format/format.h"
#include "journal/spool.h"
#include "schema/catalog.h"

enum { MAGIC_SIZE = 4, SETTINGS_MAX = 64, WITHOUT_MAX = 64, UTF8MB4_0900_AI_CI = 255, MARIADB_UTF8MB4 = 45 };

struct probe {
    struct leat_buf line, buf; /* buf is the format's */
    struct leat_filter *filter;
    struct leat_format *format;
    struct leat_spool *spool;
    struct leat_catalog *catalog;
    struct leat_decoder *decoder;
    bool server_known;
};

/* ---- A line ---- */

static void put_name(struct leat_buf *buf, const char *name)
{
    leat_buf_u8(buf, buf->size > 1 ? ',' : '{');
    leat_json_cstr(buf, name);
    leat_buf_u8(buf, ':');
}

static void put_bytes(struct leat_buf *buf, const void *bytes, size_t size)
{
    if (!bytes) {
        leat_buf_puts(buf, "null");
    } else if (!leat_json_text(buf, bytes, size)) {
        leat_buf_puts(buf, "{\"base64\":");
        leat_json_base64(buf, bytes, size);
        leat_buf_u8(buf, '}');
    }
}

static void put_text(struct leat_buf *buf, const char *name, const struct leat_text *text)
{
    put_name(buf, name);
    put_bytes(buf, text ? text->bytes : NULL, text ? text->size : 0);
}

static void put_headers(struct leat_buf *buf, const struct leat_message *message)
{
    put_name(buf, "headers");
    leat_buf_u8(buf, '[');
    for (size_t i = 0; i < message->header_count; i++) {
        const struct leat_message_header *header = &message->headers[i];
        leat_buf_puts(buf, i ? ",{\"name\":" : "{\"name\":");
        put_bytes(buf, header->name.bytes, header->name.size);
        leat_buf_puts(buf, ",\"value\":");
        put_bytes(buf, header->value, header->value_size);
        leat_buf_u8(buf, '}');
    }
    leat_buf_u8(buf, ']');
}

static const char *kind_name(enum leat_message_kind kind)
{
    static const char *const names[] = {[LEAT_MESSAGE_CHANGE] = "change",
                                        [LEAT_MESSAGE_TOMBSTONE] = "tombstone",
                                        [LEAT_MESSAGE_STATEMENT] = "statement",
                                        [LEAT_MESSAGE_TRANSACTION] = "transaction",
                                        [LEAT_MESSAGE_HEARTBEAT] = "heartbeat"};
    return names[kind];
}

static int on_message(void *context, const struct leat_message *message, struct leat_error *err)
{
    struct probe *probe = context;
    struct leat_buf *line = &probe->line;
    (void)err;
    leat_buf_clear(line);
    put_name(line, "kind");
    leat_json_cstr(line, kind_name(message->kind));
    put_text(line, "database", message->topic_database);
    put_text(line, "table", message->topic_table);
    put_name(line, "key");
    put_bytes(line, message->key, message->key_size);
    put_name(line, "value");
    put_bytes(line, message->value, message->value_size);
    put_headers(line, message);
    if (message->topic)
        put_text(line, "topic", message->topic);
    if (message->has_partition)
        leat_buf_printf(line, ",\"partition\":%" PRId64, message->partition);
    if (message->has_record_time)
        leat_buf_printf(line, ",\"timestamp\":%" PRId64, message->record_time_ms);
    leat_buf_printf(line, ",\"number\":%" PRIu64 ",\"time_us\":%" PRIu64 ",\"last\":%s}\n", message->number, message->time_us,
                    message->last ? "true" : "false");
    fwrite(line->data, 1, line->size, stdout);
    leat_buf_clear(&probe->buf);
    return LEAT_OK;
}

/* ---- Items ---- */

static int on_shown(void *context, const struct leat_item *item, struct leat_error *err)
{
    struct probe *probe = context;
    return leat_format_item(probe->format, item, NULL, err);
}

static int on_item(void *context, const struct leat_item *item, struct leat_error *err)
{
    struct probe *probe = context;
    return leat_spool_item(probe->spool, item, true, err);
}

/* The catalog has to know the server before the first statement. */
static void learn_server(struct probe *probe)
{
    struct leat_decoder_state state;
    leat_decoder_state(probe->decoder, &state);
    if (probe->server_known || !state.format || !state.format->server_version)
        return;
    bool mariadb = state.format->mariadb;
    const struct leat_catalog_server server = {.kind = mariadb ? LEAT_TABLE_OF_MARIADB : LEAT_TABLE_OF_MYSQL,
                                               .version = state.format->server_version,
                                               .collation = mariadb ? MARIADB_UTF8MB4 : UTF8MB4_0900_AI_CI,
                                               .explicit_defaults_for_timestamp = true};
    leat_catalog_set_server(probe->catalog, &server);
    probe->server_known = true;
}

/* ---- Files ---- */

static int read_file(struct leat_buf *bytes, const char *path, struct leat_error *err)
{
    FILE *file = fopen(path, "rb");
    size_t got;
    if (!file)
        return leat_fail(err, LEAT_E_IO, LEAT_KIND_OPERATOR, "%s can't be opened", path);
    do {
        got = fread(leat_buf_reserve(bytes, 1 << 16), 1, 1 << 16, file);
        leat_buf_commit(bytes, got);
    } while (got);
    fclose(file);
    if (bytes->size >= MAGIC_SIZE && memcmp(bytes->data, "\xfe\x62\x69\x6e", MAGIC_SIZE) == 0)
        return LEAT_OK;
    return leat_fail(err, LEAT_E_MALFORMED, LEAT_KIND_DATA, "%s is not a binary log", path);
}

static int take_file(struct probe *probe, const char *path, struct leat_error *err)
{
    static const uint8_t uuid[LEAT_UUID_SIZE];
    struct leat_buf bytes = {0};
    const char *slash = strrchr(path, '/');
    int rc = read_file(&bytes, path, err);
    leat_decoder_place(probe->decoder, uuid, slash ? slash + 1 : path, MAGIC_SIZE);
    for (size_t at = MAGIC_SIZE; rc == LEAT_OK && at < bytes.size;) {
        size_t left = bytes.size - at;
        size_t size = left < LEAT_EVENT_HEADER_SIZE ? left : (size_t)leat_le(bytes.data + at + 9, 4);
        if (size > left || size < LEAT_EVENT_HEADER_SIZE)
            rc = leat_fail(err, LEAT_E_MALFORMED, LEAT_KIND_DATA, "%s: the event at %zu is not whole", path, at);
        else
            rc = leat_decoder_event(probe->decoder, bytes.data + at, size, err);
        learn_server(probe);
        at += size;
    }
    leat_buf_free(&bytes);
    return rc;
}

/* ---- The command ---- */

struct arguments {
    const char *format, *name;
    struct leat_pair settings[SETTINGS_MAX];
    size_t setting_count;
    const char *without[WITHOUT_MAX];
    size_t without_count;
    char **files;
    int file_count;
};

/* The settings come before the files; a setting's text is cut at its "=". */
static bool parse(struct arguments *arguments, int argc, char **argv)
{
    int at = 2;
    if (argc < 3)
        return false;
    arguments->format = argv[1];
    for (; at < argc; at++) {
        char *equals = strchr(argv[at], '=');
        if (at + 1 < argc && strcmp(argv[at], "--name") == 0) {
            arguments->name = argv[++at];
        } else if (at + 1 < argc && strcmp(argv[at], "--without") == 0 && arguments->without_count < WITHOUT_MAX) {
            arguments->without[arguments->without_count++] = argv[++at];
        } else if (equals && argv[at][0] != '/' && argv[at][0] != '.' && arguments->setting_count < SETTINGS_MAX) {
            *equals = 0;
            arguments->settings[arguments->setting_count++] = (struct leat_pair){argv[at], equals + 1};
        } else {
            break;
        }
    }
    arguments->files = argv + at;
    arguments->file_count = argc - at;
    return at < argc;
}

static int run(struct probe *probe, struct arguments *arguments, struct leat_error *err)
{
    const struct leat_pairs settings = {arguments->settings, arguments->setting_count};
    const struct leat_format_options options = {.settings = &settings, .schema_lines = true, .name = arguments->name};
    const struct leat_format_out out = {probe, &probe->buf, on_message};
    const struct leat_spool_options spool_options = {.cure = "give the files that hold it, too"};
    if (leat_filter_new(&probe->filter, NULL, 0, arguments->without, arguments->without_count, err) ||
        leat_format_new(&probe->format, arguments->format, &options, probe->filter, &out, err))
        return LEAT_FAIL;
    probe->catalog = leat_catalog_new();
    probe->spool = leat_spool_new(&spool_options, &(struct leat_item_out){probe, on_shown});
    const struct leat_decoder_options decoder_options = {.catalog = probe->catalog, .statements_allowed = true};
    probe->decoder = leat_decoder_new(&decoder_options, &(struct leat_item_out){probe, on_item});
    int rc = LEAT_OK;
    for (int i = 0; rc == LEAT_OK && i < arguments->file_count; i++)
        rc = take_file(probe, arguments->files[i], err);
    leat_decoder_free(&probe->decoder);
    leat_spool_free(&probe->spool);
    leat_catalog_free(&probe->catalog);
    return rc;
}

int main(int argc, char **argv)
{
    struct arguments arguments = {.name = "leat"};
    struct probe probe = {0};
    struct leat_error err = {0};
    if (!parse(&arguments, argc, argv)) {
        fprintf(stderr, "usage: format_probe FORMAT [--name RELAY] [--without DATABASE.TABLE]... [SETTING=VALUE]... FILE...\n");
        return 2;
    }
    int rc = run(&probe, &arguments, &err);
    if (rc)
        fprintf(stderr, "format_probe: %s\n", err.message);
    leat_format_free(&probe.format);
    leat_filter_free(&probe.filter);
    leat_buf_free(&probe.line);
    leat_buf_free(&probe.buf);
    return rc ? 1 : 0;
}
