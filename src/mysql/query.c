/* Statements and their results. Results are small and are copied whole, so that no statement ever leaves the
 * connection with unread rows. */
#include "mysql_int.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>

#include "base/alloc.h"
#include "base/clock.h"

static struct leat_result *copy_result(MYSQL_RES *from)
{
    struct leat_result *result = leat_alloc_zero(1, sizeof *result);
    size_t columns = mysql_num_fields(from), rows = mysql_num_rows(from);
    result->column_count = columns;
    result->row_count = rows;
    result->columns = leat_alloc_zero(columns + 1, sizeof *result->columns);
    result->cells = leat_alloc_zero(rows * columns + 1, sizeof *result->cells);
    MYSQL_FIELD *fields = mysql_fetch_fields(from);
    for (size_t i = 0; i < columns; i++)
        result->columns[i] = leat_strdup(fields[i].name);
    for (size_t row = 0; row < rows; row++) {
        MYSQL_ROW cells = mysql_fetch_row(from);
        unsigned long *sizes = mysql_fetch_lengths(from);
        for (size_t i = 0; cells && i < columns; i++)
            if (cells[i])
                result->cells[row * columns + i] = leat_strndup(cells[i], sizes[i]);
    }
    return result;
}

void leat_result_free(struct leat_result **result)
{
    struct leat_result *old = *result;
    if (!old)
        return;
    for (size_t i = 0; i < old->column_count; i++)
        free(old->columns[i]);
    for (size_t i = 0; i < old->row_count * old->column_count; i++)
        free(old->cells[i]);
    free(old->columns);
    free(old->cells);
    free(old);
    *result = NULL;
}

const char *leat_result_cell(const struct leat_result *result, size_t row, const char *column)
{
    if (row >= result->row_count)
        return NULL;
    for (size_t i = 0; i < result->column_count; i++)
        if (!strcasecmp(result->columns[i], column))
            return result->cells[row * result->column_count + i];
    return NULL;
}

/* A statement may hold a secret (CREATE USER), so an error quotes no more than its first words. */
static void describe(char *text, size_t size, const char *sql)
{
    size_t length = strcspn(sql, "'\"\n");
    snprintf(text, size, "%.*s%s", length < 60 ? (int)length : 60, sql,
             sql[length] || length >= 60 ? "…" : "");
}

static int run_statement(struct leat_mysql *mysql, struct leat_result **result, const char *sql, size_t size,
               struct leat_error *err)
{
    assert(mysql->connected && !mysql->dumping);
    if (atomic_load(&mysql->interrupted))
        return LEAT_STOPPED;
    char doing[80];
    describe(doing, sizeof doing, sql);
    mysql->last_errno = 0;
    mysql_use_timeout(mysql, mysql->query_timeout_ms);
    uint64_t began_us = leat_monotonic_us(leat_clock_real());
    if (mysql_real_query(&mysql->handle, sql, (unsigned long)size))
        return mysql_fail(mysql, doing, began_us, mysql->query_timeout_ms, err);
    MYSQL_RES *rows = mysql_store_result(&mysql->handle);
    if (!rows && mysql_field_count(&mysql->handle))
        return mysql_fail(mysql, doing, began_us, mysql->query_timeout_ms, err);
    if (result && !rows)
        return leat_fail(err, LEAT_E_SERVER, LEAT_KIND_RETRY, "%s: %s: the server sent no rows",
                         mysql->server.name, doing);
    if (result)
        *result = copy_result(rows);
    mysql_free_result(rows);
    return LEAT_OK;
}

/* The deadline is that of the statement, not of the time until the next. */
static int run(struct leat_mysql *mysql, struct leat_result **result, const char *sql, size_t size,
               struct leat_error *err)
{
    int rc = run_statement(mysql, result, sql, size, err);
    mysql_use_timeout(mysql, 0);
    return rc;
}

/* The answer of one of several statements. */
static int take_answer(struct leat_mysql *mysql, uint64_t *matched)
{
    MYSQL_RES *rows = mysql_store_result(&mysql->handle);
    if (!rows && mysql_field_count(&mysql->handle))
        return LEAT_FAIL;
    *matched = rows ? 0 : mysql_affected_rows(&mysql->handle);
    mysql_free_result(rows); /* nobody asked */
    return LEAT_OK;
}

enum { MORE_RESULTS = 8 }; /* SERVER_MORE_RESULTS_EXISTS of the protocol, which each library spells its own way */

/* A BINLOG statement with rows forgets, within the server, that others follow in the packet: its answer says that it is the last, and theirs come all
 * the same (MySQL 9.7). So the count tells. */
static int run_batch(struct leat_mysql *mysql, const void *sql, size_t size, uint64_t *matched, size_t count, size_t *done)
{
    int rc = mysql_real_query(&mysql->handle, sql, (unsigned long)size);
    while (rc == 0) {
        uint64_t rows = 0;
        if (take_answer(mysql, &rows))
            return LEAT_FAIL;
        if (*done < count)
            matched[*done] = rows;
        ++*done;
        if (*done < count)
            mysql->handle.server_status |= MORE_RESULTS;
        rc = mysql_more_results(&mysql->handle) ? mysql_next_result(&mysql->handle) : -1;
    }
    return rc > 0 ? LEAT_FAIL : LEAT_OK;
}

int leat_mysql_run(struct leat_mysql *mysql, const void *sql, size_t size, uint64_t *matched, size_t count, size_t *done,
                   unsigned timeout_ms, struct leat_error *err)
{
    assert(mysql->connected && !mysql->dumping);
    *done = 0;
    if (atomic_load(&mysql->interrupted))
        return LEAT_STOPPED;
    mysql->last_errno = 0;
    uint64_t began_us = leat_monotonic_us(leat_clock_real());
    mysql_use_timeout(mysql, timeout_ms);
    int rc = run_batch(mysql, sql, size, matched, count, done);
    if (rc)
        rc = mysql_fail(mysql, "applying", began_us, timeout_ms, err);
    mysql_use_timeout(mysql, 0);
    return rc;
}

int leat_mysql_query(struct leat_mysql *mysql, struct leat_result **result, struct leat_error *err,
                     const char *format, ...)
{
    if (result)
        *result = NULL;
    va_list arguments, again;
    va_start(arguments, format);
    va_copy(again, arguments);
    int size = vsnprintf(NULL, 0, format, arguments);
    va_end(arguments);
    assert(size >= 0);
    char *sql = leat_alloc((size_t)size + 1);
    vsnprintf(sql, (size_t)size + 1, format, again);
    va_end(again);
    int rc = run(mysql, result, sql, (size_t)size, err);
    free(sql);
    return rc;
}

int leat_mysql_value(struct leat_mysql *mysql, char *value, size_t size, const char *sql,
                     struct leat_error *err)
{
    struct leat_result *result = NULL;
    int rc = run(mysql, &result, sql, strlen(sql), err);
    if (rc)
        return rc;
    const char *cell = result->row_count && result->column_count ? result->cells[0] : NULL;
    if (!cell)
        rc = LEAT_END;
    else if (strlen(cell) >= size)
        rc = leat_fail(err, LEAT_E_SERVER, LEAT_KIND_RETRY,
                       "%s: %s: %zu bytes where at most %zu were expected", mysql->server.name, sql,
                       strlen(cell), size - 1);
    else
        memcpy(value, cell, strlen(cell) + 1);
    leat_result_free(&result);
    return rc;
}

void leat_mysql_quote(struct leat_buf *buf, const char *text, size_t size)
{
    /* Valid under any sql_mode: with NO_BACKSLASH_ESCAPES a backslash is itself, else it escapes, so a text
     * with one is given by its bytes. Quotes are doubled, which is understood either way. */
    if (size && (memchr(text, '\\', size) || memchr(text, '\0', size))) {
        leat_buf_puts(buf, "_utf8mb4 X'");
        for (size_t i = 0; i < size; i++)
            leat_buf_printf(buf, "%02X", (unsigned)(uint8_t)text[i]);
        leat_buf_u8(buf, '\'');
        return;
    }
    leat_buf_u8(buf, '\'');
    for (size_t i = 0; i < size; i++) {
        if (text[i] == '\'')
            leat_buf_u8(buf, '\'');
        leat_buf_u8(buf, (uint8_t)text[i]);
    }
    leat_buf_u8(buf, '\'');
}
