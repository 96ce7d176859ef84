/* The format "debezium": Connect's schemas as its JSON converter writes them, once a definition. */
#include "debezium_int.h"

#include <stdlib.h>

#include "base/json.h"
#include "type_int.h"

/* A column's schema: type, name, parameters. */
struct kind {
    const char *type, *name;
    unsigned version; /* 0: none */
};

static struct kind integer_kind(const struct leat_debezium *debezium, const struct leat_column *column)
{
    bool is_unsigned = column->flags & LEAT_COLUMN_UNSIGNED;
    switch ((int)column->type) {
    case LEAT_TYPE_TINY:
        return (struct kind){"int16", NULL, 0};
    case LEAT_TYPE_SHORT:
        return (struct kind){is_unsigned ? "int32" : "int16", NULL, 0};
    case LEAT_TYPE_INT24:
        return (struct kind){"int32", NULL, 0};
    case LEAT_TYPE_LONG:
        return (struct kind){is_unsigned ? "int64" : "int32", NULL, 0};
    default:
        if (is_unsigned && debezium->settings.bigint == DEBEZIUM_BIGINT_PRECISE)
            return (struct kind){"bytes", "org.apache.kafka.connect.data.Decimal", 1};
        return (struct kind){"int64", NULL, 0};
    }
}

static struct kind temporal_kind(const struct leat_debezium *debezium, const struct leat_column *column)
{
    static const struct kind dates[] = {{"int32", "io.debezium.time.Date", 1},
                                        {"int32", "org.apache.kafka.connect.data.Date", 1},
                                        {"string", "io.debezium.time.IsoDate", 1},
                                        {"int32", "io.debezium.time.Date", 1},
                                        {"int32", "io.debezium.time.Date", 1}};
    static const struct kind times[] = {{"int64", "io.debezium.time.MicroTime", 1},
                                        {"int32", "org.apache.kafka.connect.data.Time", 1},
                                        {"string", "io.debezium.time.IsoTime", 1},
                                        {"int64", "io.debezium.time.MicroTime", 1},
                                        {"int64", "io.debezium.time.NanoTime", 1}};
    static const struct kind stamps[] = {{"int64", "io.debezium.time.MicroTimestamp", 1},
                                         {"int64", "org.apache.kafka.connect.data.Timestamp", 1},
                                         {"string", "io.debezium.time.IsoTimestamp", 1},
                                         {"int64", "io.debezium.time.MicroTimestamp", 1},
                                         {"int64", "io.debezium.time.NanoTimestamp", 1}};
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
        return (struct kind){"string", "io.debezium.time.ZonedTimestamp", 1};
    default:
        if (mode == DEBEZIUM_TIMES_ADAPTIVE && (column->type == LEAT_TYPE_DATETIME || column->metadata <= MS_DIGITS))
            return (struct kind){"int64", "io.debezium.time.Timestamp", 1};
        return stamps[mode];
    }
}

static unsigned bits(const struct leat_column *column)
{
    return (unsigned)(column->metadata >> 8) * 8 + (column->metadata & 0xFF);
}

/* FLOAT(M,D) is a double for Debezium: only the type's text tells. */
static bool has_scale(const struct leat_column *column)
{
    return column->type_text.size && memchr(column->type_text.bytes, ',', column->type_text.size);
}

static struct kind kind_of(const struct leat_debezium *debezium, const struct leat_step *step)
{
    const struct leat_column *column = step->column;
    switch ((int)column->type) {
    case LEAT_TYPE_YEAR:
        return (struct kind){"int32", "io.debezium.time.Year", 1};
    case LEAT_TYPE_BIT:
        return bits(column) == 1 ? (struct kind){"boolean", NULL, 0} : (struct kind){"bytes", "io.debezium.data.Bits", 1};
    case LEAT_TYPE_FLOAT:
        return (struct kind){has_scale(column) ? "double" : "float", NULL, 0};
    case LEAT_TYPE_DOUBLE:
        return (struct kind){"double", NULL, 0};
    case LEAT_TYPE_NEWDECIMAL:
        if (debezium->settings.decimals == DEBEZIUM_DECIMAL_PRECISE)
            return (struct kind){"bytes", "org.apache.kafka.connect.data.Decimal", 1};
        return (struct kind){debezium->settings.decimals == DEBEZIUM_DECIMAL_STRING ? "string" : "double", NULL, 0};
    case LEAT_TYPE_ENUM:
        return (struct kind){"string", "io.debezium.data.Enum", 1};
    case LEAT_TYPE_SET:
        return (struct kind){"string", "io.debezium.data.EnumSet", 1};
    case LEAT_TYPE_JSON:
        return (struct kind){"string", "io.debezium.data.Json", 1};
    case LEAT_TYPE_GEOMETRY:
        return (struct kind){"struct", step->detail ? "io.debezium.data.geometry.Point" : "io.debezium.data.geometry.Geometry", 1};
    case LEAT_TYPE_VECTOR:
        return (struct kind){"array", "io.debezium.data.FloatVector", 1};
    case LEAT_TYPE_TINY:
    case LEAT_TYPE_SHORT:
    case LEAT_TYPE_INT24:
    case LEAT_TYPE_LONG:
    case LEAT_TYPE_LONGLONG:
        return integer_kind(debezium, column);
    default:
        break;
    }
    if (step->op == LEAT_STEP_TEMPORAL)
        return temporal_kind(debezium, column);
    bool bytes = column->collation == LEAT_COLLATION_BINARY && column->shape == LEAT_SHAPE_PLAIN &&
                 debezium->settings.binary == DEBEZIUM_BINARY_BYTES;
    return (struct kind){bytes ? "bytes" : "string", NULL, 0};
}

/* The members of an ENUM or SET, with commas, as one JSON string: what was told of them is JSON already. */
static void put_allowed(struct leat_buf *buf, const struct leat_step *step)
{
    leat_buf_puts(buf, ",\"parameters\":{\"allowed\":\"");
    uint32_t first = step->op == LEAT_STEP_ENUM;
    for (uint32_t i = first; i < step->member_count; i++) {
        if (i > first)
            leat_buf_u8(buf, ',');
        if (step->members[i].bytes[0] == '"')
            leat_buf_put(buf, step->members[i].bytes + 1, step->members[i].size - 2);
    }
    leat_buf_puts(buf, "\"}");
}

static void put_parameters(const struct leat_debezium *debezium, struct leat_buf *buf, const struct leat_step *step)
{
    const struct leat_column *column = step->column;
    bool decimal = column->type == LEAT_TYPE_NEWDECIMAL && debezium->settings.decimals == DEBEZIUM_DECIMAL_PRECISE;
    bool whole = column->type == LEAT_TYPE_LONGLONG && column->flags & LEAT_COLUMN_UNSIGNED &&
                 debezium->settings.bigint == DEBEZIUM_BIGINT_PRECISE;
    if (decimal)
        leat_buf_printf(buf, ",\"parameters\":{\"scale\":\"%u\",\"connect.decimal.precision\":\"%u\"}", column->metadata & 0xFFU,
                        (unsigned)column->metadata >> 8);
    else if (whole)
        leat_buf_puts(buf, ",\"parameters\":{\"scale\":\"0\",\"connect.decimal.precision\":\"20\"}");
    else if (column->type == LEAT_TYPE_BIT && bits(column) > 1)
        leat_buf_printf(buf, ",\"parameters\":{\"length\":\"%u\"}", bits(column));
    else if (column->type == LEAT_TYPE_ENUM || column->type == LEAT_TYPE_SET)
        put_allowed(buf, step);
}

static void put_inner(struct leat_buf *buf, const struct leat_step *step)
{
    if (step->column->type == LEAT_TYPE_VECTOR) {
        leat_buf_puts(buf, ",\"items\":{\"type\":\"float\",\"optional\":false}");
        return;
    }
    leat_buf_puts(buf, ",\"fields\":[");
    if (step->detail)
        leat_buf_puts(buf, "{\"type\":\"double\",\"optional\":false,\"field\":\"x\"},{\"type\":\"double\",\"optional\":false,"
                           "\"field\":\"y\"},");
    leat_buf_puts(buf, step->detail ? "{\"type\":\"bytes\",\"optional\":true,\"field\":\"wkb\"},"
                                    : "{\"type\":\"bytes\",\"optional\":false,\"field\":\"wkb\"},");
    leat_buf_puts(buf, "{\"type\":\"int32\",\"optional\":true,\"field\":\"srid\"}]");
}

static bool is_number(const struct leat_text *text)
{
    bool digits = false;
    for (uint32_t i = 0; i < text->size; i++) {
        digits = digits || (text->bytes[i] >= '0' && text->bytes[i] <= '9');
        if (!strchr("0123456789.+-eE", text->bytes[i]))
            return false;
    }
    return digits;
}

/* Those of whole numbers, as far as 64 bits hold them. */
static void put_whole_default(struct leat_buf *buf, const struct leat_text *text)
{
    enum { DIGITS = 18 };
    if (text->size <= DIGITS && !memchr(text->bytes, '.', text->size) && !memchr(text->bytes, 'e', text->size))
        leat_buf_printf(buf, ",\"default\":%lld", (long long)strtoll(text->bytes, NULL, 10));
}

static void put_default_text(const struct leat_debezium *debezium, struct leat_buf *buf, const struct leat_step *step,
                             const struct kind *kind, const struct leat_text *text)
{
    const struct leat_column *column = step->column;
    bool whole = strncmp(kind->type, "int", 3) == 0, real = !strcmp(kind->type, "float") || !strcmp(kind->type, "double");
    if (column->type == LEAT_TYPE_NEWDECIMAL && debezium->settings.decimals == DEBEZIUM_DECIMAL_PRECISE && is_number(text)) {
        leat_buf_puts(buf, ",\"default\":");
        if (debezium->settings.decimal_format == DEBEZIUM_DECIMAL_NUMERIC)
            leat_buf_put(buf, text->bytes, text->size);
        else
            leat_debezium_put_decimal(buf, text->bytes, text->size);
    } else if (whole && is_number(text)) {
        put_whole_default(buf, text);
    } else if (real && is_number(text)) {
        leat_buf_puts(buf, ",\"default\":");
        leat_debezium_put_double(buf, strtod(text->bytes, NULL));
    } else if (!strcmp(kind->type, "string") && column->collation != LEAT_COLLATION_BINARY && step->op != LEAT_STEP_JSON) {
        leat_buf_puts(buf, ",\"default\":");
        leat_json_string(buf, text->bytes, text->size);
    }
}

/* A default that stands for NULL on the other side (replace.null.with.default) would undo NULLs: so only columns that can't be NULL
 * tell theirs, where it is a number or text. */
static void put_default(const struct leat_debezium *debezium, struct leat_buf *buf, const struct leat_step *step, const struct kind *kind)
{
    const struct leat_column *column = step->column;
    struct leat_buf plain = {0};
    unsigned unwanted = LEAT_COLUMN_NULLABLE | LEAT_COLUMN_DEFAULT_EXPRESSION | LEAT_COLUMN_GENERATED;
    if (!(column->flags & LEAT_COLUMN_HAS_DEFAULT) || column->flags & unwanted || step->op == LEAT_STEP_TEMPORAL)
        return;
    if (leat_debezium_default(&plain, column)) {
        const struct leat_text text = {leat_buf_cstr(&plain), (uint32_t)plain.size};
        put_default_text(debezium, buf, step, kind, &text);
    }
    leat_buf_free(&plain);
}

void leat_debezium_column_schema(const struct leat_debezium *debezium, struct leat_buf *buf, const struct leat_step *step, bool key)
{
    struct kind kind = kind_of(debezium, step);
    bool optional = step->column->flags & LEAT_COLUMN_NULLABLE && !(key && step->column->flags & LEAT_COLUMN_PRIMARY);
    leat_buf_printf(buf, "{\"type\":\"%s\"", kind.type);
    if (step->column->type == LEAT_TYPE_GEOMETRY || step->column->type == LEAT_TYPE_VECTOR)
        put_inner(buf, step);
    leat_buf_puts(buf, optional ? ",\"optional\":true" : ",\"optional\":false");
    if (kind.name)
        leat_buf_printf(buf, ",\"name\":\"%s\",\"version\":%u", kind.name, kind.version);
    if (step->column->type == LEAT_TYPE_GEOMETRY)
        leat_buf_puts(buf, step->detail ? ",\"doc\":\"Geometry (POINT)\"" : ",\"doc\":\"Geometry\"");
    put_parameters(debezium, buf, step);
    put_default(debezium, buf, step, &kind);
}

static void put_column(const struct leat_debezium *debezium, struct leat_buf *buf, const struct leat_step *step, bool key)
{
    leat_debezium_column_schema(debezium, buf, step, key);
    leat_buf_puts(buf, ",\"field\":");
    leat_buf_put(buf, step->text + 1, step->text_size - 2);
    leat_buf_u8(buf, '}');
}

int64_t leat_debezium_time_unit(const struct leat_debezium *debezium, const struct leat_step *step)
{
    static const struct {
        const char *name;
        int64_t unit;
    } units[] = {{"io.debezium.time.Timestamp", 1}, {"io.debezium.time.MicroTimestamp", 1000}, {"io.debezium.time.NanoTimestamp", 1000000}};
    struct kind kind = kind_of(debezium, step);
    for (size_t i = 0; kind.name && i < sizeof units / sizeof *units; i++)
        if (strcmp(kind.name, units[i].name) == 0)
            return units[i].unit;
    return 0;
}

void leat_debezium_key_schema(const struct leat_debezium *debezium, struct leat_buf *buf, const struct leat_plan *plan)
{
    leat_buf_puts(buf, "{\"schema\":{\"type\":\"struct\",\"fields\":[");
    for (uint32_t i = 0; i < plan->key_count; i++) {
        if (i)
            leat_buf_u8(buf, ',');
        put_column(debezium, buf, &plan->steps[plan->key[i]], true);
    }
    leat_buf_puts(buf, "],\"optional\":false,\"name\":");
    leat_debezium_schema_name(debezium, buf, plan->view, ".Key");
    leat_buf_puts(buf, "},\"payload\":");
}

void leat_debezium_columns_schema(const struct leat_debezium *debezium, struct leat_buf *buf, const struct leat_plan *plan)
{
    for (uint32_t i = 0; i < plan->count; i++) {
        if (i)
            leat_buf_u8(buf, ',');
        put_column(debezium, buf, &plan->steps[i], false);
    }
}

static void put_row(const struct leat_debezium *debezium, struct leat_buf *buf, const struct leat_plan *plan, const char *field)
{
    leat_buf_puts(buf, "{\"type\":\"struct\",\"fields\":[");
    leat_debezium_columns_schema(debezium, buf, plan);
    leat_buf_puts(buf, "],\"optional\":true,\"name\":");
    leat_debezium_schema_name(debezium, buf, plan->view, ".Value");
    leat_buf_printf(buf, ",\"field\":\"%s\"}", field);
}

#define FIELD(type, optional, name) "{\"type\":\"" type "\",\"optional\":" optional ",\"field\":\"" name "\"}"

void leat_debezium_source_schema(struct leat_buf *buf, bool mariadb)
{
    leat_buf_puts(buf, "{\"type\":\"struct\",\"fields\":[" FIELD("string", "false", "version") "," FIELD("string", "false", "connector")
                       "," FIELD("string", "false", "name") "," FIELD("int64", "false", "ts_ms")
                       ",{\"type\":\"string\",\"optional\":true,\"name\":\"io.debezium.data.Enum\",\"version\":1,\"parameters\":"
                       "{\"allowed\":\"true,first,first_in_data_collection,last_in_data_collection,last,false,incremental\"},"
                       "\"default\":\"false\",\"field\":\"snapshot\"},"
                       FIELD("string", "false", "db") "," FIELD("string", "true", "sequence") "," FIELD("int64", "true", "ts_us")
                       "," FIELD("int64", "true", "ts_ns") "," FIELD("string", "true", "table") "," FIELD("int64", "false", "server_id")
                       "," FIELD("string", "true", "gtid") "," FIELD("string", "false", "file") "," FIELD("int64", "false", "pos")
                       "," FIELD("int32", "false", "row") "," FIELD("int64", "true", "thread") "," FIELD("string", "true", "query")
                       "],\"optional\":false,\"name\":\"io.debezium.connector.");
    leat_buf_puts(buf, mariadb ? "mariadb" : "mysql");
    leat_buf_puts(buf, ".Source\",\"version\":1,\"field\":\"source\"}");
}

void leat_debezium_value_schema(const struct leat_debezium *debezium, struct leat_buf *buf, const struct leat_plan *plan)
{
    leat_buf_puts(buf, "{\"schema\":{\"type\":\"struct\",\"fields\":[");
    put_row(debezium, buf, plan, "before");
    leat_buf_u8(buf, ',');
    put_row(debezium, buf, plan, "after");
    leat_buf_u8(buf, ',');
    leat_debezium_source_schema(buf, plan->view->server == LEAT_TABLE_OF_MARIADB);
    leat_buf_puts(buf, ",{\"type\":\"struct\",\"fields\":[" FIELD("string", "false", "id") "," FIELD("int64", "false", "total_order")
                       "," FIELD("int64", "false", "data_collection_order")
                       "],\"optional\":true,\"name\":\"event.block\",\"version\":1,\"field\":\"transaction\"},"
                       FIELD("string", "false", "op") "," FIELD("int64", "true", "ts_ms") "," FIELD("int64", "true", "ts_us") ","
                       FIELD("int64", "true", "ts_ns") "],\"optional\":false,\"name\":");
    leat_debezium_schema_name(debezium, buf, plan->view, ".Envelope");
    leat_buf_puts(buf, ",\"version\":2},\"payload\":");
}
