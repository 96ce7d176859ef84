/* The format "debezium": which writer takes a column's values, by its type and the settings. */
#include "debezium_int.h"

#include "binlog/charset.h"
#include "java_int.h"
#include "type_int.h"
#include "value_int.h"

static void own(struct leat_step *step, leat_value_writer *write)
{
    step->op = LEAT_STEP_OWN;
    step->write = write;
}

static bool is_bytes(const struct leat_step *step)
{
    return step->op == LEAT_STEP_BYTES || step->op == LEAT_STEP_BINARY;
}

static void choose_bytes(const struct leat_debezium *debezium, struct leat_step *step)
{
    if (debezium->settings.binary == DEBEZIUM_BINARY_URL_SAFE)
        own(step, leat_debezium_write_url_safe);
    else if (debezium->settings.binary == DEBEZIUM_BINARY_HEX)
        own(step, leat_debezium_write_hex);
}

static void choose_unsigned(const struct leat_debezium *debezium, struct leat_step *step)
{
    if (debezium->settings.bigint == DEBEZIUM_BIGINT_LONG)
        own(step, leat_debezium_write_long);
    else if (debezium->settings.bigint == DEBEZIUM_BIGINT_PRECISE && debezium->settings.decimal_format == DEBEZIUM_DECIMAL_BASE64)
        own(step, leat_debezium_write_unsigned_precise);
    else if (debezium->settings.bigint == DEBEZIUM_BIGINT_PRECISE)
        return; /* the number as it is */
    else if (debezium->key_schemas || debezium->value_schemas)
        own(step, leat_debezium_write_unsigned);
}

static leat_value_writer *decimal_writer(const struct leat_debezium *debezium)
{
    static leat_value_writer *const writers[] = {[DEBEZIUM_DECIMAL_PRECISE] = leat_debezium_write_decimal,
                                                 [DEBEZIUM_DECIMAL_STRING] = leat_write_decimal,
                                                 [DEBEZIUM_DECIMAL_DOUBLE] = leat_debezium_write_decimal_double};
    if (debezium->settings.decimals == DEBEZIUM_DECIMAL_PRECISE && debezium->settings.decimal_format == DEBEZIUM_DECIMAL_NUMERIC)
        return leat_debezium_write_digits;
    return writers[debezium->settings.decimals];
}

static leat_value_writer *temporal_writer(const struct leat_debezium *debezium, const struct leat_column *column)
{
    static leat_value_writer *const dates[] = {leat_debezium_write_date, leat_debezium_write_date, leat_debezium_write_date_iso,
                                               leat_debezium_write_date, leat_debezium_write_date};
    static leat_value_writer *const times[] = {leat_debezium_write_time_us, leat_debezium_write_time_ms, leat_debezium_write_time_iso,
                                               leat_debezium_write_time_us, leat_debezium_write_time_ns};
    static leat_value_writer *const stamps[] = {leat_debezium_write_stamp_us, leat_debezium_write_stamp_ms, leat_debezium_write_stamp_iso,
                                                leat_debezium_write_stamp_us, leat_debezium_write_stamp_ns};
    enum { MS_DIGITS = 3 };
    unsigned mode = debezium->settings.times;
    switch ((int)column->type) {
    case LEAT_TYPE_DATE:
    case LEAT_TYPE_NEWDATE:
        return dates[mode];
    case LEAT_TYPE_TIME:
    case LEAT_TYPE_TIME2:
        return times[mode];
    case LEAT_TYPE_TIMESTAMP:
    case LEAT_TYPE_TIMESTAMP2:
        return leat_debezium_write_zoned;
    default:
        if (mode == DEBEZIUM_TIMES_ADAPTIVE && (column->type == LEAT_TYPE_DATETIME || column->metadata <= MS_DIGITS))
            return leat_debezium_write_stamp_ms;
        return stamps[mode];
    }
}

static int fail_unknown(const struct leat_plan *plan, const struct leat_step *step, const char *what, struct leat_error *err)
{
    leat_fail(err, LEAT_E_DEFINITION, LEAT_KIND_DATA, "%.256s.%.256s column %u: %s isn't known, without which the format debezium "
              "can't write it", plan->view->database.bytes, plan->view->name.bytes, step->index + 1, what);
    return leat_cure(err, "set binlog_row_metadata=FULL on the source, or let leat read definitions (SELECT on the tables)");
}

/* What the stream doesn't tell would be guessed at by whoever reads the message. */
static int check_known(const struct leat_plan *plan, const struct leat_step *step, struct leat_error *err)
{
    const struct leat_column *column = step->column;
    if (!(plan->view->flags & LEAT_TABLE_NAMED) || !column->name.size)
        return fail_unknown(plan, step, "its name", err);
    if ((step->op == LEAT_STEP_INT || step->op == LEAT_STEP_UINT) && !(plan->view->flags & LEAT_TABLE_SIGNS))
        return fail_unknown(plan, step, "whether it is unsigned", err);
    if ((column->type == LEAT_TYPE_ENUM || column->type == LEAT_TYPE_SET) && !column->member_count)
        return fail_unknown(plan, step, "the list of its members", err);
    if (step->op == LEAT_STEP_BYTES && leat_type_is_string(column) && column->collation == LEAT_COLLATION_UNKNOWN)
        return fail_unknown(plan, step, "its character set", err);
    return LEAT_OK;
}

static void choose_absent(const struct leat_debezium *debezium, struct leat_step *step)
{
    const struct leat_buf *text = &debezium->absent_text;
    if (is_bytes(step) && debezium->settings.binary == DEBEZIUM_BINARY_BYTES)
        text = &debezium->absent_bytes;
    else if (!leat_type_is_string(step->column) && step->column->type != LEAT_TYPE_JSON)
        return;
    step->absent = text->data;
    step->absent_size = (uint32_t)text->size;
}

int leat_debezium_step(void *context, const struct leat_plan *plan, struct leat_step *step, struct leat_error *err)
{
    const struct leat_debezium *debezium = context;
    const struct leat_column *column = step->column;
    bool one_bit = column->type == LEAT_TYPE_BIT && (column->metadata >> 8) * 8 + (column->metadata & 0xFF) == 1;
    if (check_known(plan, step, err))
        return LEAT_FAIL;
    choose_absent(debezium, step);
    switch ((enum leat_step_op)step->op) {
    case LEAT_STEP_UINT:
        if (column->type == LEAT_TYPE_LONGLONG)
            choose_unsigned(debezium, step);
        break;
    case LEAT_STEP_BIT:
        own(step, one_bit ? leat_debezium_write_bit : leat_debezium_write_bits);
        break;
    case LEAT_STEP_FLOAT:
        step->write = leat_java_write_float;
        break;
    case LEAT_STEP_DOUBLE:
        step->write = leat_java_write_double;
        break;
    case LEAT_STEP_DECIMAL:
        step->write = decimal_writer(debezium);
        break;
    case LEAT_STEP_TEMPORAL:
        step->detail = (uint8_t)debezium->settings.zero;
        step->write = temporal_writer(debezium, column);
        break;
    case LEAT_STEP_SET:
        step->write = leat_debezium_write_set;
        break;
    case LEAT_STEP_UTF8:
        step->write = debezium->settings.bad_text == DEBEZIUM_BAD_TEXT_FAIL ? leat_debezium_write_bad_text : leat_write_foreign;
        break;
    case LEAT_STEP_TEXT:
        step->write = debezium->settings.bad_text == DEBEZIUM_BAD_TEXT_FAIL ? leat_debezium_write_text : leat_write_text;
        break;
    case LEAT_STEP_BYTES:
    case LEAT_STEP_BINARY:
        choose_bytes(debezium, step);
        break;
    case LEAT_STEP_GEOMETRY:
        step->detail = column->geometry_type == 1;
        step->write = leat_debezium_write_geometry;
        break;
    case LEAT_STEP_VECTOR:
        step->write = leat_debezium_write_vector;
        break;
    case LEAT_STEP_JSON:
        step->json_text = true;
        break;
    case LEAT_STEP_INT:
    case LEAT_STEP_YEAR:
    case LEAT_STEP_ENUM:
    case LEAT_STEP_SHAPE:
    case LEAT_STEP_OWN:
        break;
    }
    return LEAT_OK;
}
