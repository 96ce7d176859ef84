/* What event types are called, for messages. The names are MySQL's, without _EVENT and _LOG. */
#include "binlog/event.h"

#include <stdio.h>

#define TEN(n)                                                                                          \
    "unknown type " #n "0", "unknown type " #n "1", "unknown type " #n "2", "unknown type " #n "3",     \
        "unknown type " #n "4", "unknown type " #n "5", "unknown type " #n "6", "unknown type " #n "7", \
        "unknown type " #n "8", "unknown type " #n "9"

/* The wire's type is one byte, so that a table of all of them needs no memory to be written to. */
static const char *const unknown[260] = {
    "unknown type 0", "unknown type 1", "unknown type 2", "unknown type 3", "unknown type 4",
    "unknown type 5", "unknown type 6", "unknown type 7", "unknown type 8", "unknown type 9",
    TEN(1),           TEN(2),           TEN(3),           TEN(4),           TEN(5),
    TEN(6),           TEN(7),           TEN(8),           TEN(9),           TEN(10),
    TEN(11),          TEN(12),          TEN(13),          TEN(14),          TEN(15),
    TEN(16),          TEN(17),          TEN(18),          TEN(19),          TEN(20),
    TEN(21),          TEN(22),          TEN(23),          TEN(24),          TEN(25),
};

static const char *const names[256] = {
    [LEAT_EVENT_START_V3] = "START_V3",
    [LEAT_EVENT_QUERY] = "QUERY",
    [LEAT_EVENT_STOP] = "STOP",
    [LEAT_EVENT_ROTATE] = "ROTATE",
    [LEAT_EVENT_INTVAR] = "INTVAR",
    [LEAT_EVENT_LOAD] = "LOAD",
    [LEAT_EVENT_SLAVE] = "SLAVE",
    [LEAT_EVENT_CREATE_FILE] = "CREATE_FILE",
    [LEAT_EVENT_APPEND_BLOCK] = "APPEND_BLOCK",
    [LEAT_EVENT_EXEC_LOAD] = "EXEC_LOAD",
    [LEAT_EVENT_DELETE_FILE] = "DELETE_FILE",
    [LEAT_EVENT_NEW_LOAD] = "NEW_LOAD",
    [LEAT_EVENT_RAND] = "RAND",
    [LEAT_EVENT_USER_VAR] = "USER_VAR",
    [LEAT_EVENT_FORMAT_DESCRIPTION] = "FORMAT_DESCRIPTION",
    [LEAT_EVENT_XID] = "XID",
    [LEAT_EVENT_BEGIN_LOAD_QUERY] = "BEGIN_LOAD_QUERY",
    [LEAT_EVENT_EXECUTE_LOAD_QUERY] = "EXECUTE_LOAD_QUERY",
    [LEAT_EVENT_TABLE_MAP] = "TABLE_MAP",
    [LEAT_EVENT_PRE_GA_WRITE_ROWS] = "PRE_GA_WRITE_ROWS",
    [LEAT_EVENT_PRE_GA_UPDATE_ROWS] = "PRE_GA_UPDATE_ROWS",
    [LEAT_EVENT_PRE_GA_DELETE_ROWS] = "PRE_GA_DELETE_ROWS",
    [LEAT_EVENT_WRITE_ROWS_V1] = "WRITE_ROWS_V1",
    [LEAT_EVENT_UPDATE_ROWS_V1] = "UPDATE_ROWS_V1",
    [LEAT_EVENT_DELETE_ROWS_V1] = "DELETE_ROWS_V1",
    [LEAT_EVENT_INCIDENT] = "INCIDENT",
    [LEAT_EVENT_HEARTBEAT] = "HEARTBEAT",
    [LEAT_EVENT_IGNORABLE] = "IGNORABLE",
    [LEAT_EVENT_ROWS_QUERY] = "ROWS_QUERY",
    [LEAT_EVENT_WRITE_ROWS] = "WRITE_ROWS",
    [LEAT_EVENT_UPDATE_ROWS] = "UPDATE_ROWS",
    [LEAT_EVENT_DELETE_ROWS] = "DELETE_ROWS",
    [LEAT_EVENT_GTID] = "GTID",
    [LEAT_EVENT_ANONYMOUS_GTID] = "ANONYMOUS_GTID",
    [LEAT_EVENT_PREVIOUS_GTIDS] = "PREVIOUS_GTIDS",
    [LEAT_EVENT_TRANSACTION_CONTEXT] = "TRANSACTION_CONTEXT",
    [LEAT_EVENT_VIEW_CHANGE] = "VIEW_CHANGE",
    [LEAT_EVENT_XA_PREPARE] = "XA_PREPARE",
    [LEAT_EVENT_PARTIAL_UPDATE_ROWS] = "PARTIAL_UPDATE_ROWS",
    [LEAT_EVENT_TRANSACTION_PAYLOAD] = "TRANSACTION_PAYLOAD",
    [LEAT_EVENT_HEARTBEAT_V2] = "HEARTBEAT_V2",
    [LEAT_EVENT_GTID_TAGGED] = "GTID_TAGGED",
    [LEAT_EVENT_MARIADB_ANNOTATE] = "ANNOTATE_ROWS",
    [LEAT_EVENT_MARIADB_CHECKPOINT] = "BINLOG_CHECKPOINT",
    [LEAT_EVENT_MARIADB_GTID] = "GTID (MariaDB)",
    [LEAT_EVENT_MARIADB_GTID_LIST] = "GTID_LIST",
    [LEAT_EVENT_MARIADB_START_ENCRYPTION] = "START_ENCRYPTION",
    [LEAT_EVENT_MARIADB_QUERY_COMPRESSED] = "QUERY_COMPRESSED",
    [LEAT_EVENT_MARIADB_WRITE_ROWS_COMPRESSED_V1] = "WRITE_ROWS_COMPRESSED_V1",
    [LEAT_EVENT_MARIADB_UPDATE_ROWS_COMPRESSED_V1] = "UPDATE_ROWS_COMPRESSED_V1",
    [LEAT_EVENT_MARIADB_DELETE_ROWS_COMPRESSED_V1] = "DELETE_ROWS_COMPRESSED_V1",
    [LEAT_EVENT_MARIADB_WRITE_ROWS_COMPRESSED] = "WRITE_ROWS_COMPRESSED",
    [LEAT_EVENT_MARIADB_UPDATE_ROWS_COMPRESSED] = "UPDATE_ROWS_COMPRESSED",
    [LEAT_EVENT_MARIADB_DELETE_ROWS_COMPRESSED] = "DELETE_ROWS_COMPRESSED",
    [LEAT_EVENT_MARIADB_PARTIAL_ROW_DATA] = "PARTIAL_ROW_DATA",
};

const char *leat_event_type_name(unsigned type)
{
    if (type > 255)
        return "unknown type above 255";
    return names[type] ? names[type] : unknown[type];
}

void leat_event_describe(char *text, size_t size, const struct leat_event *event, const char *file,
                         uint64_t pos)
{
    snprintf(text, size, "%s at %s:%llu", leat_event_type_name(event->type), file ? file : "?",
             (unsigned long long)pos);
}
