/* Names of what an item is, for logs, listings and formats. Pure. */
#include "model/item.h"

#include <assert.h>

const char *leat_item_type_name(enum leat_item_type type)
{
    static const char *const names[] = {
        [LEAT_ITEM_NONE] = "none",
        [LEAT_ITEM_START] = "start",
        [LEAT_ITEM_SCHEMA] = "schema",
        [LEAT_ITEM_BEGIN] = "begin",
        [LEAT_ITEM_ROWS_QUERY] = "rows_query",
        [LEAT_ITEM_ROWS] = "rows",
        [LEAT_ITEM_STATEMENT] = "statement",
        [LEAT_ITEM_SAVEPOINT] = "savepoint",
        [LEAT_ITEM_END] = "end",
        [LEAT_ITEM_XA_RESOLVE] = "xa_resolve",
        [LEAT_ITEM_OPAQUE] = "opaque",
        [LEAT_ITEM_GAP] = "gap",
        [LEAT_ITEM_HEARTBEAT] = "heartbeat",
        [LEAT_ITEM_FILE_PART] = "file_part",
        [LEAT_ITEM_DEFINITION] = "definition",
    };
    assert((size_t)type < sizeof names / sizeof *names);
    return names[type];
}

const char *leat_op_name(enum leat_op op)
{
    static const char *const names[] = {
        [LEAT_OP_INSERT] = "insert", [LEAT_OP_UPDATE] = "update", [LEAT_OP_DELETE] = "delete"};
    assert(op >= LEAT_OP_INSERT && op <= LEAT_OP_DELETE);
    return names[op];
}

const char *leat_statement_kind_name(enum leat_statement_kind kind)
{
    static const char *const names[] = {
        [LEAT_STATEMENT_OTHER] = "other",
        [LEAT_STATEMENT_CREATE_TABLE] = "create_table",
        [LEAT_STATEMENT_ALTER_TABLE] = "alter_table",
        [LEAT_STATEMENT_DROP_TABLE] = "drop_table",
        [LEAT_STATEMENT_RENAME_TABLE] = "rename_table",
        [LEAT_STATEMENT_TRUNCATE_TABLE] = "truncate_table",
        [LEAT_STATEMENT_CREATE_INDEX] = "create_index",
        [LEAT_STATEMENT_DROP_INDEX] = "drop_index",
        [LEAT_STATEMENT_CREATE_DATABASE] = "create_database",
        [LEAT_STATEMENT_ALTER_DATABASE] = "alter_database",
        [LEAT_STATEMENT_DROP_DATABASE] = "drop_database",
        [LEAT_STATEMENT_ACCOUNT] = "account",
        [LEAT_STATEMENT_ROUTINE] = "routine",
        [LEAT_STATEMENT_DML] = "dml",
    };
    bool known = (size_t)kind < sizeof names / sizeof *names;
    return names[known ? kind : LEAT_STATEMENT_OTHER];
}
