/* The branch that an XA statement names: XA START|END|PREPARE|COMMIT|ROLLBACK gtrid [, bqual [, format id]], and a word of its own
 * behind. The server writes these into its binlog itself, with both parts in hex. Strict: what isn't wholly understood isn't a name,
 * for rows under a wrong name would come out at a wrong time. Pure.
 *
 * Facts: "XA Transaction SQL Statements" in MySQL's reference manual; XID::serialize in sql/xa.h of both servers. */
#include "schema/ddl.h"

#include "lexer_int.h"

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

static bool take_hex(uint8_t *part, size_t *size, const char *digits, size_t count)
{
    *size = count / 2;
    if (count % 2 || *size > LEAT_XA_PART_MAX)
        return false;
    for (size_t i = 0; i < *size; i++) {
        int high = hex_digit(digits[2 * i]), low = hex_digit(digits[2 * i + 1]);
        if (high < 0 || low < 0)
            return false;
        part[i] = (uint8_t)(high << 4 | low);
    }
    return true;
}

/* What a backslash makes of the byte behind it ("String Literals" in the manual). */
static char unescape(char c)
{
    switch (c) {
    case '0':
        return '\0';
    case 'b':
        return '\b';
    case 'n':
        return '\n';
    case 'r':
        return '\r';
    case 't':
        return '\t';
    case 'Z':
        return 26;
    default:
        return c;
    }
}

static bool take_string(uint8_t *part, size_t *size, const struct leat_lexer *lexer)
{
    *size = 0;
    for (size_t i = 0; i < lexer->size; i++) {
        char c = lexer->bytes[i];
        if (*size == LEAT_XA_PART_MAX)
            return false;
        if (c == '\\' && !lexer->no_backslash) {
            if (++i == lexer->size)
                return false;
            c = unescape(lexer->bytes[i]);
        } else if (c == lexer->quote) {
            i++; /* it is there twice */
        }
        part[(*size)++] = (uint8_t)c;
    }
    return true;
}

/* A string that isn't closed ends with the statement: then it isn't one. */
static bool is_closed(const struct leat_lexer *lexer)
{
    return lexer->bytes + lexer->size < lexer->end;
}

static bool take_part(uint8_t part[LEAT_XA_PART_MAX], size_t *size, struct leat_lexer *lexer)
{
    bool fine = false;
    if (lexer->token == LEAT_TOKEN_STRING) {
        fine = is_closed(lexer) && take_string(part, size, lexer);
    } else if (leat_lexer_is(lexer, "X") && lexer->at < lexer->end && *lexer->at == '\'') {
        leat_lexer_next(lexer);
        fine = is_closed(lexer) && take_hex(part, size, lexer->bytes, lexer->size);
    } else if (lexer->token == LEAT_TOKEN_WORD && lexer->size > 2 && lexer->bytes[0] == '0' && lexer->bytes[1] == 'x') {
        fine = take_hex(part, size, lexer->bytes + 2, lexer->size - 2);
    }
    leat_lexer_next(lexer);
    return fine;
}

/* The server keeps a long and logs 32 bits of it with the PREPARE: these are what names are compared by. */
static bool take_format(uint32_t *format_id, struct leat_lexer *lexer)
{
    enum { DIGITS_MAX = 20 };
    bool negative = leat_lexer_take(lexer, "-");
    uint64_t number = 0;
    if (lexer->token != LEAT_TOKEN_WORD || lexer->size == 0 || lexer->size > DIGITS_MAX)
        return false;
    for (size_t i = 0; i < lexer->size; i++) {
        if (lexer->bytes[i] < '0' || lexer->bytes[i] > '9')
            return false;
        number = number * 10 + (uint64_t)(lexer->bytes[i] - '0');
    }
    *format_id = (uint32_t)(negative ? 0 - number : number);
    leat_lexer_next(lexer);
    return true;
}

bool leat_ddl_xa(struct leat_xa *xa, bool *one_phase, const char *sql, size_t size, uint64_t sql_mode)
{
    struct leat_lexer lexer;
    leat_lexer_begin(&lexer, sql, size, sql_mode & ~(uint64_t)LEAT_SQL_MODE_ANSI_QUOTES);
    *xa = (struct leat_xa){.format_id = 1};
    if (!leat_lexer_take(&lexer, "XA") || lexer.token != LEAT_TOKEN_WORD)
        return false;
    leat_lexer_next(&lexer); /* which statement: leat_ddl_control has said it */
    if (!take_part(xa->gtrid, &xa->gtrid_size, &lexer))
        return false;
    if (leat_lexer_take(&lexer, ",")) {
        if (!take_part(xa->bqual, &xa->bqual_size, &lexer))
            return false;
        if (leat_lexer_take(&lexer, ",") && !take_format(&xa->format_id, &lexer))
            return false;
    }
    *one_phase = leat_lexer_take(&lexer, "ONE");
    if (*one_phase && !leat_lexer_take(&lexer, "PHASE"))
        return false;
    leat_lexer_take(&lexer, ";");
    return lexer.token == LEAT_TOKEN_END;
}
