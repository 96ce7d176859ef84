/* What comes before a statement in events of its own: numbers, seeds and variables that it uses, and the file that LOAD DATA reads.
 *
 * Only statements use them: where rows are logged, the rows hold their values. A file's parts are given on as they come, since the file may
 * be larger than memory; where statements aren't taken, the statement will be refused, and its file is passed over. */
#include "decode_int.h"

#include "binlog/load.h"
#include "binlog/prelude.h"

void decoder_prelude_end(struct leat_decoder *decoder)
{
    decoder->prelude = false;
    decoder->loads = false;
    leat_buf_clear(&decoder->said);
}

/* A transaction without a GTID or BEGIN begins where the first of these does. */
static void mark(struct leat_decoder *decoder)
{
    if (decoder->prelude || decoder_in_transaction(decoder))
        return;
    decoder->prelude = true;
    decoder->prelude_pos = decoder->event_pos;
}

int decoder_prelude(struct leat_decoder *decoder, struct leat_error *err)
{
    mark(decoder);
    if (decoder->said.size + decoder->event.body_size > decoder->options.event_bytes_max)
        return leat_fail(err, LEAT_E_TOO_LARGE, LEAT_KIND_DATA, "the variables of one statement have more than %llu bytes",
                         (unsigned long long)decoder->options.event_bytes_max);
    return leat_prelude_put(&decoder->said, &decoder->event, err);
}

/* What CREATE_FILE of MySQL 4 began, or NULL. */
static struct pending_load *find_load(struct leat_decoder *decoder, uint32_t file_id)
{
    for (size_t i = 0; i < LOADS_MAX; i++)
        if (decoder->loads_pending[i].used && decoder->loads_pending[i].file_id == file_id)
            return &decoder->loads_pending[i];
    return NULL;
}

/* u32 file id, then bytes. Source: Begin_load_query_event, Append_block_event and Delete_file_event in
 * libs/mysql/binlog/event/load_data_events.h. */
int decoder_file_part(struct leat_decoder *decoder, struct leat_error *err)
{
    mark(decoder);
    struct leat_cursor cursor = leat_cursor(decoder->event.body, decoder->event.body_size);
    struct leat_file_part *part = &decoder->item.file_part;
    *part = (struct leat_file_part){
        .place = {decoder->file, decoder->event_pos},
        .file_id = leat_cursor_u32(&cursor),
        .first = decoder->event.type == LEAT_EVENT_BEGIN_LOAD_QUERY,
        .dropped = decoder->event.type == LEAT_EVENT_DELETE_FILE,
    };
    part->size = leat_cursor_left(&cursor);
    part->bytes = leat_cursor_bytes(&cursor, part->size);
    if (cursor.failed)
        return leat_malformed(err, "the event is too short for the number of its file");
    struct pending_load *pending = part->dropped ? find_load(decoder, part->file_id) : NULL;
    if (pending)
        pending->used = false;
    return decoder->options.statements_allowed ? decoder_give(decoder, LEAT_ITEM_FILE_PART, err) : LEAT_OK;
}

/* LOAD DATA in statement form: a Query event that also tells the number of its file. */
int decoder_load_query(struct leat_decoder *decoder, struct leat_error *err)
{
    struct leat_query query;
    if (leat_event_query(&query, &decoder->format, &decoder->event, err))
        return LEAT_FAIL;
    decoder->loads = true;
    decoder->file_id = query.file_id;
    return decoder_statement(decoder, &query, err);
}

/* ---- MySQL 4: CREATE_FILE has the statement, EXEC_LOAD runs it ---- */

static struct pending_load *free_load(struct leat_decoder *decoder)
{
    for (size_t i = 0; i < LOADS_MAX; i++)
        if (!decoder->loads_pending[i].used)
            return &decoder->loads_pending[i];
    return NULL;
}

void decoder_loads_free(struct leat_decoder *decoder)
{
    for (size_t i = 0; i < LOADS_MAX; i++) {
        leat_buf_free(&decoder->loads_pending[i].sql);
        leat_buf_free(&decoder->loads_pending[i].database);
        decoder->loads_pending[i].used = false;
    }
}

static int keep_load(struct leat_decoder *decoder, const struct leat_load *load, const struct leat_buf *sql, struct leat_error *err)
{
    struct pending_load *pending = find_load(decoder, load->file_id);
    if (!pending)
        pending = free_load(decoder);
    if (!pending)
        return leat_fail(err, LEAT_E_TOO_LARGE, LEAT_KIND_DATA, "more than %d files are being loaded at once", LOADS_MAX);
    pending->used = true;
    pending->file_id = load->file_id;
    pending->thread_id = load->thread_id;
    pending->execution_seconds = load->execution_seconds;
    leat_buf_clear(&pending->sql);
    leat_buf_put(&pending->sql, sql->data, sql->size);
    leat_buf_clear(&pending->database);
    leat_buf_put(&pending->database, load->database.bytes, load->database.size);
    leat_buf_u8(&pending->database, 0);
    return LEAT_OK;
}

static int give_first_part(struct leat_decoder *decoder, const struct leat_load *load, struct leat_error *err)
{
    mark(decoder);
    decoder->item.file_part = (struct leat_file_part){.place = {decoder->file, decoder->event_pos},
                                                      .file_id = load->file_id,
                                                      .first = true,
                                                      .bytes = load->bytes,
                                                      .size = load->size};
    return decoder->options.statements_allowed ? decoder_give(decoder, LEAT_ITEM_FILE_PART, err) : LEAT_OK;
}

static int run_load(struct leat_decoder *decoder, const struct leat_query *query, bool file, uint32_t file_id, struct leat_error *err)
{
    decoder->loads = file;
    decoder->file_id = file_id;
    return decoder_statement(decoder, query, err);
}

int decoder_old_load(struct leat_decoder *decoder, struct leat_error *err)
{
    struct leat_load load;
    struct leat_buf sql = {0};
    int result = leat_event_load(&load, &sql, &decoder->event, err);
    if (result == LEAT_OK && load.has_file) {
        result = keep_load(decoder, &load, &sql, err);
        if (result == LEAT_OK)
            result = give_first_part(decoder, &load, err);
    } else if (result == LEAT_OK) {
        struct leat_query query = {.thread_id = load.thread_id,
                                   .execution_seconds = load.execution_seconds,
                                   .database = load.database,
                                   .sql = (const char *)sql.data,
                                   .sql_size = sql.size};
        result = run_load(decoder, &query, false, 0, err);
    }
    leat_buf_free(&sql);
    return result;
}

int decoder_exec_load(struct leat_decoder *decoder, struct leat_error *err)
{
    struct leat_cursor cursor = leat_cursor(decoder->event.body, decoder->event.body_size);
    uint32_t file_id = leat_cursor_u32(&cursor);
    struct pending_load *pending = cursor.failed ? NULL : find_load(decoder, file_id);
    if (!pending)
        return leat_malformed(err, "the file that it loads, number %u, was not begun in this binlog", (unsigned)file_id);
    struct leat_query query = {.thread_id = pending->thread_id,
                               .execution_seconds = pending->execution_seconds,
                               .database = {(const char *)pending->database.data, (uint32_t)pending->database.size - 1},
                               .sql = (const char *)pending->sql.data,
                               .sql_size = pending->sql.size};
    int result = run_load(decoder, &query, true, file_id, err);
    pending->used = false;
    return result;
}
