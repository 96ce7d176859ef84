/* See count_int.h. What a rollback voids is not counted, so a transaction's changes count at its end. */
#include "count_int.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/json.h"

struct counts {
    uint64_t rows[4]; /* by enum leat_op */
    uint64_t ddl, statements, transactions, bytes;
    uint64_t first_us, last_us;
};

struct counted {
    char *database, *table;
    uint64_t id; /* of the definition seen last */
    bool passes;
    uint64_t transaction; /* the last one in which it was counted */
    struct counts counts;
};

/* A run of one kind within the open transaction. */
struct part {
    struct counted *table; /* NULL: of no table */
    uint64_t number, last, bytes;
    uint8_t op; /* 0: DDL */
    bool dml;
};

struct count {
    const struct leat_filter *filter;
    bool json;
    struct counted **tables;
    size_t table_count;
    struct counted *last;
    struct counts total;
    uint64_t time_us;
    struct part *parts;
    size_t part_count, part_room;
};

struct count *count_new(const struct leat_filter *filter, bool json)
{
    struct count *count = leat_alloc_zero(1, sizeof *count);
    count->filter = filter;
    count->json = json;
    return count;
}

void count_free(struct count **count)
{
    if (!*count)
        return;
    for (size_t i = 0; i < (*count)->table_count; i++) {
        free((*count)->tables[i]->database);
        free((*count)->tables[i]->table);
        free((*count)->tables[i]);
    }
    free((*count)->tables);
    free((*count)->parts);
    free(*count);
    *count = NULL;
}

/* ---- Counting ---- */

static struct counted *find(struct count *count, const char *database, const char *table)
{
    for (size_t i = 0; i < count->table_count; i++)
        if (!strcmp(count->tables[i]->table, table) && !strcmp(count->tables[i]->database, database))
            return count->tables[i];
    struct counted *made = leat_alloc_zero(1, sizeof *made);
    made->database = leat_strdup(database);
    made->table = leat_strdup(table);
    made->passes = !count->filter || leat_filter_table(count->filter, database, table);
    count->tables = leat_realloc(count->tables, (count->table_count + 1) * sizeof *count->tables);
    count->tables[count->table_count++] = made;
    return made;
}

static struct counted *find_definition(struct count *count, struct leat_table *definition)
{
    const struct leat_table_view *view = leat_table_view(definition);
    if (!count->last || count->last->id != view->id) {
        count->last = find(count, view->database.bytes, view->name.bytes);
        count->last->id = view->id;
    }
    return count->last;
}

static void add_part(struct count *count, struct part part)
{
    struct part *before = count->part_count ? &count->parts[count->part_count - 1] : NULL;
    if (before && before->table == part.table && before->op == part.op && part.op && before->last + 1 == part.number) {
        before->last = part.last;
        before->bytes += part.bytes;
        return;
    }
    if (count->part_count == count->part_room) {
        count->part_room = count->part_room ? 2 * count->part_room : 64;
        count->parts = leat_realloc(count->parts, count->part_room * sizeof *count->parts);
    }
    count->parts[count->part_count++] = part;
}

/* Rollbacks come between statements: a part is void, or it isn't, but for runs of several statements. */
static void take_back(struct count *count, uint64_t keeps)
{
    while (count->part_count && count->parts[count->part_count - 1].number > keeps)
        count->part_count--;
    struct part *part = count->part_count ? &count->parts[count->part_count - 1] : NULL;
    if (part && part->last > keeps)
        part->last = keeps;
}

static void add_to(struct counts *counts, const struct part *part, uint64_t time_us)
{
    if (part->op)
        counts->rows[part->op] += part->last - part->number + 1;
    else if (part->dml)
        counts->statements++;
    else
        counts->ddl++;
    counts->bytes += part->bytes;
    if (!counts->first_us || time_us < counts->first_us)
        counts->first_us = time_us;
    if (time_us > counts->last_us)
        counts->last_us = time_us;
}

static void end_transaction(struct count *count)
{
    if (!count->part_count)
        return;
    count->total.transactions++;
    for (size_t i = 0; i < count->part_count; i++) {
        const struct part *part = &count->parts[i];
        add_to(&count->total, part, count->time_us);
        if (!part->table)
            continue;
        add_to(&part->table->counts, part, count->time_us);
        part->table->counts.transactions += part->table->transaction != count->total.transactions;
        part->table->transaction = count->total.transactions;
    }
    count->part_count = 0;
}

static void count_statement(struct count *count, const struct leat_statement *statement)
{
    if (count->filter && !leat_filter_statement(count->filter, statement))
        return;
    struct counted *table = statement->table.size ? find(count, statement->table_database.bytes, statement->table.bytes) : NULL;
    add_part(count, (struct part){.table = table,
                                  .number = statement->number,
                                  .last = statement->number,
                                  .bytes = statement->sql_size,
                                  .dml = statement->kind == LEAT_STATEMENT_DML});
}

static void count_rows(struct count *count, const struct leat_rows *rows)
{
    struct counted *table = find_definition(count, rows->table);
    if (table->passes && rows->row_count)
        add_part(count, (struct part){table, rows->number, rows->number + rows->row_count - 1, rows->images_size, (uint8_t)rows->op, false});
}

void count_item(struct count *count, const struct leat_item *item)
{
    switch (item->type) {
    case LEAT_ITEM_BEGIN:
        count->time_us = item->begin.immediate_commit_us ? item->begin.immediate_commit_us : (uint64_t)item->begin.header_time * 1000000;
        count->part_count = 0;
        break;
    case LEAT_ITEM_ROWS:
        count_rows(count, &item->rows);
        break;
    case LEAT_ITEM_STATEMENT:
        count_statement(count, &item->statement);
        break;
    case LEAT_ITEM_SAVEPOINT:
        if (item->savepoint.rollback)
            take_back(count, item->savepoint.keeps);
        break;
    case LEAT_ITEM_END:
        if (item->end.how == LEAT_END_ROLLBACK)
            take_back(count, 0);
        end_transaction(count);
        break;
    default:
        break;
    }
}

/* ---- Writing ---- */

void cli_put_number(struct leat_buf *buf, uint64_t number)
{
    char digits[24];
    int size = snprintf(digits, sizeof digits, "%llu", (unsigned long long)number);
    for (int i = 0; i < size; i++) {
        if (i && (size - i) % 3 == 0)
            leat_buf_u8(buf, ',');
        leat_buf_u8(buf, (uint8_t)digits[i]);
    }
}

static int compare(const void *a, const void *b)
{
    const struct counted *first = *(struct counted *const *)a, *second = *(struct counted *const *)b;
    int order = strcmp(first->database, second->database);
    return order ? order : strcmp(first->table, second->table);
}

static bool is_empty(const struct counts *counts)
{
    return !counts->transactions;
}

static void put_json(struct leat_buf *out, const struct counts *counts)
{
    char time[LEAT_TIME_TEXT_MAX];
    leat_buf_printf(out, "\"insert\":%llu,\"update\":%llu,\"delete\":%llu,\"ddl\":%llu,\"statements\":%llu,\"transactions\":%llu,\"bytes\":%llu",
                    (unsigned long long)counts->rows[LEAT_OP_INSERT], (unsigned long long)counts->rows[LEAT_OP_UPDATE],
                    (unsigned long long)counts->rows[LEAT_OP_DELETE], (unsigned long long)counts->ddl,
                    (unsigned long long)counts->statements, (unsigned long long)counts->transactions,
                    (unsigned long long)counts->bytes);
    if (is_empty(counts))
        return;
    leat_buf_printf(out, ",\"first\":\"%s\"", leat_time_text(time, counts->first_us));
    leat_buf_printf(out, ",\"last\":\"%s\"", leat_time_text(time, counts->last_us));
}

enum { COLUMNS = 9 };

static void put_cells(struct leat_buf cells[COLUMNS], const char *name, const struct counts *counts)
{
    const uint64_t numbers[] = {counts->rows[LEAT_OP_INSERT], counts->rows[LEAT_OP_UPDATE], counts->rows[LEAT_OP_DELETE],
                                counts->ddl + counts->statements, counts->transactions, counts->bytes};
    char time[LEAT_TIME_TEXT_MAX];
    leat_buf_puts(&cells[0], name);
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
        cli_put_number(&cells[1 + i], numbers[i]);
    if (is_empty(counts))
        return;
    enum { TO_SECONDS = 19 };
    leat_time_text(time, counts->first_us)[TO_SECONDS] = 0;
    leat_buf_printf(&cells[7], "%sZ", time);
    leat_time_text(time, counts->last_us)[TO_SECONDS] = 0;
    leat_buf_printf(&cells[8], "%sZ", time);
}

/* Names to the left, numbers to the right. */
static void put_table(struct leat_buf *out, struct leat_buf (*cells)[COLUMNS], size_t lines)
{
    size_t widths[COLUMNS] = {0};
    for (size_t i = 0; i < lines; i++)
        for (size_t k = 0; k < COLUMNS; k++)
            if (cells[i][k].size > widths[k])
                widths[k] = cells[i][k].size;
    for (size_t i = 0; i < lines; i++) {
        for (size_t k = 0; k < COLUMNS; k++) {
            bool left = k == 0 || k >= 7;
            const char *text = leat_buf_cstr(&cells[i][k]);
            leat_buf_printf(out, left ? "%s%-*s" : "%s%*s", k ? "  " : "", (int)widths[k], text);
            leat_buf_free(&cells[i][k]);
        }
        while (out->size && out->data[out->size - 1] == ' ')
            out->size--;
        leat_buf_u8(out, '\n');
    }
}

static void write_text(const struct count *count, struct leat_buf *out)
{
    static const char *const heads[COLUMNS] = {"TABLE", "INSERT", "UPDATE", "DELETE", "DDL", "TRANSACTIONS", "BYTES", "FIRST", "LAST"};
    struct leat_buf(*cells)[COLUMNS] = leat_alloc_zero(count->table_count + 2, sizeof *cells);
    size_t lines = 1;
    for (size_t k = 0; k < COLUMNS; k++)
        leat_buf_puts(&cells[0][k], heads[k]);
    for (size_t i = 0; i < count->table_count; i++) {
        const struct counted *table = count->tables[i];
        if (is_empty(&table->counts))
            continue;
        struct leat_buf name = {0};
        leat_buf_printf(&name, "%s.%s", table->database, table->table);
        put_cells(cells[lines++], leat_buf_cstr(&name), &table->counts);
        leat_buf_free(&name);
    }
    put_cells(cells[lines++], "total", &count->total);
    put_table(out, cells, lines);
    free(cells);
}

static void write_json(const struct count *count, struct leat_buf *out)
{
    bool any = false;
    leat_buf_puts(out, "{\"tables\":[");
    for (size_t i = 0; i < count->table_count; i++) {
        const struct counted *table = count->tables[i];
        if (is_empty(&table->counts))
            continue;
        leat_buf_puts(out, any ? ",{\"db\":" : "{\"db\":");
        leat_json_cstr(out, table->database);
        leat_buf_puts(out, ",\"table\":");
        leat_json_cstr(out, table->table);
        leat_buf_u8(out, ',');
        put_json(out, &table->counts);
        leat_buf_u8(out, '}');
        any = true;
    }
    leat_buf_puts(out, "],\"total\":{");
    put_json(out, &count->total);
    leat_buf_puts(out, "}}\n");
}

void count_write(const struct count *count, struct leat_buf *out)
{
    if (count->table_count)
        qsort(count->tables, count->table_count, sizeof *count->tables, compare);
    if (count->json)
        write_json(count, out);
    else
        write_text(count, out);
}
