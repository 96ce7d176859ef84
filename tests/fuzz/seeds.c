/* Seeds out of real binlogs: what the targets' inputs would be if these bytes came in.
 *
 *     fuzz_seeds FOLDER BINLOG…    writes FOLDER/TARGET/<hash>
 *
 * Long transactions, rows and values are left out, and of things that look alike a few are enough. */
#include <errno.h>
#include <sys/stat.h>

#include "base/checksum.h"
#include "base/fs.h"
#include "binlog/payload.h"
#include "binlog/plan.h"
#include "binlog/rows.h"
#include "decode/decode.h"
#include "folder.h"
#include "sink/slots_int.h"

enum { BINLOG_MAX = 64 << 20, TRANSACTION_MAX = 6000, ROWS_MAX = 3000, LIKE_MAX = 3, SEEN_MAX = 1 << 16, TABLES_MAX = 64 };

static const char *folder;

/* ---- Writing ---- */

static void put_seed(const char *target, const struct leat_buf *seed)
{
    char path[4096];
    struct leat_error err = {0};
    snprintf(path, sizeof path, "%s/%s", folder, target);
    (void)mkdir(path, 0777);
    snprintf(path, sizeof path, "%s/%s/%016" PRIx64, folder, target, leat_hash64(seed->data, seed->size, 0));
    FILE *file = fopen(path, "wb");
    if (!file || fwrite(seed->data, 1, seed->size, file) != seed->size || fclose(file)) {
        (void)leat_fail_errno(&err, errno, LEAT_KIND_OPERATOR, "%s", path);
        fprintf(stderr, "%s\n", err.message);
        exit(EXIT_FAILURE);
    }
}

/* Whether fewer than LIKE_MAX of this look were seen. */
static bool is_new(uint64_t look)
{
    static uint8_t seen[SEEN_MAX];
    uint8_t *count = &seen[look % SEEN_MAX];
    return *count < LIKE_MAX && ++*count;
}

/* ---- Single events, and values of rows ---- */

struct reading {
    struct leat_binlog_format format;
    struct {
        struct leat_table *table;
        struct leat_row_plan *plan;
        struct leat_buf map;
        uint64_t id;
    } tables[TABLES_MAX];
    unsigned next_table;
    struct leat_buf description;           /* the format description's body */
    struct leat_buf transaction;           /* parts so far */
    struct leat_buf compressed;            /* the same of MariaDB, where it would compress */
    uint64_t look;                         /* of the transaction */
    bool started, prepared;
};

static void put_event_seed(const struct reading *reading, const struct leat_event *event)
{
    struct leat_buf seed = {0};
    if (event->body_size > 800 || !is_new(leat_hash64(&event->type, 1, event->body_size / 8 + 1000 * reading->format.mariadb)))
        return;
    leat_buf_u8(&seed, event->type);
    leat_buf_u8(&seed, reading->format.mariadb);
    leat_buf_put(&seed, event->body, event->body_size);
    put_seed("event", &seed);
    if (event->type == LEAT_EVENT_PREVIOUS_GTIDS) {
        leat_buf_clear(&seed);
        leat_buf_u8(&seed, 4);
        leat_buf_put(&seed, event->body, event->body_size);
        put_seed("gtid", &seed);
    }
    leat_buf_free(&seed);
}

static void put_query_seed(const struct reading *reading, const struct leat_event *event)
{
    struct leat_query query;
    struct leat_error err = {0};
    struct leat_buf seed = {0};
    if (leat_event_query(&query, &reading->format, event, &err) || query.sql_size > 600 ||
        !is_new(leat_hash64(query.sql, query.sql_size < 12 ? query.sql_size : 12, query.sql_size / 16)))
        return;
    leat_buf_u8(&seed, query.session.sql_mode & 4 ? 1 : 0);
    leat_buf_u8(&seed, (uint8_t)query.database.size);
    leat_buf_put(&seed, query.database.bytes, query.database.size);
    leat_buf_put(&seed, query.sql, query.sql_size);
    put_seed("query", &seed);
    leat_buf_free(&seed);
}

static void put_value_seed(const struct leat_column *column, const struct leat_value *value)
{
    struct leat_buf seed = {0};
    if (!value->bytes || value->size > 1500)
        return;
    if (column->type == LEAT_TYPE_JSON && is_new(leat_hash64(value->bytes, value->size < 8 ? value->size : 8, value->size / 4))) {
        leat_buf_put(&seed, value->bytes, value->size);
        put_seed("json", &seed);
    } else if (column->collation && value->size <= 100 && is_new(leat_hash64(&column->collation, 4, value->size / 32))) {
        leat_buf_u16(&seed, (uint16_t)column->collation);
        leat_buf_put(&seed, value->bytes, value->size);
        put_seed("charset", &seed);
    }
    leat_buf_free(&seed);
}

static void put_value_seeds(const struct leat_row_plan *plan, const struct leat_table_view *view,
                            const struct leat_rows_event *rows)
{
    struct leat_value *values = leat_alloc_zero(view->column_count + 1, sizeof *values);
    struct leat_cursor cursor = leat_cursor(rows->images, rows->images_size);
    struct leat_error err = {0};
    while (leat_cursor_left(&cursor) && !rows->partial) {
        const uint8_t *const present[] = {rows->before_present, rows->after_present};
        for (unsigned i = 0; i < 2; i++) {
            if (!present[i])
                continue;
            if (leat_row_split(plan, present[i], &cursor, values, &err))
                goto out;
            for (uint32_t column = 0; column < view->column_count; column++)
                put_value_seed(&view->columns[column], &values[column]);
        }
    }
out:
    free(values);
}

/* Documents with what changes in them. */
static void put_diff_seeds(const struct leat_row_plan *plan, const struct leat_table_view *view, const struct leat_rows_event *rows)
{
    struct leat_value *before = leat_alloc_zero(view->column_count + 1, sizeof *before);
    struct leat_value *after = leat_alloc_zero(view->column_count + 1, sizeof *after);
    struct leat_cursor cursor = leat_cursor(rows->images, rows->images_size);
    struct leat_error err = {0};
    while (leat_cursor_left(&cursor) && leat_row_split(plan, rows->before_present, &cursor, before, &err) == LEAT_OK &&
           leat_row_split_partial(plan, rows->after_present, &cursor, after, &err) == LEAT_OK) {
        for (uint32_t i = 0; i < view->column_count; i++) {
            struct leat_buf seed = {0};
            if (!after[i].partial || !after[i].bytes || !before[i].bytes || before[i].size + after[i].size > 2000)
                continue;
            leat_buf_u16(&seed, (uint16_t)before[i].size);
            leat_buf_put(&seed, before[i].bytes, before[i].size);
            leat_buf_put(&seed, after[i].bytes, after[i].size);
            put_seed("diff", &seed);
            leat_buf_free(&seed);
        }
    }
    free(before);
    free(after);
}

static void take_map(struct reading *reading, const struct leat_event *event)
{
    struct leat_error err = {0};
    uint64_t id;
    const uint8_t *contents;
    size_t size;
    struct leat_table *table;
    struct leat_row_plan *plan;
    if (leat_table_map_id(&id, &contents, &size, &reading->format, event, &err) ||
        leat_table_map(&table, &reading->format, event, &err))
        return;
    if (leat_row_plan_new(&plan, table, &err)) {
        leat_table_release(&table);
        return;
    }
    unsigned at = reading->next_table++ % TABLES_MAX;
    for (unsigned i = 0; i < TABLES_MAX; i++)
        if (reading->tables[i].plan && reading->tables[i].id == id)
            at = i;
    if (reading->tables[at].plan) {
        leat_row_plan_free(&reading->tables[at].plan);
        leat_table_release(&reading->tables[at].table);
    }
    reading->tables[at].table = table;
    reading->tables[at].plan = plan;
    reading->tables[at].id = id;
    leat_buf_clear(&reading->tables[at].map);
    leat_buf_put(&reading->tables[at].map, event->body, event->body_size);
}

static void take_rows(struct reading *reading, const struct leat_event *event)
{
    struct leat_error err = {0};
    struct leat_rows_event rows;
    if (leat_event_rows(&rows, &reading->format, event, &err))
        return;
    for (unsigned i = 0; i < TABLES_MAX; i++) {
        if (!reading->tables[i].plan || reading->tables[i].id != rows.table_id)
            continue;
        const struct leat_table_view *view = leat_table_view(reading->tables[i].table);
        if (view->column_count == rows.column_count)
            put_value_seeds(reading->tables[i].plan, view, &rows);
        if (view->column_count == rows.column_count && rows.partial)
            put_diff_seeds(reading->tables[i].plan, view, &rows);
        const struct leat_buf *map = &reading->tables[i].map;
        if (event->body_size > ROWS_MAX || map->size > ROWS_MAX || !is_new(view->id + event->type))
            return;
        struct leat_buf seed = {0};
        leat_buf_u8(&seed, reading->format.mariadb);
        part_put(&seed, &(struct part){LEAT_EVENT_TABLE_MAP, 0, map->data, map->size});
        part_put(&seed, &(struct part){event->type, 0, event->body, event->body_size});
        put_seed("rows", &seed);
        seed.data[0] = (uint8_t)(reading->format.mariadb | 8 | (event->body_size % 4) << 4); /* as SQL, too */
        put_seed("rows", &seed);
        leat_buf_free(&seed);
        return;
    }
}

/* ---- Transactions ---- */

static bool ends_transaction(const struct leat_event *event)
{
    static const char commit[] = "COMMIT", rollback[] = "ROLLBACK";
    if (event->type == LEAT_EVENT_XID || event->type == LEAT_EVENT_TRANSACTION_PAYLOAD)
        return true;
    if (event->type != LEAT_EVENT_QUERY || event->body_size < 13 || memmem(event->body, event->body_size, "XA START", 8) ||
        memmem(event->body, event->body_size, "XA END", 6))
        return false;
    return !memmem(event->body, event->body_size, "BEGIN", 5) || memmem(event->body, event->body_size, commit, 6) ||
           memmem(event->body, event->body_size, rollback, 8);
}

/* The same with two bytes of head. */
static void put_library_seed(const struct leat_buf *transaction)
{
    struct leat_buf seed = {0};
    leat_buf_u16(&seed, (uint16_t)(transaction->size % 64 << 8));
    leat_buf_put(&seed, transaction->data + 1, transaction->size - 1);
    put_seed("library", &seed);
    leat_buf_clear(&seed);
    leat_buf_put(&seed, transaction->data, transaction->size);
    seed.data[0] = (uint8_t)(transaction->size % 16 & ~1u);
    put_seed("files", &seed);
    leat_buf_free(&seed);
}

/* The same, with all behind its GTID in one payload. */
static void put_packed_seed(const struct leat_buf *transaction)
{
    struct leat_cursor input = leat_cursor(transaction->data + 1, transaction->size - 1);
    struct leat_buf seed = {0};
    struct part part;
    leat_buf_u8(&seed, 0);
    for (int i = 0; i < 2 && part_next(&input, &part); i++)
        part_put(&seed, &part);
    part = (struct part){LEAT_EVENT_TRANSACTION_PAYLOAD, (uint8_t)(0x40 | (seed.size % 4 ? 8 : 0)), input.at, leat_cursor_left(&input)};
    part_put(&seed, &part);
    if (part.size)
        put_seed("events", &seed);
    leat_buf_free(&seed);
}

/* A rows event in two fragments. */
static void put_fragments(struct leat_buf *to, const struct leat_event *event)
{
    struct leat_buf whole = {0}, fragment = {0};
    size_t size = LEAT_EVENT_HEADER_SIZE + event->body_size, half = size / 2;
    leat_buf_put(&whole, event->bytes, LEAT_EVENT_HEADER_SIZE);
    leat_buf_put(&whole, event->body, event->body_size);
    for (unsigned i = 0; i < 4; i++)
        whole.data[9 + i] = (uint8_t)(size >> 8 * i);
    for (unsigned i = 0; i < 2; i++) {
        leat_buf_clear(&fragment);
        leat_buf_u32(&fragment, i + 1);
        leat_buf_u32(&fragment, 2);
        leat_buf_u8(&fragment, i ? 0 : 1);
        if (!i)
            leat_buf_u64(&fragment, size);
        leat_buf_put(&fragment, whole.data + (i ? half : 0), i ? size - half : half);
        part_put(to, &(struct part){LEAT_EVENT_MARIADB_PARTIAL_ROW_DATA, 0, fragment.data, fragment.size});
    }
    leat_buf_free(&whole);
    leat_buf_free(&fragment);
}

/* MariaDB's statements and rows as if they were compressed: the target does it, behind the bytes that say how many. */
static bool as_compressed(struct part *part, struct leat_buf *body, const struct reading *reading, const struct leat_event *event)
{
    struct leat_error err = {0};
    struct leat_query query;
    struct leat_rows_event rows;
    size_t head = 0;
    if (event->type == LEAT_EVENT_QUERY) {
        if (leat_event_query(&query, &reading->format, event, &err) || (query.sql_size >= 5 && !memcmp(query.sql, "BEGIN", 5)))
            return false;
        part->tag = LEAT_EVENT_MARIADB_QUERY_COMPRESSED;
        head = (size_t)((const uint8_t *)query.sql - event->body);
    } else if (event->type >= LEAT_EVENT_WRITE_ROWS_V1 && event->type <= LEAT_EVENT_DELETE_ROWS_V1) {
        if (leat_event_rows(&rows, &reading->format, event, &err))
            return false;
        part->tag = (uint8_t)(event->type - LEAT_EVENT_WRITE_ROWS_V1 + LEAT_EVENT_MARIADB_WRITE_ROWS_COMPRESSED_V1);
        head = (size_t)(rows.images - event->body);
    }
    if (!head || head > UINT8_MAX || event->body_size > TRANSACTION_MAX)
        return false;
    part->tag2 = 0x40;
    leat_buf_u8(body, (uint8_t)head);
    leat_buf_put(body, event->body, event->body_size);
    part->bytes = body->data;
    part->size = body->size;
    return true;
}

static void take_for_transaction(struct reading *reading, const struct leat_event *event)
{
    bool gtid = event->type == LEAT_EVENT_GTID || event->type == LEAT_EVENT_ANONYMOUS_GTID ||
                event->type == LEAT_EVENT_GTID_TAGGED || event->type == LEAT_EVENT_MARIADB_GTID;
    if ((gtid && !reading->prepared) || !reading->started) {
        leat_buf_clear(&reading->transaction);
        leat_buf_u8(&reading->transaction, 0);
        part_put(&reading->transaction,
                 &(struct part){LEAT_EVENT_FORMAT_DESCRIPTION, 0, reading->description.data, reading->description.size});
        leat_buf_clear(&reading->compressed);
        leat_buf_put(&reading->compressed, reading->transaction.data, reading->transaction.size);
        reading->look = reading->format.server_version;
        reading->started = true;
    }
    if (event->type == LEAT_EVENT_XA_PREPARE)
        reading->prepared = true; /* what follows, up to its XA COMMIT perhaps, is of one seed */
    if (event->body_size > UINT16_MAX || reading->transaction.size > TRANSACTION_MAX)
        return;
    struct part part = {event->type, (uint8_t)event->flags, event->body, event->body_size};
    struct leat_buf body = {0};
    part_put(&reading->transaction, &part);
    if (reading->format.mariadb && event->body_size % 2)
        (void)as_compressed(&part, &body, reading, event);
    if (reading->format.mariadb && event->body_size % 2 == 0 && part.tag >= LEAT_EVENT_WRITE_ROWS_V1 &&
        part.tag <= LEAT_EVENT_DELETE_ROWS_V1)
        put_fragments(&reading->compressed, event);
    else
        part_put(&reading->compressed, &part);
    leat_buf_free(&body);
    uint64_t look = event->type | (uint64_t)(event->body_size / 32) << 8;
    reading->look = leat_hash64(&look, sizeof look, reading->look);
    if (ends_transaction(event)) {
        if (reading->transaction.size <= TRANSACTION_MAX && is_new(reading->look)) {
            put_seed("events", &reading->transaction);
            put_library_seed(&reading->transaction);
            put_packed_seed(&reading->transaction);
            if (reading->format.mariadb)
                put_seed("events", &reading->compressed);
            reading->transaction.data[0] = (uint8_t)reading->look; /* with other options, too */
            put_seed("events", &reading->transaction);
        }
        reading->started = reading->prepared = false;
    }
}

/* ---- What becomes of them in the journal ---- */

struct writing {
    struct leat_journal *journal;
    struct leat_buf frames;
};

static int take_item(void *context, const struct leat_item *item, struct leat_error *err)
{
    struct writing *writing = context;
    (void)err;
    if (item->type != LEAT_ITEM_HEARTBEAT)
        leat_frame_put(&writing->frames, item);
    struct leat_item definition = {.type = LEAT_ITEM_DEFINITION};
    if (item->type == LEAT_ITEM_ROWS && leat_table_view(item->rows.table)->name.size) { /* what a source gives beside it */
        const struct leat_table_view *view = leat_table_view(item->rows.table);
        definition.definition = (struct leat_definition){
            .how = LEAT_DEFINITION_STATEMENT, .database = view->database, .name = view->name, .table = item->rows.table, .why = {"DDL", 3}};
        leat_frame_put(&writing->frames, &definition);
    }
    return LEAT_OK;
}

static uint64_t now_us(void *context)
{
    (void)context;
    return UINT64_C(1700000000000000);
}

static void no_random(void *context, void *bytes, size_t size)
{
    (void)context;
    memset(bytes, 7, size);
}

/* A segment's records as parts of `seed`, and each as a seed of its own. */
static void put_records(struct leat_buf *seed, const struct leat_buf *file, unsigned rotate_every)
{
    unsigned count = 0;
    for (size_t at = SEGMENT_HEADER; at + RECORD_HEADER <= file->size && seed->size < 7000;) {
        struct record record;
        (void)leat_record_header(&record, file->data + at);
        if (!record.type || record.size > file->size - at - RECORD_HEADER)
            break;
        const uint8_t *payload = file->data + at + RECORD_HEADER;
        if (rotate_every && ++count % rotate_every == 0)
            part_put(seed, &(struct part){FOLDER_ROTATE, 0, NULL, 0});
        part_put(seed, &(struct part){(uint8_t)(record.type | (at == SEGMENT_HEADER ? 128 : 0)), 0, payload, record.size});
        if (record.size < 1500 && is_new(leat_hash64(&record.type, 1, record.size / 4))) {
            struct leat_buf own = {0};
            leat_buf_u8(&own, record.type);
            leat_buf_put(&own, payload, record.size);
            put_seed("record", &own);
            leat_buf_free(&own);
        }
        at += leat_record_bytes(record.size);
    }
}

static void put_journal_seed(struct disk *disk, unsigned rotate_every)
{
    struct leat_buf seed = {0}, raw = {0};
    leat_buf_u16(&seed, 0);
    leat_buf_u16(&raw, 1);
    struct leat_buf definitions = {0};
    leat_buf_u16(&definitions, 1 | 64 | 128);
    for (size_t i = 0; i < DISK_FILES; i++) {
        const struct disk_file *file = &disk->files[i];
        if (strstr(file->path, "/definitions"))
            leat_buf_put(&definitions, file->bytes.data, file->bytes.size < 2000 ? file->bytes.size : 2000);
        if (!strstr(file->path, ".seg"))
            continue;
        if (raw.size == 2)
            leat_buf_put(&raw, file->bytes.data, file->bytes.size < 2000 ? file->bytes.size : 2000);
        if (seed.size < 6000)
            put_records(&seed, &file->bytes, rotate_every);
    }
    put_seed("journal", &seed);
    seed.size -= seed.size > 400 ? 300 : 0; /* and one that ends somewhere */
    put_seed("journal", &seed);
    put_seed("journal", &raw);
    seed.data[0] = 128;
    put_seed("journal", &seed);
    put_seed("journal", &definitions);
    leat_buf_free(&definitions);
    leat_buf_free(&seed);
    leat_buf_free(&raw);
}

/* An item's record as a part. */
static void put_item(struct leat_buf *seed, const struct leat_item *item)
{
    struct leat_buf frame = {0};
    leat_frame_put(&frame, item);
    part_put(seed, &(struct part){(uint8_t)item->type, 0, frame.data + RECORD_HEADER, (size_t)leat_le(frame.data + 4, 4)});
    leat_buf_free(&frame);
}

static void put_start(struct leat_buf *seed)
{
    struct leat_gtid_set *none = leat_gtid_set_new();
    struct leat_item item = {.type = LEAT_ITEM_START};
    item.start.place = (struct leat_place){"binlog.000001", 4};
    item.start.asked = "earliest";
    item.start.executed = none;
    put_item(seed, &item);
    leat_gtid_set_free(&none);
}

/* What the segments before, which were deleted, come to. */
static void put_state(struct leat_buf *seed, uint64_t seq)
{
    struct leat_buf frame = {0};
    struct log_state state;
    const struct boundary boundary = {seq, seq, SEGMENT_HEADER};
    leat_state_init(&state);
    state.definition_seq = seq - 1;
    leat_state_frame(&frame, &state, &boundary);
    part_put(seed, &(struct part){RECORD_STATE, 0, frame.data + RECORD_HEADER, (size_t)leat_le(frame.data + 4, 4)});
    leat_state_free(&state);
    leat_buf_free(&frame);
}

static void put_transaction(struct leat_buf *seed, const struct leat_item *within)
{
    struct leat_item item = {.type = LEAT_ITEM_BEGIN};
    item.begin.place = (struct leat_place){"binlog.000001", 4};
    put_item(seed, &item);
    put_item(seed, within);
    item = (struct leat_item){.type = LEAT_ITEM_END};
    item.end.how = LEAT_END_EMPTY;
    item.end.place = (struct leat_place){"binlog.000001", 99};
    put_item(seed, &item);
}

/* As the file `definitions` has it. */
static void put_old_definition(struct leat_buf *seed, const struct leat_item *item)
{
    static const struct leat_gtid none;
    struct leat_buf frame = {0}, payload = {0};
    leat_frame_put(&frame, item);
    leat_buf_u64(&payload, 4);
    leat_buf_u64(&payload, UINT64_C(1700000000000000));
    leat_put_text(&payload, "binlog.000001", 13);
    leat_gtid_encode(&payload, &none);
    leat_buf_string(&payload, frame.data + RECORD_HEADER, (size_t)leat_le(frame.data + 4, 4));
    part_put(seed, &(struct part){FOLDER_DEFINITION, 0, payload.data, payload.size});
    leat_buf_free(&frame);
    leat_buf_free(&payload);
}

/* Definitions of which most are of no use any more, so that their file is written anew; many names; and items that no binlog at hand
 * has. */
static void put_rare_journal_seeds(void)
{
    enum { DEFINITIONS = 128, FROM_1000 = 2, VERSIONS = 30, TABLES = 12 };
    struct leat_buf seed = {0};
    struct leat_item definition = {.type = LEAT_ITEM_DEFINITION}, rare = {0};
    definition.definition = (struct leat_definition){
        .how = LEAT_DEFINITION_UNSURE, .database = {"shop", 4}, .name = {"orders", 6}, .why = {"a reason that is long enough to matter here", 43}};
    leat_buf_u8(&seed, DEFINITIONS);
    leat_buf_u8(&seed, FROM_1000);
    for (int i = 0; i < VERSIONS; i++)
        put_old_definition(&seed, &definition);
    definition.definition.how = LEAT_DEFINITION_DROPPED;
    put_old_definition(&seed, &definition);
    for (int i = 0; i < TABLES; i++) {
        char name[] = "table0";
        name[5] = (char)('a' + i);
        definition.definition.name = (struct leat_text){name, 6};
        definition.definition.how = LEAT_DEFINITION_UNSURE;
        put_old_definition(&seed, &definition);
    }
    definition.definition.name = (struct leat_text){"orders", 6};
    put_state(&seed, 1000 + VERSIONS + 1 + TABLES);
    put_start(&seed);
    put_item(&seed, &definition);
    put_transaction(&seed, &definition);
    put_seed("journal", &seed);
    leat_buf_clear(&seed);
    leat_buf_u16(&seed, 0);
    put_start(&seed);
    rare.type = LEAT_ITEM_OPAQUE;
    rare.opaque = (struct leat_opaque){.end = {"binlog.000001", 200}, .reason = {"new", 3}, .events = (const uint8_t *)"events", .events_size = 6};
    rare.opaque.begin.place = (struct leat_place){"binlog.000001", 100};
    put_item(&seed, &rare);
    rare = (struct leat_item){.type = LEAT_ITEM_GAP};
    rare.gap = (struct leat_gap){.place = {"binlog.000001", 300}, .reason = {"lost", 4}};
    put_item(&seed, &rare);
    put_transaction(&seed, &rare);
    put_seed("journal", &seed);
    leat_buf_free(&seed);
}

static void put_checkpoint_seeds(struct leat_journal *journal)
{
    struct leat_journal_resume resume;
    leat_journal_resume(journal, &resume);
    struct leat_file_state state = {.has_part = true, .part_first_seq = 5, .part_length = 1000};
    state.checkpoint.seq = leat_journal_visible_end(journal);
    state.checkpoint.pos = resume.pos;
    snprintf(state.checkpoint.file, sizeof state.checkpoint.file, "%s", resume.file);
    state.checkpoint.completed = leat_gtid_set_copy(resume.completed);
    struct leat_buf seed = {0};
    leat_buf_u8(&seed, 2);
    leat_checkpoint_encode(&seed, &state.checkpoint);
    put_seed("checkpoint", &seed);
    leat_buf_clear(&seed);
    struct disk *disk = disk_new();
    struct leat_slots slots;
    struct leat_error err = {0};
    leat_slots_init(&slots, &disk->fs, leat_strdup("/s"));
    if (leat_slots_replace(&slots, &state, &err) == LEAT_OK) {
        struct leat_buf *file = disk_at(disk, "/s");
        leat_buf_u8(&seed, 3);
        leat_buf_put(&seed, file->data, 400);
        leat_buf_put(&seed, file->data, 400);
        put_seed("checkpoint", &seed);
    }
    leat_slots_free(&slots);
    disk_free(&disk);
    leat_checkpoint_free(&state.checkpoint);
    leat_journal_resume_free(&resume);
    leat_buf_free(&seed);
}

/* The whole binlog into a journal of small segments. */
static void through_journal(const uint8_t *bytes, size_t size, unsigned rotate_every)
{
    static const uint8_t uuid[LEAT_UUID_SIZE] = {1};
    const struct leat_clock clock = {NULL, now_us, now_us, no_random};
    struct disk *disk = disk_new();
    struct writing writing = {0};
    struct leat_error err = {0};
    const struct leat_journal_options options = {
        .folder = "/j", .fs = &disk->fs, .clock = &clock, .segment_bytes = 1 << 16, .create = true, .max_bytes = 0};
    const struct leat_item_out out = {&writing, take_item};
    FUZZ_CHECK(leat_journal_open(&writing.journal, &options, &err) == LEAT_OK);
    struct leat_item start = {.type = LEAT_ITEM_START};
    start.start.place = (struct leat_place){"binlog.000001", 4};
    start.start.asked = "earliest";
    leat_frame_put(&writing.frames, &start);
    struct leat_decoder *decoder =
        leat_decoder_new(&(struct leat_decoder_options){.statements_allowed = true}, &out);
    leat_decoder_place(decoder, uuid, "binlog.000001", 4);
    for (size_t at = 4; at + LEAT_EVENT_HEADER_SIZE <= size && writing.frames.size < 30000;) {
        size_t length = (size_t)leat_le(bytes + at + 9, 4);
        if (length < LEAT_EVENT_HEADER_SIZE || length > size - at || length > TRANSACTION_MAX ||
            leat_decoder_event(decoder, bytes + at, length, &err))
            break;
        at += length;
    }
    leat_decoder_free(&decoder);
    size_t taken;
    if (leat_journal_append(writing.journal, writing.frames.data, writing.frames.size, &taken, &err) == LEAT_OK &&
        leat_journal_sync(writing.journal, &err) == LEAT_OK) {
        put_checkpoint_seeds(writing.journal);
        put_journal_seed(disk, rotate_every);
    }
    leat_journal_close(&writing.journal);
    leat_buf_free(&writing.frames);
    disk_free(&disk);
}

/* ---- Files ---- */

static void take_event(struct reading *reading, const struct leat_event *event)
{
    struct leat_error err = {0};
    put_event_seed(reading, event);
    if (event->type == LEAT_EVENT_FORMAT_DESCRIPTION) {
        if (leat_event_format(&reading->format, event, &err))
            return;
        leat_buf_clear(&reading->description);
        leat_buf_put(&reading->description, event->body, event->body_size);
        leat_buf_u8(&reading->description, LEAT_CHECKSUM_OFF); /* fewer bytes to mutate */
        return;
    }
    if (event->type == LEAT_EVENT_QUERY)
        put_query_seed(reading, event);
    else if (event->type == LEAT_EVENT_TABLE_MAP)
        take_map(reading, event);
    else if ((event->type >= LEAT_EVENT_WRITE_ROWS_V1 && event->type <= LEAT_EVENT_DELETE_ROWS_V1) ||
             (event->type >= LEAT_EVENT_WRITE_ROWS && event->type <= LEAT_EVENT_DELETE_ROWS) ||
             event->type == LEAT_EVENT_PARTIAL_UPDATE_ROWS)
        take_rows(reading, event);
    take_for_transaction(reading, event);
}

/* A payload as it is, and its events, to be packed by the target. */
static void put_payload_seeds(const struct leat_event *event)
{
    struct leat_payload payload;
    struct leat_error err = {0};
    if (event->type != LEAT_EVENT_TRANSACTION_PAYLOAD || leat_event_payload(&payload, event, &err))
        return;
    struct leat_buf seed = {0};
    leat_buf_u8(&seed, 0);
    leat_buf_put(&seed, event->body, event->body_size);
    if (seed.size < 1500)
        put_seed("payload", &seed);
    struct leat_payload_reader *reader = leat_payload_reader_new();
    const uint8_t *bytes;
    size_t size;
    leat_buf_clear(&seed);
    leat_buf_u8(&seed, (uint8_t)(1 + event->size % 4 * 2));
    int rc = leat_payload_begin(reader, &payload, BINLOG_MAX, &err);
    while (rc == LEAT_OK && seed.size < 1500 && (rc = leat_payload_next(reader, &bytes, &size, &err)) == LEAT_OK)
        leat_buf_put(&seed, bytes, size);
    if (seed.size < 2000)
        put_seed("payload", &seed);
    leat_payload_reader_free(&reader);
    leat_buf_free(&seed);
}

static void take_file(const uint8_t *bytes, size_t size)
{
    struct reading reading = {0};
    for (size_t at = 4; at + LEAT_EVENT_HEADER_SIZE <= size;) {
        struct leat_event event;
        struct leat_error err = {0};
        size_t length = (size_t)leat_le(bytes + at + 9, 4);
        if (length < LEAT_EVENT_HEADER_SIZE || length > size - at ||
            leat_event_parse(&event, &reading.format, bytes + at, length, &err))
            break;
        take_event(&reading, &event);
        put_payload_seeds(&event);
        at += length;
    }
    for (unsigned i = 0; i < TABLES_MAX; i++) {
        if (reading.tables[i].plan) {
            leat_row_plan_free(&reading.tables[i].plan);
            leat_table_release(&reading.tables[i].table);
        }
        leat_buf_free(&reading.tables[i].map);
    }
    leat_buf_free(&reading.description);
    leat_buf_free(&reading.transaction);
    leat_buf_free(&reading.compressed);
}

int main(int argc, char **argv)
{
    if (argc < 3) {
        fprintf(stderr, "usage: fuzz_seeds FOLDER BINLOG...\n");
        return 2;
    }
    folder = argv[1];
    (void)mkdir(folder, 0777);
    put_rare_journal_seeds();
    for (int i = 2; i < argc; i++) {
        char *bytes;
        size_t size;
        struct leat_error err = {0};
        if (leat_fs_read_all(leat_fs_real(), argv[i], BINLOG_MAX, &bytes, &size, &err)) {
            fprintf(stderr, "%s: %s\n", argv[i], err.message);
            continue;
        }
        take_file((const uint8_t *)bytes, size);
        through_journal((const uint8_t *)bytes, size, 0);
        through_journal((const uint8_t *)bytes, size, 4);
        through_journal((const uint8_t *)bytes, size, 7);
        free(bytes);
    }
    return EXIT_SUCCESS;
}
