#include "binlog/encode.h"

#include <string.h>

#include "binlog/event.h"
#include "table_int.h"

enum {
    BINLOG_VERSION = 4,
    SERVER_SIZE = 50,
    QUERY_HEAD = 13,
    TABLE_MAP_EXACT_BITS = 1, /* TM_BIT_LEN_EXACT_F: BIT columns are told to the bit */
    TABLE_ID_SIZE = 6,
    EXTRA_SIZE = 2, /* of rows events of version 2: the length of what else they say, itself included */
};

/* ---- Events ---- */

static size_t begin_event(struct leat_buf *buf, const struct leat_encode *to, enum leat_event_type type)
{
    size_t from = buf->size;
    leat_buf_u32(buf, to->time);
    leat_buf_u8(buf, (uint8_t)type);
    leat_buf_u32(buf, to->server_id);
    leat_buf_u32(buf, 0); /* the size, see end_event */
    leat_buf_u32(buf, 0); /* where the next one is: nowhere */
    leat_buf_u16(buf, 0);
    return from;
}

static void end_event(struct leat_buf *buf, size_t from)
{
    enum { SIZE_AT = 9 };
    uint64_t size = buf->size - from;
    for (size_t i = 0; i < 4; i++)
        buf->data[from + SIZE_AT + i] = (uint8_t)(size >> (8 * i));
}

static void put_lenenc(struct leat_buf *buf, uint64_t value)
{
    if (value < 251) {
        leat_buf_u8(buf, (uint8_t)value);
    } else if (value <= UINT16_MAX) {
        leat_buf_u8(buf, 252);
        leat_buf_u16(buf, (uint16_t)value);
    } else {
        leat_buf_u8(buf, 253);
        leat_buf_le(buf, value, 3);
    }
}

/* ---- FORMAT_DESCRIPTION ---- */

/* Post-header lengths by type, as MySQL 8.0 to 9.7 and MariaDB 10.5 to 11.8 write them; what isn't named has none. */
struct post_header {
    uint8_t type, size;
};

static const struct post_header of_mysql[] = {
    {LEAT_EVENT_QUERY, QUERY_HEAD},   {LEAT_EVENT_ROTATE, 8},           {LEAT_EVENT_APPEND_BLOCK, 4},        {LEAT_EVENT_DELETE_FILE, 4},
    {LEAT_EVENT_FORMAT_DESCRIPTION, 99}, {LEAT_EVENT_BEGIN_LOAD_QUERY, 4}, {LEAT_EVENT_EXECUTE_LOAD_QUERY, 26}, {LEAT_EVENT_TABLE_MAP, 8},
    {LEAT_EVENT_INCIDENT, 2},         {LEAT_EVENT_WRITE_ROWS, 10},      {LEAT_EVENT_UPDATE_ROWS, 10},        {LEAT_EVENT_DELETE_ROWS, 10},
    {LEAT_EVENT_GTID, 42},            {LEAT_EVENT_ANONYMOUS_GTID, 42},  {LEAT_EVENT_TRANSACTION_CONTEXT, 18}, {LEAT_EVENT_VIEW_CHANGE, 52},
    {LEAT_EVENT_PARTIAL_UPDATE_ROWS, 10}, {LEAT_EVENT_TRANSACTION_PAYLOAD, 40}};

static const struct post_header of_mariadb[] = {
    {LEAT_EVENT_START_V3, 56},          {LEAT_EVENT_QUERY, QUERY_HEAD},       {LEAT_EVENT_ROTATE, 8},           {LEAT_EVENT_LOAD, 18},
    {LEAT_EVENT_CREATE_FILE, 4},        {LEAT_EVENT_APPEND_BLOCK, 4},         {LEAT_EVENT_EXEC_LOAD, 4},        {LEAT_EVENT_DELETE_FILE, 4},
    {LEAT_EVENT_NEW_LOAD, 18},          {LEAT_EVENT_FORMAT_DESCRIPTION, 228}, {LEAT_EVENT_BEGIN_LOAD_QUERY, 4}, {LEAT_EVENT_EXECUTE_LOAD_QUERY, 26},
    {LEAT_EVENT_TABLE_MAP, 8},          {LEAT_EVENT_WRITE_ROWS_V1, 8},        {LEAT_EVENT_UPDATE_ROWS_V1, 8},   {LEAT_EVENT_DELETE_ROWS_V1, 8},
    {LEAT_EVENT_INCIDENT, 2},           {LEAT_EVENT_WRITE_ROWS, 10},          {LEAT_EVENT_UPDATE_ROWS, 10},     {LEAT_EVENT_DELETE_ROWS, 10},
    {LEAT_EVENT_PARTIAL_UPDATE_ROWS, 10}, {LEAT_EVENT_TRANSACTION_PAYLOAD, 10}, {LEAT_EVENT_HEARTBEAT_V2, 10},
    {LEAT_EVENT_MARIADB_CHECKPOINT, 4}, {LEAT_EVENT_MARIADB_GTID, 19},        {LEAT_EVENT_MARIADB_GTID_LIST, 4},
    {LEAT_EVENT_MARIADB_QUERY_COMPRESSED, QUERY_HEAD},                        {LEAT_EVENT_MARIADB_WRITE_ROWS_COMPRESSED_V1, 8},
    {LEAT_EVENT_MARIADB_UPDATE_ROWS_COMPRESSED_V1, 8},                        {LEAT_EVENT_MARIADB_DELETE_ROWS_COMPRESSED_V1, 8},
    {LEAT_EVENT_MARIADB_WRITE_ROWS_COMPRESSED, 10},                           {LEAT_EVENT_MARIADB_UPDATE_ROWS_COMPRESSED, 10},
    {LEAT_EVENT_MARIADB_DELETE_ROWS_COMPRESSED, 10}};

enum { TYPES_OF_MYSQL = LEAT_EVENT_GTID_TAGGED, TYPES_OF_MARIADB = LEAT_EVENT_MARIADB_DELETE_ROWS_COMPRESSED };

static void put_post_headers(struct leat_buf *buf, const struct post_header *list, size_t count, unsigned types)
{
    uint8_t *sizes = leat_buf_reserve(buf, types);
    memset(sizes, 0, types);
    for (size_t i = 0; i < count; i++)
        sizes[list[i].type - 1] = list[i].size;
    leat_buf_commit(buf, types);
}

void leat_encode_format(struct leat_buf *buf, const struct leat_encode *to)
{
    size_t from = begin_event(buf, to, LEAT_EVENT_FORMAT_DESCRIPTION);
    char server[SERVER_SIZE] = {0};
    size_t size = strlen(to->version);
    memcpy(server, to->version, size < SERVER_SIZE ? size : SERVER_SIZE - 1);
    leat_buf_u16(buf, BINLOG_VERSION);
    leat_buf_put(buf, server, SERVER_SIZE);
    leat_buf_u32(buf, 0); /* created */
    leat_buf_u8(buf, LEAT_EVENT_HEADER_SIZE);
    if (to->flavour == LEAT_TABLE_OF_MARIADB)
        put_post_headers(buf, of_mariadb, sizeof of_mariadb / sizeof *of_mariadb, TYPES_OF_MARIADB);
    else
        put_post_headers(buf, of_mysql, sizeof of_mysql / sizeof *of_mysql, TYPES_OF_MYSQL);
    leat_buf_u8(buf, LEAT_CHECKSUM_OFF);
    leat_buf_u32(buf, 0); /* a place for its own checksum, which it always has */
    end_event(buf, from);
}

/* ---- TABLE_MAP ---- */

static void put_name(struct leat_buf *buf, const struct leat_text *name)
{
    put_lenenc(buf, name->size);
    leat_buf_put(buf, name->bytes, name->size);
    leat_buf_u8(buf, 0);
}

static uint8_t wire_type(const struct leat_column *column)
{
    bool as_string = column->type == LEAT_TYPE_ENUM || column->type == LEAT_TYPE_SET;
    return (uint8_t)(as_string ? LEAT_TYPE_STRING : column->type);
}

static void put_metadata(struct leat_buf *buf, const struct leat_column *column)
{
    uint8_t type = wire_type(column);
    unsigned size = leat_table_metadata_size(type);
    if (size == 2 && leat_table_metadata_big_endian(type)) {
        leat_buf_u8(buf, (uint8_t)(column->metadata >> 8));
        leat_buf_u8(buf, (uint8_t)column->metadata);
    } else {
        leat_buf_le(buf, column->metadata, size);
    }
}

static int check_columns(const struct leat_encode *to, const struct leat_table_view *table, struct leat_error *err)
{
    if (table->server != to->flavour)
        return leat_unsupported(err, "rows of %s.%s are in the other flavour's form", table->database.bytes, table->name.bytes);
    for (uint32_t i = 0; i < table->column_count; i++)
        if (table->columns[i].flags & LEAT_COLUMN_COMPRESSED)
            return leat_unsupported(err, "column %s of %s.%s is COMPRESSED: its values are unpacked here", table->columns[i].name.bytes,
                                    table->database.bytes, table->name.bytes);
    return LEAT_OK;
}

int leat_encode_table_map(struct leat_buf *buf, const struct leat_encode *to, const struct leat_table_view *table, uint64_t table_id,
                          const struct leat_text *database, const struct leat_text *name, struct leat_error *err)
{
    if (check_columns(to, table, err))
        return LEAT_FAIL;
    size_t from = begin_event(buf, to, LEAT_EVENT_TABLE_MAP);
    leat_buf_le(buf, table_id, TABLE_ID_SIZE);
    leat_buf_u16(buf, TABLE_MAP_EXACT_BITS);
    put_name(buf, database ? database : &table->database);
    put_name(buf, name ? name : &table->name);
    put_lenenc(buf, table->column_count);
    uint64_t metadata_size = 0;
    for (uint32_t i = 0; i < table->column_count; i++) {
        leat_buf_u8(buf, wire_type(&table->columns[i]));
        metadata_size += leat_table_metadata_size(wire_type(&table->columns[i]));
    }
    put_lenenc(buf, metadata_size);
    for (uint32_t i = 0; i < table->column_count; i++)
        put_metadata(buf, &table->columns[i]);
    size_t nulls_size = (table->column_count + 7) / 8;
    uint8_t *nulls = leat_buf_reserve(buf, nulls_size);
    memset(nulls, 0, nulls_size);
    for (uint32_t i = 0; i < table->column_count; i++)
        if (table->columns[i].flags & LEAT_COLUMN_NULLABLE)
            nulls[i / 8] |= (uint8_t)(1u << (i % 8));
    leat_buf_commit(buf, nulls_size);
    end_event(buf, from);
    return LEAT_OK;
}

/* ---- Rows ---- */

static enum leat_event_type type_of_rows(const struct leat_encode *to, const struct leat_rows *rows)
{
    static const enum leat_event_type first[] = {[LEAT_OP_INSERT] = LEAT_EVENT_WRITE_ROWS_V1,
                                                 [LEAT_OP_UPDATE] = LEAT_EVENT_UPDATE_ROWS_V1,
                                                 [LEAT_OP_DELETE] = LEAT_EVENT_DELETE_ROWS_V1};
    static const enum leat_event_type second[] = {
        [LEAT_OP_INSERT] = LEAT_EVENT_WRITE_ROWS, [LEAT_OP_UPDATE] = LEAT_EVENT_UPDATE_ROWS, [LEAT_OP_DELETE] = LEAT_EVENT_DELETE_ROWS};
    if (rows->flags & LEAT_ROWS_PARTIAL_JSON)
        return LEAT_EVENT_PARTIAL_UPDATE_ROWS;
    return (to->flavour == LEAT_TABLE_OF_MARIADB ? first : second)[rows->op];
}

int leat_encode_rows(struct leat_buf *buf, const struct leat_encode *to, const struct leat_rows *rows, uint64_t table_id, bool last,
                     struct leat_error *err)
{
    enum { HEAD_MAX = 64 + 2 * LEAT_COLUMNS_MAX / 8 };
    if (rows->images_size > UINT32_MAX - HEAD_MAX)
        return leat_fail(err, LEAT_E_TOO_LARGE, LEAT_KIND_DATA, "%zu bytes of rows are more than an event holds", rows->images_size);
    uint16_t flags = (uint16_t)(rows->flags & (LEAT_ROWS_NO_FOREIGN_KEYS | LEAT_ROWS_NO_UNIQUE));
    size_t bitmap_size = (rows->column_count + 7) / 8;
    size_t from = begin_event(buf, to, type_of_rows(to, rows));
    leat_buf_le(buf, table_id, TABLE_ID_SIZE);
    leat_buf_u16(buf, last ? flags | LEAT_ROWS_STATEMENT_END : flags);
    if (to->flavour != LEAT_TABLE_OF_MARIADB)
        leat_buf_u16(buf, EXTRA_SIZE);
    put_lenenc(buf, rows->column_count);
    if (rows->op != LEAT_OP_INSERT)
        leat_buf_put(buf, rows->before_present, bitmap_size);
    if (rows->op != LEAT_OP_DELETE)
        leat_buf_put(buf, rows->after_present, bitmap_size);
    leat_buf_put(buf, rows->images, rows->images_size);
    end_event(buf, from);
    return LEAT_OK;
}
