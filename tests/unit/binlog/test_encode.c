/* Events that servers wrote, decoded and encoded again, are the same bytes. */
#include "check_main.h"
#include "vectors.h"

#include <dirent.h>

#include "binlog/encode.h"
#include "binlog/event.h"
#include "binlog/rows.h"

enum { NAME_AT = 8, ROWS_FLAGS_AT = 6 };

static struct {
    unsigned formats, maps, rows, refused;
} tally;

/* One file's walk. */
struct walk {
    struct leat_binlog_format format;
    struct leat_encode to;
    struct leat_table *table; /* of the last table map */
    struct leat_buf made;
};

static uint8_t *read_whole(const char *path, size_t *size)
{
    struct leat_buf buf = {0};
    FILE *file = fopen(path, "rb");
    ck_assert_ptr_nonnull(file);
    size_t got;
    do {
        got = fread(leat_buf_reserve(&buf, 1 << 16), 1, 1 << 16, file);
        leat_buf_commit(&buf, got);
    } while (got);
    fclose(file);
    *size = buf.size;
    return buf.data;
}

static void parse_made(struct leat_event *event, const struct walk *walk)
{
    struct leat_error err = {0};
    struct leat_binlog_format plain = walk->format;
    plain.checksum = LEAT_CHECKSUM_OFF;
    ck_assert_msg(leat_event_parse(event, &plain, walk->made.data, walk->made.size, &err) == LEAT_OK, "%s", err.message);
    ck_assert_uint_eq(event->time, walk->to.time);
    ck_assert_uint_eq(event->server_id, walk->to.server_id);
}

static void one_format(struct walk *walk, const struct leat_event *event)
{
    struct leat_error err = {0};
    struct leat_event made;
    ck_assert_int_eq(leat_event_format(&walk->format, event, &err), LEAT_OK);
    walk->to.flavour = walk->format.mariadb ? LEAT_TABLE_OF_MARIADB : LEAT_TABLE_OF_MYSQL;
    walk->to.version = walk->format.server;
    leat_encode_format(&walk->made, &walk->to);
    parse_made(&made, walk);
    struct leat_binlog_format again;
    ck_assert_int_eq(leat_event_format(&again, &made, &err), LEAT_OK);
    ck_assert_str_eq(again.server, walk->format.server);
    ck_assert_int_eq(again.checksum, LEAT_CHECKSUM_OFF);
    ck_assert_uint_eq(again.post_header_count, walk->format.post_header_count);
    ck_assert_mem_eq(again.post_header, walk->format.post_header, sizeof again.post_header);
    tally.formats++;
}

/* All but the optional metadata, which stands behind the rest. */
static void one_map(struct walk *walk, const struct leat_event *event)
{
    struct leat_error err = {0};
    uint64_t id;
    const uint8_t *contents;
    size_t size;
    struct leat_event made;
    if (walk->table)
        leat_table_release(&walk->table);
    ck_assert_int_eq(leat_table_map(&walk->table, &walk->format, event, &err), LEAT_OK);
    ck_assert_int_eq(leat_table_map_id(&id, &contents, &size, &walk->format, event, &err), LEAT_OK);
    if (leat_encode_table_map(&walk->made, &walk->to, leat_table_view(walk->table), id, NULL, NULL, &err)) {
        ck_assert_msg(strstr(err.message, "COMPRESSED"), "%s", err.message);
        tally.refused++;
        return;
    }
    parse_made(&made, walk);
    ck_assert_uint_le(made.body_size, event->body_size);
    ck_assert_mem_eq(made.body, event->body, ROWS_FLAGS_AT);
    ck_assert_mem_eq(made.body + NAME_AT, event->body + NAME_AT, made.body_size - NAME_AT);
    tally.maps++;
}

static struct leat_rows item_of(const struct leat_rows_event *event)
{
    return (struct leat_rows){.op = event->op,
                              .flags = event->flags | (event->partial ? LEAT_ROWS_PARTIAL_JSON : 0u),
                              .column_count = event->column_count,
                              .before_present = event->before_present,
                              .after_present = event->after_present,
                              .images = event->images,
                              .images_size = event->images_size};
}

/* What stands behind the flags: in version 2 behind what else a server says of rows, such as their partition. */
static const uint8_t *behind_head(const struct leat_event *event, size_t *size)
{
    bool second = event->type >= LEAT_EVENT_WRITE_ROWS;
    size_t head = ROWS_FLAGS_AT + 2 + (second ? (size_t)leat_le(event->body + ROWS_FLAGS_AT + 2, 2) : 0);
    *size = event->body_size - head;
    return event->body + head;
}

static void one_rows(struct walk *walk, const struct leat_event *event)
{
    enum { KEPT_FLAGS = 7 };
    struct leat_error err = {0};
    struct leat_rows_event rows;
    struct leat_event made;
    size_t size, made_size;
    ck_assert_int_eq(leat_event_rows(&rows, &walk->format, event, &err), LEAT_OK);
    if (rows.compressed)
        return;
    struct leat_rows item = item_of(&rows);
    ck_assert_int_eq(leat_encode_rows(&walk->made, &walk->to, &item, rows.table_id, rows.flags & LEAT_ROWS_STATEMENT_END, &err), LEAT_OK);
    parse_made(&made, walk);
    ck_assert_uint_eq(made.type, event->type);
    ck_assert_mem_eq(made.body, event->body, ROWS_FLAGS_AT);
    ck_assert_uint_eq(leat_le(made.body + ROWS_FLAGS_AT, 2), leat_le(event->body + ROWS_FLAGS_AT, 2) & KEPT_FLAGS);
    const uint8_t *expected = behind_head(event, &size), *got = behind_head(&made, &made_size);
    ck_assert_uint_eq(made_size, size);
    ck_assert_mem_eq(got, expected, size);
    tally.rows++;
}

static void one_event(struct walk *walk, const struct leat_event *event)
{
    leat_buf_clear(&walk->made);
    walk->to.server_id = event->server_id;
    walk->to.time = event->time;
    if (event->type == LEAT_EVENT_FORMAT_DESCRIPTION)
        one_format(walk, event);
    else if (event->type == LEAT_EVENT_TABLE_MAP)
        one_map(walk, event);
    else if ((event->type >= LEAT_EVENT_WRITE_ROWS_V1 && event->type <= LEAT_EVENT_DELETE_ROWS_V1) ||
             (event->type >= LEAT_EVENT_WRITE_ROWS && event->type <= LEAT_EVENT_DELETE_ROWS) ||
             event->type == LEAT_EVENT_PARTIAL_UPDATE_ROWS)
        one_rows(walk, event);
}

static void one_file(const char *path)
{
    size_t size, at = 4;
    uint8_t *bytes = read_whole(path, &size);
    struct walk walk = {0};
    while (at + LEAT_EVENT_HEADER_SIZE <= size) {
        struct leat_event event;
        struct leat_error err = {0};
        size_t length = (size_t)leat_le(bytes + at + 9, 4);
        ck_assert_msg(leat_event_parse(&event, &walk.format, bytes + at, length, &err) == LEAT_OK, "%s:%zu: %s", path, at, err.message);
        one_event(&walk, &event);
        at += length;
    }
    if (walk.table)
        leat_table_release(&walk.table);
    leat_buf_free(&walk.made);
    free(bytes);
}

static void each_file(const char *folder)
{
    DIR *dir = opendir(folder);
    ck_assert_msg(dir != NULL, "%s", folder);
    for (struct dirent *entry; (entry = readdir(dir)) != NULL;) {
        const char *dot = strrchr(entry->d_name, '.');
        char path[4096];
        snprintf(path, sizeof path, "%s/%s", folder, entry->d_name);
        if (dot && !strcmp(dot, ".binlog"))
            one_file(path);
    }
    closedir(dir);
}

START_TEST(events_of_servers_come_out_as_they_were)
{
    each_file(LEAT_TEST_DATA "/mysql97");
    each_file(LEAT_TEST_DATA "/mariadb10.11");
    each_file(LEAT_TEST_DATA "/mariadb11.8");
    printf("%u format descriptions, %u table maps, %u rows events; %u table maps refused\n", tally.formats, tally.maps, tally.rows,
           tally.refused);
    ck_assert_uint_gt(tally.formats, 20);
    ck_assert_uint_gt(tally.maps, 100);
    ck_assert_uint_gt(tally.rows, 100);
    ck_assert_uint_gt(tally.refused, 0);
}
END_TEST

START_TEST(a_table_may_have_another_name_there)
{
    struct leat_error err = {0};
    const struct leat_column column = {.type = LEAT_TYPE_LONG, .name = {"id", 2}};
    const struct leat_table_view view = {
        .server = LEAT_TABLE_OF_MYSQL, .database = {"shop", 4}, .name = {"t", 1}, .column_count = 1, .columns = &column};
    const struct leat_encode to = {.flavour = LEAT_TABLE_OF_MYSQL, .version = "9.7.4"};
    const struct leat_text database = {"copies", 6}, name = {"t_of_shop", 9};
    struct walk walk = {.to = to};
    struct leat_event event;
    leat_encode_format(&walk.made, &to);
    parse_made(&event, &walk);
    ck_assert_int_eq(leat_event_format(&walk.format, &event, &err), LEAT_OK);
    leat_buf_clear(&walk.made);
    ck_assert_int_eq(leat_encode_table_map(&walk.made, &to, &view, 77, &database, &name, &err), LEAT_OK);
    parse_made(&event, &walk);
    struct leat_table *table;
    ck_assert_int_eq(leat_table_map(&table, &walk.format, &event, &err), LEAT_OK);
    ck_assert_str_eq(leat_table_view(table)->database.bytes, "copies");
    ck_assert_str_eq(leat_table_view(table)->name.bytes, "t_of_shop");
    leat_table_release(&table);
    leat_buf_free(&walk.made);
}
END_TEST

START_TEST(the_other_flavours_rows_are_refused)
{
    struct leat_error err = {0};
    struct leat_buf made = {0};
    const struct leat_column column = {.type = LEAT_TYPE_LONG, .name = {"id", 2}};
    const struct leat_table_view view = {
        .server = LEAT_TABLE_OF_MYSQL, .database = {"shop", 4}, .name = {"t", 1}, .column_count = 1, .columns = &column};
    const struct leat_encode to = {.flavour = LEAT_TABLE_OF_MARIADB, .version = "10.11.19-MariaDB"};
    ck_assert_int_eq(leat_encode_table_map(&made, &to, &view, 1, NULL, NULL, &err), LEAT_FAIL);
    ck_assert_int_eq(err.code, LEAT_E_UNSUPPORTED);
    leat_buf_free(&made);
}
END_TEST

START_TEST(more_than_an_event_holds_is_refused)
{
    struct leat_error err = {0};
    struct leat_buf made = {0};
    const uint8_t present = 1;
    const struct leat_encode to = {.flavour = LEAT_TABLE_OF_MYSQL, .version = "9.7.4"};
    const struct leat_rows rows = {
        .op = LEAT_OP_INSERT, .column_count = 1, .after_present = &present, .images = &present, .images_size = UINT32_MAX};
    ck_assert_int_eq(leat_encode_rows(&made, &to, &rows, 1, true, &err), LEAT_FAIL);
    ck_assert_int_eq(err.code, LEAT_E_TOO_LARGE);
    leat_buf_free(&made);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("encode");
    LEAT_TEST_ADD(s, events_of_servers_come_out_as_they_were);
    LEAT_TEST_ADD(s, a_table_may_have_another_name_there);
    LEAT_TEST_ADD(s, the_other_flavours_rows_are_refused);
    LEAT_TEST_ADD(s, more_than_an_event_holds_is_refused);
    return s;
}

LEAT_TEST_MAIN(suite)
