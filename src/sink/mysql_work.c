/* Pieces of statements and units of work: memory, and nothing else. */
#include "mysql_work_int.h"

#include <stdlib.h>

#include "base/alloc.h"

void leat_mysql_piece_add(struct mysql_piece *piece, enum mysql_statement_kind kind, size_t from, uint64_t number, const char *table)
{
    if (piece->count == piece->capacity) {
        piece->capacity = piece->capacity ? piece->capacity * 2 : 4;
        piece->statements = leat_realloc(piece->statements, piece->capacity * sizeof *piece->statements);
    }
    piece->statements[piece->count++] = (struct mysql_statement){kind, from, piece->sql.size - from, number, table, 0};
    piece->counted = piece->counted || kind == MYSQL_STATEMENT_ROW;
    leat_buf_u8(&piece->sql, ';');
}

void leat_mysql_piece_clear(struct mysql_piece *piece)
{
    leat_buf_clear(&piece->sql);
    piece->count = 0;
    piece->counted = false;
}

void leat_mysql_piece_free(struct mysql_piece *piece)
{
    leat_buf_free(&piece->sql);
    free(piece->statements);
    *piece = (struct mysql_piece){0};
}

struct mysql_unit *leat_mysql_unit_new(void)
{
    return leat_alloc_zero(1, sizeof(struct mysql_unit));
}

void leat_mysql_unit_free(struct mysql_unit **out)
{
    struct mysql_unit *unit = *out;
    if (!unit)
        return;
    for (size_t i = 0; i < unit->count; i++) {
        if (unit->pieces[i])
            leat_mysql_piece_free(unit->pieces[i]);
        free(unit->pieces[i]);
    }
    free(unit->pieces);
    leat_buf_free(&unit->begin);
    leat_buf_free(&unit->finish);
    leat_mysql_piece_free(&unit->after);
    free(unit);
    *out = NULL;
}

void leat_mysql_unit_add(struct mysql_unit *unit, struct mysql_piece *piece)
{
    if (unit->count == unit->capacity) {
        unit->capacity = unit->capacity ? unit->capacity * 2 : 2;
        unit->pieces = leat_realloc(unit->pieces, unit->capacity * sizeof *unit->pieces);
    }
    unit->pieces[unit->count++] = piece;
    unit->bytes += piece->sql.size;
}
