/* What a statement is, and of which table it speaks: a tokenizer that goes through comments (conditional ones too),
 * quoting and sql_mode's ANSI_QUOTES. Pure; any thread. It names kinds; it doesn't parse definitions. */
#ifndef LEAT_SCHEMA_DDL_H
#define LEAT_SCHEMA_DDL_H

#include "model/item.h"
#include "model/xa.h"

struct leat_ddl {
    enum leat_statement_kind kind;
    bool temporary; /* CREATE/DROP TEMPORARY TABLE */
    bool rows;      /* it changes rows that nothing else in the binlog tells of: DML, or CREATE TABLE … SELECT */
    /* Of the first table (or the database of a database's statement); unquoted, into these buffers. Empty where it
     * can't be told (a function's call, an alias), or where a name is longer than names can be. */
    char database[LEAT_NAME_BYTES_MAX + 1];
    char table[LEAT_NAME_BYTES_MAX + 1];
    bool multiple; /* it names more tables than one (of RENAME: more than one pair) */
};

/* Never fails: what it can't read is LEAT_STATEMENT_OTHER. `database` is the session's default. */
void leat_ddl_classify(struct leat_ddl *ddl, const char *sql, size_t size, uint64_t sql_mode, const char *database,
                       size_t database_size);

/* Transaction control words in a Query event, which aren't DDL. */
enum leat_control {
    LEAT_CONTROL_NONE = 0,
    LEAT_CONTROL_BEGIN,
    LEAT_CONTROL_COMMIT,
    LEAT_CONTROL_ROLLBACK,
    LEAT_CONTROL_SAVEPOINT,
    LEAT_CONTROL_ROLLBACK_TO,
    LEAT_CONTROL_XA_START,
    LEAT_CONTROL_XA_END,
    LEAT_CONTROL_XA_PREPARE,
    LEAT_CONTROL_XA_COMMIT,
    LEAT_CONTROL_XA_ROLLBACK
};
enum leat_control leat_ddl_control(const char *sql, size_t size);

/* The name in SAVEPOINT name or ROLLBACK [WORK] TO [SAVEPOINT] name, unquoted, A-Z in lower case (the server compares names
 * so); false if there is none. */
bool leat_ddl_savepoint(char name[LEAT_NAME_BYTES_MAX + 1], const char *sql, size_t size, uint64_t sql_mode);

/* The branch that an XA statement names; false: its text isn't understood. *one_phase: it is a COMMIT that says so. */
bool leat_ddl_xa(struct leat_xa *xa, bool *one_phase, const char *sql, size_t size, uint64_t sql_mode);

#endif
