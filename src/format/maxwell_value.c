/* Values as Maxwell prints them, where that isn't as in the format "leat". */
#include "maxwell_int.h"

#include "base/json.h"
#include "binlog/json.h"
#include "java_int.h"
#include "text_int.h"
#include "wkt_int.h"

static int write_decimal(struct leat_writer *writer, const struct leat_step *step, const uint8_t *bytes, uint32_t size,
                         struct leat_error *err)
{
    leat_writer_commit(writer);
    size_t from = writer->buf->size;
    if (leat_value_decimal(writer->buf, step->column, bytes, size, err))
        return LEAT_FAIL;
    uint8_t *text = writer->buf->data + from;
    writer->buf->size = (size_t)(leat_java_decimal(text, writer->buf->size - from) - writer->buf->data);
    leat_writer_begin(writer, writer->buf, writer->rest_max);
    return LEAT_OK;
}

static int write_temporal(struct leat_writer *writer, const struct leat_step *step, const uint8_t *bytes, uint32_t size,
                          struct leat_error *err)
{
    struct leat_temporal temporal;
    if (leat_temporal_read(&temporal, step, bytes, size, err))
        return LEAT_FAIL;
    *writer->to++ = '"';
    writer->to = leat_temporal_text(writer->to, step, &temporal, ' ');
    *writer->to++ = '"';
    return LEAT_OK;
}

/* As theirs, dates that lack a part are zero dates, too. */
static int write_temporal_or_null(struct leat_writer *writer, const struct leat_step *step, const uint8_t *bytes, uint32_t size,
                                  struct leat_error *err)
{
    struct leat_temporal temporal;
    enum leat_type type = step->column->type;
    if (leat_temporal_read(&temporal, step, bytes, size, err))
        return LEAT_FAIL;
    bool dated = type != LEAT_TYPE_TIME && type != LEAT_TYPE_TIME2;
    if (!dated || (temporal.year && temporal.month && temporal.day))
        return write_temporal(writer, step, bytes, size, err);
    writer->to = leat_text_copy(writer->to, "null", 4);
    return LEAT_OK;
}

static int put_geometry(struct leat_writer *writer, const uint8_t *bytes, uint32_t size, bool srid, struct leat_error *err)
{
    struct leat_geometry geometry;
    if (leat_value_geometry(&geometry, bytes, size, err))
        return LEAT_FAIL;
    leat_writer_commit(writer);
    leat_buf_u8(writer->buf, '"');
    if (srid && geometry.srid)
        leat_buf_printf(writer->buf, "SRID=%u;", geometry.srid);
    if (leat_wkt_put(writer->buf, geometry.wkb, geometry.wkb_size, err))
        return LEAT_FAIL;
    leat_buf_u8(writer->buf, '"');
    leat_writer_begin(writer, writer->buf, writer->rest_max);
    return LEAT_OK;
}

static int write_geometry(struct leat_writer *writer, const struct leat_step *step, const uint8_t *bytes, uint32_t size,
                          struct leat_error *err)
{
    (void)step;
    return put_geometry(writer, bytes, size, false, err);
}

static int write_geometry_srid(struct leat_writer *writer, const struct leat_step *step, const uint8_t *bytes, uint32_t size,
                               struct leat_error *err)
{
    (void)step;
    return put_geometry(writer, bytes, size, true, err);
}

/* The server's text has a space behind each colon and comma. */
static void drop_spaces(struct leat_buf *buf, size_t from)
{
    uint8_t *to = buf->data + from;
    bool quoted = false;
    for (const uint8_t *at = to, *end = buf->data + buf->size; at < end; at++) {
        if (quoted && *at == '\\') {
            *to++ = *at++; /* and what it escapes */
        } else if (*at == '"') {
            quoted = !quoted;
        } else if (*at == ' ' && !quoted) {
            continue;
        }
        *to++ = *at;
    }
    buf->size = (size_t)(to - buf->data);
}

static int write_json(struct leat_writer *writer, const struct leat_step *step, const uint8_t *bytes, uint32_t size,
                      struct leat_error *err)
{
    (void)step;
    leat_writer_commit(writer);
    size_t from = writer->buf->size;
    if (leat_value_json(writer->buf, bytes, size, err))
        return LEAT_FAIL;
    drop_spaces(writer->buf, from);
    leat_writer_begin(writer, writer->buf, writer->rest_max);
    return LEAT_OK;
}

int leat_maxwell_changed_json(struct leat_writer *writer, const struct leat_located *document, const struct leat_located *changes,
                              struct leat_error *err)
{
    leat_writer_commit(writer);
    size_t from = writer->buf->size;
    if (leat_json_apply(writer->buf, document->bytes, document->size, changes->bytes, changes->size, err))
        return LEAT_FAIL;
    drop_spaces(writer->buf, from);
    leat_writer_begin(writer, writer->buf, writer->rest_max);
    return LEAT_OK;
}

void leat_maxwell_writers(struct maxwell *maxwell)
{
    leat_value_writer **writers = maxwell->writers;
    writers[LEAT_STEP_FLOAT] = leat_java_write_float;
    writers[LEAT_STEP_DOUBLE] = leat_java_write_double;
    writers[LEAT_STEP_DECIMAL] = write_decimal;
    writers[LEAT_STEP_TEMPORAL] = maxwell->settings.null_zerodates ? write_temporal_or_null : write_temporal;
    writers[LEAT_STEP_ENUM] = leat_write_enum;
    writers[LEAT_STEP_SET] = leat_write_set;
    writers[LEAT_STEP_TEXT] = leat_write_text;
    writers[LEAT_STEP_BYTES] = leat_write_bytes;
    writers[LEAT_STEP_BINARY] = leat_write_binary;
    writers[LEAT_STEP_SHAPE] = leat_write_shape;
    writers[LEAT_STEP_GEOMETRY] = maxwell->settings.srid ? write_geometry_srid : write_geometry;
    writers[LEAT_STEP_VECTOR] = leat_write_vector;
    writers[LEAT_STEP_JSON] = write_json;
}
