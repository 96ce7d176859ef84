/* The format "leat": what statements of row changes need besides their text and session: ids, seeds, variables, the file of LOAD DATA. */
#include "lines_int.h"

#include "base/json.h"
#include "binlog/prelude.h"
#include "binlog/value.h"

/* Names and texts are of a character set that the event tells by number only: bytes in base64, where they aren't plain ASCII. */
static void put_name(struct leat_buf *buf, const struct leat_text *name)
{
    if (leat_utf8_valid(name->bytes, name->size)) {
        leat_buf_puts(buf, "{\"name\":");
        leat_json_string(buf, name->bytes, name->size);
    } else {
        leat_buf_puts(buf, "{\"name_base64\":");
        leat_json_base64(buf, name->bytes, name->size);
    }
}

static int put_user_value(struct leat_buf *buf, const struct leat_prelude *prelude, struct leat_error *err)
{
    if (prelude->null) {
        leat_buf_puts(buf, ",\"null\":true");
        return LEAT_OK;
    }
    switch (prelude->type) {
    case LEAT_USER_VAR_INT:
        leat_buf_puts(buf, ",\"integer\":");
        if (prelude->is_unsigned)
            leat_put_u64(buf, prelude->number);
        else
            leat_put_i64(buf, (int64_t)prelude->number);
        return LEAT_OK;
    case LEAT_USER_VAR_REAL:
        leat_buf_puts(buf, ",\"number\":");
        leat_put_double(buf, leat_value_double(prelude->bytes));
        return LEAT_OK;
    case LEAT_USER_VAR_DECIMAL:
        leat_buf_puts(buf, ",\"decimal\":\"");
        if (leat_prelude_decimal(buf, prelude, err))
            return LEAT_FAIL;
        leat_buf_u8(buf, '"');
        return LEAT_OK;
    case LEAT_USER_VAR_STRING:
        break;
    }
    leat_buf_puts(buf, ",\"collation\":");
    leat_put_u64(buf, prelude->collation);
    leat_buf_puts(buf, ",\"base64\":");
    leat_json_base64(buf, prelude->bytes, prelude->size);
    return LEAT_OK;
}

static void put_number(struct leat_buf *buf, const char *name, uint64_t number)
{
    leat_buf_puts(buf, name);
    leat_put_u64(buf, number);
}

static int put_user_vars(struct leat_buf *buf, const struct leat_statement *statement, struct leat_error *err)
{
    struct leat_cursor cursor = leat_cursor(statement->prelude, statement->prelude_size);
    struct leat_prelude prelude;
    bool any = false;
    int rc;
    while ((rc = leat_prelude_next(&prelude, &cursor, err)) == LEAT_OK) {
        if (prelude.kind != LEAT_PRELUDE_USER_VAR)
            continue;
        leat_buf_puts(buf, any ? "," : ",\"user_vars\":[");
        any = true;
        put_name(buf, &prelude.name);
        if (put_user_value(buf, &prelude, err))
            return LEAT_FAIL;
        leat_buf_u8(buf, '}');
    }
    if (any)
        leat_buf_u8(buf, ']');
    return rc == LEAT_END ? LEAT_OK : rc;
}

int leat_lines_prelude(struct leat_buf *buf, const struct leat_statement *statement, struct leat_error *err)
{
    struct leat_cursor cursor = leat_cursor(statement->prelude, statement->prelude_size);
    struct leat_prelude prelude;
    int rc;
    while ((rc = leat_prelude_next(&prelude, &cursor, err)) == LEAT_OK) {
        if (prelude.kind == LEAT_PRELUDE_LAST_INSERT_ID)
            put_number(buf, ",\"last_insert_id\":", prelude.number);
        if (prelude.kind == LEAT_PRELUDE_INSERT_ID)
            put_number(buf, ",\"insert_id\":", prelude.number);
        if (prelude.kind == LEAT_PRELUDE_RAND) {
            put_number(buf, ",\"rand_seeds\":[", prelude.number);
            put_number(buf, ",", prelude.number2);
            leat_buf_u8(buf, ']');
        }
    }
    if (rc != LEAT_END || put_user_vars(buf, statement, err))
        return LEAT_FAIL;
    if (statement->loads)
        put_number(buf, ",\"file_id\":", statement->file_id);
    return LEAT_OK;
}

/* A part may be a transaction's last line only where a file was dropped: it then belongs to no statement. */
int leat_lines_file_part(struct leat_lines *lines, const struct leat_file_part *part, bool *passed, struct leat_error *err)
{
    int result = leat_lines_close(lines, false, err);
    if (result != LEAT_OK)
        return result;
    struct leat_buf *buf = lines->out.buf;
    size_t from = buf->size;
    *passed = true;
    leat_buf_puts(buf, "{\"op\":\"file_part\",\"file\":");
    leat_json_cstr(buf, part->place.file);
    put_number(buf, ",\"pos\":", part->place.pos);
    put_number(buf, ",\"file_id\":", part->file_id);
    leat_buf_puts(buf, part->first ? ",\"first\":true" : ",\"first\":false");
    leat_buf_puts(buf, part->dropped ? ",\"dropped\":true" : "");
    leat_buf_puts(buf, ",\"base64\":");
    leat_json_base64(buf, part->bytes, part->size);
    if (lines->in_transaction) {
        leat_lines_open(lines, from, &(struct leat_message){.kind = LEAT_MESSAGE_STATEMENT});
        return LEAT_OK;
    }
    leat_buf_u8(buf, '}');
    return leat_lines_give(lines, from, &(struct leat_message){.kind = LEAT_MESSAGE_STATEMENT}, err);
}
