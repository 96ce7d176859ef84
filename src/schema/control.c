/* Transaction control in Query events. The server writes most of these words itself ("BEGIN", "COMMIT",
 * "ROLLBACK TO `name`", "XA START X'61',X'',1"); those of SAVEPOINT are the user's. Pure. */
#include "schema/ddl.h"

#include "lexer_int.h"

/* Whether nothing but an end follows: BEGIN NOT ATOMIC is a block of statements. */
static bool is_over(struct leat_lexer *lexer)
{
    leat_lexer_take(lexer, "WORK");
    leat_lexer_take(lexer, "TRANSACTION");
    leat_lexer_take(lexer, ";");
    return lexer->token == LEAT_TOKEN_END;
}

static enum leat_control xa_control(struct leat_lexer *lexer)
{
    if (leat_lexer_is(lexer, "START") || leat_lexer_is(lexer, "BEGIN"))
        return LEAT_CONTROL_XA_START;
    if (leat_lexer_is(lexer, "END"))
        return LEAT_CONTROL_XA_END;
    if (leat_lexer_is(lexer, "PREPARE"))
        return LEAT_CONTROL_XA_PREPARE;
    if (leat_lexer_is(lexer, "COMMIT"))
        return LEAT_CONTROL_XA_COMMIT;
    return leat_lexer_is(lexer, "ROLLBACK") ? LEAT_CONTROL_XA_ROLLBACK : LEAT_CONTROL_NONE;
}

static enum leat_control rollback_control(struct leat_lexer *lexer)
{
    struct leat_lexer behind = *lexer;
    leat_lexer_take(&behind, "WORK");
    return leat_lexer_is(&behind, "TO") ? LEAT_CONTROL_ROLLBACK_TO : LEAT_CONTROL_ROLLBACK;
}

enum leat_control leat_ddl_control(const char *sql, size_t size)
{
    if (size == 5 && memcmp(sql, "BEGIN", 5) == 0) /* nearly always */
        return LEAT_CONTROL_BEGIN;
    struct leat_lexer lexer;
    leat_lexer_begin(&lexer, sql, size, 0);
    if (leat_lexer_take(&lexer, "BEGIN") || leat_lexer_take(&lexer, "START"))
        return is_over(&lexer) ? LEAT_CONTROL_BEGIN : LEAT_CONTROL_NONE;
    if (leat_lexer_take(&lexer, "COMMIT"))
        return LEAT_CONTROL_COMMIT;
    if (leat_lexer_take(&lexer, "ROLLBACK"))
        return rollback_control(&lexer);
    if (leat_lexer_is(&lexer, "SAVEPOINT"))
        return LEAT_CONTROL_SAVEPOINT;
    return leat_lexer_take(&lexer, "XA") ? xa_control(&lexer) : LEAT_CONTROL_NONE;
}

bool leat_ddl_savepoint(char name[LEAT_NAME_BYTES_MAX + 1], const char *sql, size_t size, uint64_t sql_mode)
{
    struct leat_lexer lexer;
    leat_lexer_begin(&lexer, sql, size, sql_mode);
    if (leat_lexer_take(&lexer, "ROLLBACK")) {
        leat_lexer_take(&lexer, "WORK");
        leat_lexer_take(&lexer, "TO");
    }
    leat_lexer_take(&lexer, "SAVEPOINT");
    bool named = lexer.token == LEAT_TOKEN_WORD || lexer.token == LEAT_TOKEN_NAME;
    if (!named || !lexer.size || lexer.size > LEAT_NAME_BYTES_MAX)
        return false;
    for (size_t i = 0; i < lexer.size; i++)
        name[i] = lexer.bytes[i] >= 'A' && lexer.bytes[i] <= 'Z' ? (char)(lexer.bytes[i] | 0x20) : lexer.bytes[i];
    name[lexer.size] = 0;
    return true;
}
