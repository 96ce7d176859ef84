/* What a statement is. Input: a byte of sql_mode's bits, the length of the default database, its name, the statement. */
#include "schema/ddl.h"

#include "fuzz.h"

enum { ANSI_QUOTES = 4, NO_BACKSLASH_ESCAPES = 1 << 20 };

static bool is_name(const char *name)
{
    return memchr(name, 0, LEAT_NAME_BYTES_MAX + 1) != NULL;
}

static void run(const uint8_t *bytes, size_t size)
{
    struct leat_cursor input = leat_cursor(bytes, size);
    uint8_t options = leat_cursor_u8(&input);
    size_t database_size = leat_cursor_u8(&input);
    const char *database = (const char *)leat_cursor_bytes(&input, database_size);
    if (input.failed)
        return;
    uint64_t sql_mode = (options & 1 ? ANSI_QUOTES : 0) | (options & 2 ? NO_BACKSLASH_ESCAPES : 0);
    size_t sql_size = leat_cursor_left(&input);
    char *sql = leat_memdup(input.at, sql_size); /* of its exact size, and no NUL behind it */
    struct leat_ddl ddl, again;
    char savepoint[LEAT_NAME_BYTES_MAX + 1];
    leat_ddl_classify(&ddl, sql, sql_size, sql_mode, database, database_size);
    leat_ddl_classify(&again, sql, sql_size, sql_mode, database, database_size);
    FUZZ_CHECK(is_name(ddl.database) && is_name(ddl.table) && (unsigned)ddl.kind <= LEAT_STATEMENT_DML);
    FUZZ_CHECK(ddl.kind == again.kind && ddl.rows == again.rows && ddl.temporary == again.temporary &&
               ddl.multiple == again.multiple && !strcmp(ddl.database, again.database) && !strcmp(ddl.table, again.table));
    FUZZ_CHECK((unsigned)leat_ddl_control(sql, sql_size) <= LEAT_CONTROL_XA_ROLLBACK);
    if (leat_ddl_savepoint(savepoint, sql, sql_size, sql_mode))
        FUZZ_CHECK(is_name(savepoint));
    free(sql);
}

const struct fuzz_target fuzz_target_query = {
    .name = "query",
    .sources = "schema/ddl.c schema/lexer.c schema/control.c",
    .run = run,
    .size_max = 1024,
    .memory_fixed = 16 << 10,
    .memory_factor = 8,
};
