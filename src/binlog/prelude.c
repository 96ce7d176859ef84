/* Bodies of INTVAR, RAND and USER_VAR events, one after another: u8 event type, u32 size, body. */
#include "binlog/prelude.h"

#include "binlog_int.h"
#include "value_int.h"

static int read_number(struct leat_prelude *prelude, struct leat_cursor *body, struct leat_error *err)
{
    uint8_t kind = leat_cursor_u8(body);
    prelude->number = leat_cursor_u64(body);
    if (body->failed || (kind != LEAT_PRELUDE_LAST_INSERT_ID && kind != LEAT_PRELUDE_INSERT_ID))
        return leat_malformed(err, "INTVAR event: it is too short, or %u is not a kind of number", kind);
    prelude->kind = (enum leat_prelude_kind)kind;
    return LEAT_OK;
}

static int read_seeds(struct leat_prelude *prelude, struct leat_cursor *body, struct leat_error *err)
{
    prelude->kind = LEAT_PRELUDE_RAND;
    prelude->number = leat_cursor_u64(body);
    prelude->number2 = leat_cursor_u64(body);
    return body->failed ? leat_malformed(err, "RAND event: it is too short") : LEAT_OK;
}

/* Infinities and what is no number don't exist in MySQL. */
static bool is_finite(const uint8_t *bytes)
{
    return (leat_le(bytes, 8) >> 52 & 0x7FF) != 0x7FF;
}

static bool value_known(uint8_t type, const uint8_t *bytes, uint32_t size)
{
    switch (type) {
    case LEAT_USER_VAR_STRING:
        return true;
    case LEAT_USER_VAR_REAL:
        return size == 8 && is_finite(bytes);
    case LEAT_USER_VAR_INT:
        return size == 8;
    case LEAT_USER_VAR_DECIMAL:
        return size > 2;
    default:
        return false;
    }
}

/* Servers before 5.6 send no flags behind the value. */
static int read_user_var(struct leat_prelude *prelude, struct leat_cursor *body, struct leat_error *err)
{
    enum { FLAG_UNSIGNED = 1 };
    prelude->kind = LEAT_PRELUDE_USER_VAR;
    prelude->name.size = leat_cursor_u32(body);
    prelude->name.bytes = (const char *)leat_cursor_bytes(body, prelude->name.size);
    prelude->null = leat_cursor_u8(body) != 0;
    if (prelude->null || body->failed)
        return body->failed ? leat_malformed(err, "USER_VAR event: it ends within its name") : LEAT_OK;
    uint8_t type = leat_cursor_u8(body);
    prelude->collation = leat_cursor_u32(body);
    prelude->size = leat_cursor_u32(body);
    prelude->bytes = leat_cursor_bytes(body, prelude->size);
    if (body->failed || !value_known(type, prelude->bytes, prelude->size))
        return leat_malformed(err, "USER_VAR event: its value of type %u and %u bytes is not whole, or there is no such type", type,
                              (unsigned)prelude->size);
    prelude->type = (enum leat_user_var_type)type;
    prelude->is_unsigned = leat_cursor_left(body) && (leat_cursor_u8(body) & FLAG_UNSIGNED);
    if (type == LEAT_USER_VAR_INT)
        prelude->number = leat_le(prelude->bytes, 8);
    return LEAT_OK;
}

static int read_body(struct leat_prelude *prelude, uint8_t type, struct leat_cursor body, struct leat_error *err)
{
    *prelude = (struct leat_prelude){0};
    switch (type) {
    case LEAT_EVENT_INTVAR:
        return read_number(prelude, &body, err);
    case LEAT_EVENT_RAND:
        return read_seeds(prelude, &body, err);
    case LEAT_EVENT_USER_VAR:
        return read_user_var(prelude, &body, err);
    default:
        return leat_malformed(err, "event type %u says nothing about a statement", type);
    }
}

int leat_prelude_put(struct leat_buf *buf, const struct leat_event *event, struct leat_error *err)
{
    struct leat_prelude prelude;
    if (read_body(&prelude, event->type, leat_cursor(event->body, event->body_size), err))
        return LEAT_FAIL;
    leat_buf_u8(buf, event->type);
    leat_buf_string(buf, event->body, event->body_size);
    return LEAT_OK;
}

int leat_prelude_next(struct leat_prelude *prelude, struct leat_cursor *cursor, struct leat_error *err)
{
    if (!leat_cursor_left(cursor))
        return LEAT_END;
    uint8_t type = leat_cursor_u8(cursor);
    size_t size;
    const uint8_t *body = leat_cursor_string(cursor, &size);
    if (cursor->failed)
        return leat_malformed(err, "what was said before a statement is not whole");
    return read_body(prelude, type, leat_cursor(body, size), err);
}

int leat_prelude_decimal(struct leat_buf *buf, const struct leat_prelude *prelude, struct leat_error *err)
{
    return leat_decimal_of_json(buf, prelude->bytes, prelude->size, err);
}
