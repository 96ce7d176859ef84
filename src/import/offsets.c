/* Debezium's offset, Maxwell's row of `positions`, Canal's cursor, in the forms in which they can be had, as start and start_within.
 *
 * Debezium (BinlogOffsetContext): `file` and `pos` are where it would begin again: behind the last event, or in the middle of a transaction at its
 * BEGIN; `event` how many events from there on are done, `row` how many rows of the next. `gtids` is what was complete before that transaction.
 * It begins again at `gtids` if the server has them, and so do we: they hold after a change of server, too. `row` without `event` is within what
 * an XA PREPARE prepares: there it loses count itself.
 *
 * Maxwell: `binlog_position` lies behind the last rows event that was delivered of a transaction, before its end. Its `gtid_set` lacks that
 * transaction, so the position is the better one.
 *
 * Canal: the cursor is the place of an event that is done (`included`: that isn't): a transaction's BEGIN or end, or a statement. */
#include "offsets_int.h"

#include <inttypes.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "model/point.h"
#include "model/within.h"

struct reading {
    struct import *import;
    const char *origin;
    json_t *offset;      /* owned: the newest of the connector in question, or the only one */
    struct leat_buf seen; /* servers that others are of */
};

static int fail(const struct reading *reading, struct leat_error *err, const char *what)
{
    return leat_fail(err, LEAT_E_CONFIG, LEAT_KIND_OPERATOR, "%s: %s", reading->origin, what);
}

/* ---- Fields ---- */

static const char *text_of(const json_t *object, const char *name)
{
    const char *text = json_string_value(json_object_get(object, name));
    return text && *text ? text : NULL;
}

/* A number, or digits in a text. */
static bool number_of(const json_t *object, const char *name, uint64_t *number)
{
    const json_t *value = json_object_get(object, name);
    const char *text = json_string_value(value);
    if (json_is_integer(value) && json_integer_value(value) >= 0) {
        *number = (uint64_t)json_integer_value(value);
        return true;
    }
    if (!text || !*text || strlen(text) > 18)
        return false;
    *number = 0;
    for (; *text; text++) {
        if (*text < '0' || *text > '9')
            return false;
        *number = *number * 10 + (uint64_t)(*text - '0');
    }
    return true;
}

/* Absent is 0; false: it is something else than a number. */
static bool count_of(const json_t *object, const char *name, uint64_t *number)
{
    *number = 0;
    return !json_object_get(object, name) || number_of(object, name, number);
}

static bool is_true(const json_t *object, const char *name)
{
    const json_t *value = json_object_get(object, name);
    const char *text = json_string_value(value);
    return json_is_true(value) || (text && strcmp(text, "false") != 0);
}

/* ---- What is written ---- */

static int put_point(struct reading *reading, const struct leat_point *point, struct leat_error *err)
{
    struct leat_buf text = {0};
    struct leat_point again = {0};
    leat_point_put(&text, point);
    int rc = leat_point_parse(&again, leat_buf_cstr(&text), err);
    if (rc == LEAT_OK)
        import_put(&reading->import->source, 2, "start", leat_buf_cstr(&text));
    leat_point_free(&again);
    leat_buf_free(&text);
    err->code = rc ? LEAT_E_CONFIG : err->code;
    return rc ? leat_error_prefix(err, "%s", reading->origin) : LEAT_OK;
}

static void put_within(struct reading *reading, const struct leat_within *within)
{
    struct leat_buf text = {0};
    leat_within_put(&text, within);
    import_put(&reading->import->source, 2, "start_within", leat_buf_cstr(&text));
    leat_buf_free(&text);
}

static int put_place(struct reading *reading, const char *file, uint64_t pos, const struct leat_within *within, struct leat_error *err)
{
    struct leat_point point = {.type = LEAT_POINT_FILE, .pos = pos};
    if (!file || strlen(file) > LEAT_BINLOG_NAME_MAX || strchr(file, ':'))
        return fail(reading, err, "it names no binlog file");
    memcpy(point.file, file, strlen(file) + 1);
    if (put_point(reading, &point, err))
        return LEAT_FAIL;
    put_within(reading, within);
    import_say(reading->import, "start is a place in the binlog files of one server: if source.url leads to another by now, it isn't right");
    return LEAT_OK;
}

static int put_gtids(struct reading *reading, const char *gtids, const struct leat_within *within, struct leat_error *err)
{
    struct leat_point point = {.type = LEAT_POINT_GTIDS};
    if (leat_gtid_set_parse(&point.gtids, gtids, strlen(gtids), err)) {
        err->code = LEAT_E_CONFIG;
        return leat_error_prefix(err, "%s: gtids", reading->origin);
    }
    int rc = put_point(reading, &point, err);
    if (rc == LEAT_OK && (within->events || within->rows))
        put_within(reading, within);
    leat_point_free(&point);
    return rc;
}

/* ---- By tool ---- */

static int take_debezium(struct reading *reading, const json_t *offset, struct leat_error *err)
{
    struct import *import = reading->import;
    uint64_t pos;
    struct leat_within within = {.set = true};
    if (is_true(offset, "snapshot") && !is_true(offset, "snapshot_completed")) {
        (void)fail(reading, err, "Debezium's snapshot isn't finished there");
        return leat_cure(err, "let it finish: leat makes none");
    }
    if (!number_of(offset, "pos", &pos) || !count_of(offset, "event", &within.events) || !count_of(offset, "row", &within.rows))
        return fail(reading, err, "its pos, event or row is no number");
    if (within.rows && !within.events) {
        (void)fail(reading, err, "it lies within an XA transaction that was being prepared, where Debezium loses count");
        return leat_cure(err, "run Debezium until the application's XA transactions are through, then stop it again");
    }
    within.annotated = import->counts_annotations && within.events;
    if (json_object_get(offset, "incremental_snapshot_collections"))
        import_say(import, "an incremental snapshot was under way in Debezium: it isn't continued");
    if (within.events && json_object_get(offset, "transaction_id"))
        import_say(import, "the transaction that Debezium was in: leat's END message of it counts what leat delivers alone");
    const char *gtids = text_of(offset, "gtids");
    if (!gtids)
        return put_place(reading, text_of(offset, "file"), pos, &within, err);
    if (text_of(offset, "file"))
        import_say(import, "start is Debezium's `gtids`; it stood at %s:%" PRIu64 " of that server", text_of(offset, "file"), pos);
    return put_gtids(reading, gtids, &within, err);
}

static int take_maxwell(struct reading *reading, const json_t *row, struct leat_error *err)
{
    uint64_t pos;
    const struct leat_within within = {.set = true};
    if (!number_of(row, "binlog_position", &pos))
        return fail(reading, err, "its binlog_position is no number");
    const char *gtids = text_of(row, "gtid_set");
    if (gtids && strcmp(gtids, "NULL") != 0)
        import_say(reading->import, "if source.url leads to another server by now: start: \"%.600s\", without start_within; Maxwell's last transaction comes "
                                    "once more then",
                   gtids);
    return put_place(reading, text_of(row, "binlog_file"), pos, &within, err);
}

static int take_canal(struct reading *reading, const json_t *position, struct leat_error *err)
{
    uint64_t pos;
    const json_t *inner = json_object_get(position, "postion"); /* so it is written there */
    const json_t *place = inner ? inner : position;
    const struct leat_within done = {.set = true, .events = is_true(place, "included") ? 0 : 1};
    if (!number_of(place, "position", &pos))
        return fail(reading, err, "its position is no number");
    const char *gtids = text_of(place, "gtid");
    if (gtids)
        import_say(reading->import, "if source.url leads to another server by now: start: \"%.600s\", without start_within", gtids);
    return put_place(reading, text_of(place, "journalName"), pos, &done, err);
}

/* ---- Which of several ---- */

/* ["connector",{"server":"shop"}], perhaps within {"schema":…,"payload":…}. */
static const char *server_of(const json_t *key)
{
    const json_t *payload = json_is_object(key) ? json_object_get(key, "payload") : NULL;
    const json_t *pair = payload ? payload : key;
    const json_t *partition = json_is_array(pair) ? json_array_get(pair, 1) : json_object_get(pair, "partition") ? json_object_get(pair, "partition") : pair;
    return text_of(partition, "server");
}

static void keep(struct reading *reading, const char *server, json_t *offset)
{
    if (server && strcmp(server, reading->import->relay) != 0) {
        if (!strstr(leat_buf_cstr(&reading->seen), server))
            leat_buf_printf(&reading->seen, "%s%.100s", reading->seen.size ? ", " : "", server);
        return;
    }
    json_decref(reading->offset);
    reading->offset = json_is_object(offset) ? json_incref(offset) : NULL; /* null: it was taken back */
}

static json_t *load(const char *text, size_t size, size_t *used)
{
    json_error_t why;
    json_t *value = json_loadb(text, size, JSON_DECODE_ANY | (used ? JSON_DISABLE_EOF_CHECK : 0), &why);
    if (value && used)
        *used = (size_t)why.position;
    return value;
}

static int take_pair(void *context, const struct offsets_pair *pair, struct leat_error *err)
{
    (void)err;
    json_t *key = load(pair->key, pair->key_size, NULL), *offset = pair->value ? load(pair->value, pair->value_size, NULL) : NULL;
    const char *server = key ? server_of(key) : NULL;
    if (server) /* others keep other things in the same file */
        keep(context, server, offset);
    json_decref(key);
    json_decref(offset);
    return LEAT_OK;
}

/* A line of a topic: the key, white space, the value; or a value alone; or as `kcat -J` prints it. */
static void take_line(struct reading *reading, const char *line, size_t size)
{
    size_t used = 0;
    json_t *first = load(line, size, &used);
    const char *key = text_of(first, "key"), *payload = text_of(first, "payload");
    if (key) {
        const struct offsets_pair pair = {key, payload, strlen(key), payload ? strlen(payload) : 0};
        struct leat_error ignored;
        (void)take_pair(reading, &pair, &ignored);
    } else if (json_is_array(first) && server_of(first)) {
        json_t *offset = used < size ? load(line + used, size - used, NULL) : NULL;
        keep(reading, server_of(first), offset);
        json_decref(offset);
    } else if (json_is_object(first)) {
        keep(reading, NULL, first);
    }
    json_decref(first);
}

static void take_lines(struct reading *reading, const char *text, size_t size)
{
    const char *end = text + size;
    for (const char *next; text < end; text = next + 1) {
        next = memchr(text, '\n', (size_t)(end - text));
        next = next ? next : end;
        take_line(reading, text, (size_t)(next - text));
        if (next == end)
            break;
    }
}

/* What Connect's REST interface says: {"offsets":[{"partition":{"server":…},"offset":{…}}]}. */
static void take_rest(struct reading *reading, const json_t *list)
{
    size_t i;
    json_t *each;
    json_array_foreach(list, i, each)
        keep(reading, server_of(each), json_object_get(each, "offset"));
}

/* meta.dat: {"clientDatas":[{"clientIdentity":…,"cursor":{…}}],"destination":…}. */
static void take_meta(struct reading *reading, const json_t *clients)
{
    size_t i;
    json_t *each;
    json_array_foreach(clients, i, each)
        if (json_is_object(json_object_get(each, "cursor")))
            keep(reading, NULL, json_object_get(each, "cursor"));
    if (json_array_size(clients) > 1)
        import_say(reading->import, "the cursor: there are several clients, the last one's is taken");
}

/* What mysql prints of a query: names, then rows, with tabs between. */
static bool take_table(struct reading *reading, const char *text, size_t size)
{
    char *copy = leat_strndup(text, size), *rest = copy, *head = strsep(&rest, "\n"), *row = rest ? strsep(&rest, "\n") : NULL;
    bool fits = head && strstr(head, "binlog_file") && strchr(head, '\t') && row && *row;
    json_t *object = fits ? json_object() : NULL;
    for (char *name; fits && (name = strsep(&head, "\t"));) {
        char *value = row ? strsep(&row, "\t") : NULL;
        if (value)
            json_object_set_new(object, name, json_string(value));
    }
    if (fits && rest && *rest)
        import_say(reading->import, "maxwell.positions: there are several rows, the first is taken: select the one of your client_id");
    if (fits)
        keep(reading, NULL, object);
    json_decref(object);
    free(copy);
    return fits;
}

static void take_text(struct reading *reading, const char *text, size_t size)
{
    json_t *whole = load(text, size, NULL);
    const json_t *only = json_is_array(whole) && json_array_size(whole) == 1 ? json_array_get(whole, 0) : whole;
    if (json_is_array(json_object_get(only, "offsets")))
        take_rest(reading, json_object_get(only, "offsets"));
    else if (json_is_array(json_object_get(only, "clientDatas")))
        take_meta(reading, json_object_get(only, "clientDatas"));
    else if (json_is_object(only) && !text_of(only, "key"))
        keep(reading, NULL, (json_t *)(uintptr_t)only);
    else if (whole || !take_table(reading, text, size))
        take_lines(reading, text, size);
    json_decref(whole);
}

static int take_offset(struct reading *reading, struct leat_error *err)
{
    const json_t *offset = reading->offset;
    if (offset && json_object_get(offset, "file") && json_object_get(offset, "pos"))
        return take_debezium(reading, offset, err);
    if (offset && json_object_get(offset, "binlog_file"))
        return take_maxwell(reading, offset, err);
    if (offset && (json_object_get(offset, "postion") || json_object_get(offset, "journalName")))
        return take_canal(reading, offset, err);
    if (reading->seen.size)
        return leat_fail(err, LEAT_E_CONFIG, LEAT_KIND_OPERATOR, "%s: it has no offset of %s, but of %s", reading->origin, reading->import->relay,
                         leat_buf_cstr(&reading->seen));
    (void)fail(reading, err, "no offset of Debezium's, row of Maxwell's positions or cursor of Canal's is in it");
    return leat_cure(err, "docs/moving.md says how to get at it");
}

int import_offsets(struct import *import, const struct leat_import_offsets *offsets, struct leat_error *err)
{
    struct reading reading = {.import = import, .origin = offsets->origin};
    int rc = LEAT_OK;
    if (offsets_is_java(offsets->text, offsets->size))
        rc = offsets_java(offsets->text, offsets->size, offsets->origin, take_pair, &reading, err);
    else
        take_text(&reading, offsets->text, offsets->size);
    if (rc == LEAT_OK)
        rc = take_offset(&reading, err);
    json_decref(reading.offset);
    leat_buf_free(&reading.seen);
    return rc;
}
