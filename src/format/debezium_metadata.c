/* The format "debezium": what of the envelope a message without envelope can still have, by the names that `add.fields` and `add.headers`
 * give it: FIELD or STRUCT.FIELD, and :NAME behind it for a name of the user's. */
#include "debezium_rows_int.h"

#include <stdlib.h>

#include "base/alloc.h"
#include "base/json.h"
#include "base/nearest.h"

enum what {
    OP,
    TS_MS,
    TS_US,
    TS_NS,
    TRANSACTION_ID,
    TOTAL_ORDER,
    COLLECTION_ORDER,
    VERSION,
    CONNECTOR,
    NAME,
    SOURCE_MS,
    SNAPSHOT,
    DATABASE,
    SEQUENCE,
    SOURCE_US,
    SOURCE_NS,
    TABLE,
    SERVER_ID,
    GTID,
    FILE_NAME,
    POS,
    ROW,
    THREAD,
    QUERY
};

struct leat_debezium_metadata {
    enum what what;
    const char *in, *name; /* of which struct, NULL: of the envelope itself */
    const char *type;
};

/* A name alone is the first one's that has it. */
static const struct leat_debezium_metadata known[] = {{OP, NULL, "op", "string"},
                                                      {TS_MS, NULL, "ts_ms", "int64"},
                                                      {TS_US, NULL, "ts_us", "int64"},
                                                      {TS_NS, NULL, "ts_ns", "int64"},
                                                      {TRANSACTION_ID, "transaction", "id", "string"},
                                                      {TOTAL_ORDER, "transaction", "total_order", "int64"},
                                                      {COLLECTION_ORDER, "transaction", "data_collection_order", "int64"},
                                                      {VERSION, "source", "version", "string"},
                                                      {CONNECTOR, "source", "connector", "string"},
                                                      {NAME, "source", "name", "string"},
                                                      {SOURCE_MS, "source", "ts_ms", "int64"},
                                                      {SNAPSHOT, "source", "snapshot", "string"},
                                                      {DATABASE, "source", "db", "string"},
                                                      {SEQUENCE, "source", "sequence", "string"},
                                                      {SOURCE_US, "source", "ts_us", "int64"},
                                                      {SOURCE_NS, "source", "ts_ns", "int64"},
                                                      {TABLE, "source", "table", "string"},
                                                      {SERVER_ID, "source", "server_id", "int64"},
                                                      {GTID, "source", "gtid", "string"},
                                                      {FILE_NAME, "source", "file", "string"},
                                                      {POS, "source", "pos", "int64"},
                                                      {ROW, "source", "row", "int32"},
                                                      {THREAD, "source", "thread", "int64"},
                                                      {QUERY, "source", "query", "string"}};

enum { KNOWN = sizeof known / sizeof *known };

static const struct leat_debezium_metadata *find(const char *text, size_t size)
{
    const char *dot = memchr(text, '.', size);
    const char *name = dot ? dot + 1 : text;
    size_t in_size = dot ? (size_t)(dot - text) : 0, name_size = size - (size_t)(name - text);
    for (size_t i = 0; i < KNOWN; i++) {
        if (strlen(known[i].name) != name_size || strncmp(known[i].name, name, name_size) != 0)
            continue;
        if (!dot || (known[i].in && strlen(known[i].in) == in_size && strncmp(known[i].in, text, in_size) == 0))
            return &known[i];
    }
    return NULL;
}

static int fail_unknown(const char *text, size_t size, const char *setting, struct leat_error *err)
{
    const char *names[KNOWN];
    for (size_t i = 0; i < KNOWN; i++)
        names[i] = known[i].name;
    leat_fail(err, LEAT_E_CONFIG, LEAT_KIND_OPERATOR, "the format debezium: %s: there is no \"%.*s\" that could be added", setting,
              (int)(size < 200 ? size : 200), text);
    struct leat_buf word = {0};
    leat_buf_put(&word, text, size);
    const char *nearest = leat_nearest(leat_buf_cstr(&word), names, KNOWN);
    leat_cure(err, "%s%s%sop, ts_ms, ts_us, ts_ns, id, total_order, data_collection_order, and what source has are there (source.ts_ms); "
              ":NAME behind one renames it", nearest ? "did you mean " : "", nearest ? nearest : "", nearest ? "? " : "");
    leat_buf_free(&word);
    return LEAT_FAIL;
}

static int add(struct leat_debezium_add *to, const char *text, const char *prefix, const char *setting, struct leat_error *err)
{
    size_t size = strcspn(text, ":");
    const char *dot = memchr(text, '.', size);
    struct leat_buf name = {0};
    to->what = find(text, size);
    if (!to->what)
        return fail_unknown(text, size, setting, err);
    leat_buf_puts(&name, prefix);
    if (text[size])
        leat_buf_puts(&name, text + size + 1);
    else if (dot)
        leat_buf_printf(&name, "%s_%s", to->what->in, to->what->name);
    else
        leat_buf_puts(&name, to->what->name);
    to->name = leat_strdup(leat_buf_cstr(&name));
    leat_buf_free(&name);
    if (!leat_utf8_valid(to->name, strlen(to->name)) || !*to->name || strchr(text + size + (text[size] != 0), ':')) {
        leat_fail(err, LEAT_E_CONFIG, LEAT_KIND_OPERATOR, "the format debezium: %s: \"%.200s\" gives no name", setting, text);
        return leat_cure(err, "FIELD, STRUCT.FIELD or FIELD:NAME");
    }
    leat_json_cstr(&to->json, to->name);
    leat_buf_u8(&to->json, ':');
    return LEAT_OK;
}

int leat_debezium_adds_new(struct leat_debezium_adds *adds, const struct leat_setting_list *names, const char *prefix, const char *setting,
                           struct leat_error *err)
{
    enum { MOST = 48 };
    if (names->count > MOST)
        return leat_fail(err, LEAT_E_CONFIG, LEAT_KIND_OPERATOR, "the format debezium: %s: more than %d", setting, MOST);
    adds->list = leat_alloc_zero(names->count + 1, sizeof *adds->list);
    for (; adds->count < names->count; adds->count++) {
        if (add(&adds->list[adds->count], names->list[adds->count], prefix, setting, err)) {
            adds->count++;
            return LEAT_FAIL;
        }
        for (size_t k = 0; k < adds->count; k++)
            if (strcmp(adds->list[k].name, adds->list[adds->count].name) == 0) {
                leat_fail(err, LEAT_E_CONFIG, LEAT_KIND_OPERATOR, "the format debezium: %s gives two the name %s", setting, adds->list[k].name);
                adds->count++;
                return leat_cure(err, "FIELD:NAME gives another");
            }
    }
    return LEAT_OK;
}

void leat_debezium_adds_free(struct leat_debezium_adds *adds)
{
    for (size_t i = 0; i < adds->count; i++) {
        free(adds->list[i].name);
        leat_buf_free(&adds->list[i].json);
    }
    free(adds->list);
    *adds = (struct leat_debezium_adds){0};
}

void leat_debezium_metadata_schema(struct leat_buf *buf, const struct leat_debezium_metadata *what)
{
    leat_buf_printf(buf, "{\"type\":\"%s\",\"optional\":true", what->type);
    if (what->what == SNAPSHOT)
        leat_buf_puts(buf, ",\"name\":\"io.debezium.data.Enum\",\"version\":1,\"parameters\":{\"allowed\":"
                           "\"true,first,first_in_data_collection,last_in_data_collection,last,false,incremental\"}");
}

static void put_text(struct leat_buf *buf, const struct leat_text *text)
{
    leat_json_string(buf, text->bytes, text->size);
}

static void put_buf(struct leat_buf *buf, const struct leat_buf *json)
{
    leat_buf_put(buf, json->data, json->size);
}

static void put_transaction(const struct leat_debezium_run *run, struct leat_buf *buf, enum what what)
{
    struct leat_debezium *debezium = run->debezium;
    if (!debezium->settings.transactions)
        leat_buf_puts(buf, "null");
    else if (what == TRANSACTION_ID)
        put_buf(buf, &debezium->id);
    else
        leat_debezium_put_u64(buf, what == TOTAL_ORDER ? debezium->events : run->table->events);
}

static void put_optional(struct leat_buf *buf, const struct leat_buf *json, bool there)
{
    if (there && json->size)
        put_buf(buf, json);
    else
        leat_buf_puts(buf, "null");
}

void leat_debezium_metadata(const struct leat_debezium_run *run, struct leat_buf *buf, const struct leat_debezium_metadata *what)
{
    static const char *const ops[] = {[DEBEZIUM_CREATE] = "\"c\"", [DEBEZIUM_UPDATE] = "\"u\"", [DEBEZIUM_DELETE] = "\"d\""};
    struct leat_debezium *debezium = run->debezium;
    const struct leat_table_view *view = run->walk.plan->view;
    uint64_t us = leat_debezium_time(debezium, run->walk.rows->time);
    switch (what->what) {
    case OP:
        leat_buf_puts(buf, ops[run->tail_op]);
        return;
    case TS_MS:
        leat_debezium_put_u64(buf, leat_debezium_seen(debezium, us) / 1000);
        return;
    case TS_US:
        leat_debezium_put_u64(buf, leat_debezium_seen(debezium, us));
        return;
    case TS_NS:
        leat_debezium_put_ns(buf, leat_debezium_seen(debezium, us));
        return;
    case TRANSACTION_ID:
    case TOTAL_ORDER:
    case COLLECTION_ORDER:
        put_transaction(run, buf, what->what);
        return;
    case VERSION:
        leat_buf_puts(buf, "\"" LEAT_VERSION "\"");
        return;
    case CONNECTOR:
        leat_buf_puts(buf, view->server == LEAT_TABLE_OF_MARIADB ? "\"mariadb\"" : "\"mysql\"");
        return;
    case NAME:
        leat_json_cstr(buf, debezium->prefix);
        return;
    case SOURCE_MS:
        leat_debezium_put_u64(buf, us / 1000);
        return;
    case SOURCE_US:
        leat_debezium_put_u64(buf, us);
        return;
    case SOURCE_NS:
        leat_debezium_put_ns(buf, us);
        return;
    case SNAPSHOT:
        leat_buf_puts(buf, "\"false\"");
        return;
    case SEQUENCE:
        leat_buf_puts(buf, "null");
        return;
    case DATABASE:
        put_text(buf, &view->database);
        return;
    case TABLE:
        put_text(buf, &view->name);
        return;
    case SERVER_ID:
        leat_debezium_put_u64(buf, debezium->server_id);
        return;
    case GTID:
        put_buf(buf, &debezium->gtid);
        return;
    case FILE_NAME:
        put_buf(buf, &debezium->file_json);
        return;
    case POS:
        leat_debezium_put_u64(buf, run->walk.rows->pos);
        return;
    case ROW:
        leat_debezium_put_u64(buf, run->walk.row);
        return;
    case THREAD:
        if (run->walk.rows->thread_id)
            leat_debezium_put_u64(buf, run->walk.rows->thread_id);
        else
            leat_buf_puts(buf, "null");
        return;
    case QUERY:
        put_optional(buf, &debezium->query, debezium->settings.query);
        return;
    }
}
