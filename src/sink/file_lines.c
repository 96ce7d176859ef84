/* Items into lines, and lines into bytes (file_lines_int.h). Memory: at most FLUSH_BYTES and the open
 * message, however large a transaction is. */
#include "file_lines_int.h"

#include <assert.h>

enum { FLUSH_BYTES = 256 * 1024 };

static int pass_on(struct leat_file_lines *lines, bool end, struct leat_error *err)
{
    if (!lines->squeeze) {
        int rc =
            lines->buf.size ? lines->write(lines->context, lines->buf.data, lines->buf.size, err) : LEAT_OK;
        if (rc == LEAT_OK)
            leat_buf_clear(&lines->buf);
        return rc;
    }
    int rc = leat_squeeze_put(lines->squeeze, lines->buf.data, lines->buf.size, &lines->packed, err);
    leat_buf_clear(&lines->buf);
    if (rc == LEAT_OK && end)
        rc = leat_squeeze_end(lines->squeeze, &lines->packed, err);
    if (rc == LEAT_OK && lines->packed.size && (end || lines->packed.size >= FLUSH_BYTES)) {
        rc = lines->write(lines->context, lines->packed.data, lines->packed.size, err);
        leat_buf_clear(&lines->packed);
    }
    return rc;
}

/* The format has closed a message: it ends buf, and nothing in buf is open. One without value (a tombstone) is no line. */
static int take_message(void *context, const struct leat_message *message, struct leat_error *err)
{
    struct leat_file_lines *lines = context;
    if (message->value)
        leat_buf_u8(&lines->buf, '\n');
    if (!lines->begun) {
        lines->begun = true;
        lines->first_seq = lines->item_seq;
    }
    lines->dirty = true;
    return lines->buf.size >= FLUSH_BYTES ? pass_on(lines, false, err) : LEAT_OK;
}

int leat_file_lines_init(struct leat_file_lines *lines, const struct leat_sink_env *env, void *context,
                         int (*write)(void *context, const void *bytes, size_t size, struct leat_error *err),
                         struct leat_error *err)
{
    *lines = (struct leat_file_lines){.context = context, .write = write};
    const struct leat_format_options options = {
        .settings = leat_config_format_settings(env->config), .schema_lines = true, .name = env->relay_name};
    const struct leat_format_out out = {lines, &lines->buf, take_message};
    const char *name = env->config->format ? env->config->format : "leat";
    if (leat_format_new(&lines->format, name, &options, env->filter, &out, err))
        return LEAT_FAIL;
    if (env->config->compress != LEAT_COMPRESS_NONE &&
        leat_squeeze_new(&lines->squeeze, env->config->compress, err)) {
        leat_file_lines_free(lines);
        return LEAT_FAIL;
    }
    return LEAT_OK;
}

void leat_file_lines_free(struct leat_file_lines *lines)
{
    if (lines->format)
        leat_format_free(&lines->format);
    leat_squeeze_free(&lines->squeeze);
    leat_buf_free(&lines->buf);
    leat_buf_free(&lines->packed);
}

int leat_file_lines_item(struct leat_file_lines *lines, const struct leat_item *item, bool *passed,
                         struct leat_error *err)
{
    switch (item->type) {
    case LEAT_ITEM_BEGIN:
    case LEAT_ITEM_GAP:
    case LEAT_ITEM_OPAQUE:
    case LEAT_ITEM_START:
        lines->item_seq = item->seq;
        break;
    default:
        break;
    }
    return leat_format_item(lines->format, item, passed, err);
}

int leat_file_lines_end(struct leat_file_lines *lines, struct leat_error *err)
{
    assert(leat_format_open_bytes(lines->format) == 0);
    int rc = pass_on(lines, true, err);
    if (rc == LEAT_OK)
        lines->dirty = false;
    return rc;
}

void leat_file_lines_new_file(struct leat_file_lines *lines)
{
    assert(!lines->dirty);
    lines->begun = false;
    leat_format_new_file(lines->format);
}

void leat_file_lines_reset(struct leat_file_lines *lines)
{
    leat_format_reset(lines->format);
    leat_buf_clear(&lines->buf);
    leat_buf_clear(&lines->packed);
    if (lines->squeeze)
        leat_squeeze_reset(lines->squeeze);
    lines->dirty = false;
    leat_file_lines_new_file(lines);
}
