/* The target's definitions: read before a table's first row and again after DDL, and compared with the source's. Runner's thread, on the
 * control connection. */
#include "mysql_sink_int.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/alloc.h"
#include "base/checksum.h"
#include "base/log.h"

enum { BUCKETS_MIN = 64, NO_SUCH_DATABASE = 1049, NO_SUCH_TABLE = 1146 };

/* ---- Names ---- */

void leat_mysql_put_name(struct leat_buf *sql, const char *name)
{
    leat_buf_u8(sql, '`');
    for (; *name; name++) {
        if (*name == '`')
            leat_buf_u8(sql, '`');
        leat_buf_u8(sql, (uint8_t)*name);
    }
    leat_buf_u8(sql, '`');
}

bool leat_mysql_rename(const struct leat_sink_config *config, const char *database, const char *name, char **to_database, char **to_name)
{
    const char *whole = NULL, *one = NULL;
    size_t length = strlen(database);
    for (size_t i = 0; i < config->rename.count; i++) {
        const struct leat_pair *pair = &config->rename.list[i];
        if (!strcmp(pair->name, database))
            whole = pair->value;
        else if (!strncmp(pair->name, database, length) && pair->name[length] == '.' && !strcmp(pair->name + length + 1, name))
            one = pair->value;
    }
    const char *dot = one ? strchr(one, '.') : NULL;
    *to_database = dot ? leat_strndup(one, (size_t)(dot - one)) : leat_strdup(whole ? whole : database);
    *to_name = leat_strdup(dot ? dot + 1 : one ? one : name);
    return whole || one;
}

/* ---- Reading ---- */

/* The table as its server would make it; LEAT_END: it isn't there. */
static int show_create(struct leat_sink *sink, const char *database, const char *name, struct leat_buf *text, struct leat_error *err)
{
    struct leat_buf sql = {0};
    struct leat_result *result = NULL;
    struct leat_error denied = {0};
    leat_buf_puts(&sql, "SHOW CREATE TABLE ");
    leat_mysql_put_name(&sql, database);
    leat_buf_u8(&sql, '.');
    leat_mysql_put_name(&sql, name);
    int rc = leat_mysql_query(sink->control, &result, &denied, "%s", leat_buf_cstr(&sql));
    unsigned number = leat_mysql_errno(sink->control);
    if (rc == LEAT_FAIL && (number == NO_SUCH_TABLE || number == NO_SUCH_DATABASE))
        rc = LEAT_END;
    else if (rc == LEAT_FAIL)
        *err = denied;
    const char *created = rc == LEAT_OK ? leat_result_cell(result, 0, "Create Table") : NULL;
    if (rc == LEAT_OK && !created)
        rc = leat_fail(err, LEAT_E_DEFINITION, LEAT_KIND_OPERATOR, "%s: %s.%s is a view there, not a table", sink->target.name, database, name);
    if (created)
        leat_buf_puts(text, created);
    leat_result_free(&result);
    leat_buf_free(&sql);
    return rc;
}

int leat_mysql_fingerprint(struct leat_sink *sink, const char *database, const char *name, char text[MYSQL_FINGERPRINT_MAX], struct leat_error *err)
{
    struct leat_buf created = {0};
    int rc = show_create(sink, database, name, &created, err);
    if (rc == LEAT_END)
        snprintf(text, MYSQL_FINGERPRINT_MAX, "-");
    else if (rc == LEAT_OK)
        snprintf(text, MYSQL_FINGERPRINT_MAX, "%016llx", (unsigned long long)leat_hash64(created.data, created.size, 0));
    else if (err->code == LEAT_E_DEFINITION) {
        snprintf(text, MYSQL_FINGERPRINT_MAX, "view");
        rc = LEAT_OK;
    }
    leat_buf_free(&created);
    return rc == LEAT_END ? LEAT_OK : rc;
}

/* Its engine, and whether a foreign key leads to it. */
static int read_engine(struct leat_sink *sink, struct mysql_known *known, struct leat_error *err)
{
    struct leat_buf database = {0}, name = {0};
    struct leat_result *result = NULL;
    leat_mysql_quote(&database, known->database, strlen(known->database));
    leat_mysql_quote(&name, known->name, strlen(known->name));
    int rc = leat_mysql_query(sink->control, &result, err,
                              "SELECT e.TRANSACTIONS AS transactions, EXISTS (SELECT 1 FROM information_schema.REFERENTIAL_CONSTRAINTS r WHERE "
                              "r.UNIQUE_CONSTRAINT_SCHEMA = t.TABLE_SCHEMA AND r.REFERENCED_TABLE_NAME = t.TABLE_NAME) AS referenced FROM information_schema.TABLES t JOIN information_schema.ENGINES e ON e.ENGINE = "
                              "t.ENGINE WHERE t.TABLE_SCHEMA = %s AND t.TABLE_NAME = %s", leat_buf_cstr(&database), leat_buf_cstr(&name));
    const char *transactions = rc == LEAT_OK ? leat_result_cell(result, 0, "transactions") : NULL;
    const char *referenced = rc == LEAT_OK ? leat_result_cell(result, 0, "referenced") : NULL;
    known->transactional = transactions && !strcasecmp(transactions, "YES");
    known->referenced = referenced && !strcmp(referenced, "1");
    leat_result_free(&result);
    leat_buf_free(&database);
    leat_buf_free(&name);
    return rc;
}

/* ---- How its rows are written ---- */

static bool by_binlog(const struct leat_sink *sink, const struct mysql_known *known)
{
    const struct leat_sink_config *config = sink->env.config;
    if (!sink->target.may_binlog || config->rows == LEAT_ROWS_SQL || !leat_mysql_table_is_same(known->sql))
        return false;
    if (config->rows == LEAT_ROWS_BINLOG)
        return true;
    if (config->check == LEAT_CHECK_BEFORE_IMAGE || config->conflict != LEAT_CONFLICT_STOP)
        return false;
    return sink->preserve || config->check == LEAT_CHECK_KEYS || !leat_mysql_table_is_mergeable(known->sql);
}

static int choose(struct leat_sink *sink, struct mysql_known *known, struct leat_table *target, struct leat_error *err)
{
    if (leat_mysql_table_new(&known->sql, known->source, target, known->referenced, &sink->rows_options, err)) {
        (void)leat_error_prefix(err, "%s: table %s", sink->target.name, known->title);
        return err->cure[0] ? leat_cure(err, "%.900s; then `leat resume %s`", err->cure, sink->env.config->name) : LEAT_FAIL;
    }
    known->binlog = by_binlog(sink, known);
    if (sink->env.config->rows == LEAT_ROWS_BINLOG && !known->binlog) {
        (void)leat_fail(err, LEAT_E_DEFINITION, LEAT_KIND_OPERATOR, "%s: table %s isn't column for column as on the source, so its rows don't go as row events",
                        sink->target.name, known->title);
        return leat_cure(err, "make it the same with ALTER TABLE on the target, or set rows: auto; then `leat resume %s`", sink->env.config->name);
    }
    if (!known->binlog && leat_mysql_table_is_keyless(known->sql))
        leat_log(LEAT_LOG_WARN, "sink", sink->env.config->name, "%s: table %s has no key: each changed row is looked for in all of it", sink->target.name, known->title);
    return LEAT_OK;
}

static int know_table(struct leat_sink *sink, struct mysql_known *known, struct leat_error *err)
{
    struct leat_buf created = {0};
    struct leat_table *target = NULL;
    int rc = show_create(sink, known->database, known->name, &created, err);
    if (rc == LEAT_END) {
        (void)leat_fail(err, LEAT_E_DEFINITION, LEAT_KIND_OPERATOR, "%s: there is no table %s", sink->target.name, known->title);
        rc = leat_cure(err, "load it (docs/sinks/mysql.md), or create it as the source has it, then `leat resume %s`; or leave it out with exclude_tables",
                       sink->env.config->name);
    } else if (rc == LEAT_OK) {
        rc = leat_catalog_parse(&target, &sink->target.server, (const char *)created.data, created.size, 0, known->database, 0, err);
        if (rc)
            (void)leat_error_prefix(err, "%s: the definition of %s", sink->target.name, known->title);
    }
    if (rc == LEAT_OK)
        rc = read_engine(sink, known, err);
    if (rc == LEAT_OK)
        rc = choose(sink, known, target, err);
    if (rc == LEAT_OK && !known->transactional && sink->env.config->non_transactional == LEAT_NON_TRANSACTIONAL_STOP) {
        (void)leat_fail(err, LEAT_E_UNSUPPORTED, LEAT_KIND_OPERATOR, "%s: table %s is of an engine without transactions: what is applied can't be taken back after a crash",
                        sink->target.name, known->title);
        rc = leat_cure(err, "ALTER TABLE %s ENGINE = InnoDB on the target; or non_transactional: at_least_once; then `leat resume %s`", known->title, sink->env.config->name);
    }
    if (target)
        leat_table_release(&target);
    leat_buf_free(&created);
    return rc;
}

/* ---- What is known ---- */

static void free_known(struct mysql_known *known)
{
    if (known->sql)
        leat_mysql_table_free(&known->sql);
    leat_table_release(&known->source);
    free(known->database);
    free(known->name);
    free(known->title);
    free(known);
}

void leat_mysql_definitions_clear(struct mysql_definitions *definitions)
{
    for (size_t i = 0; i < definitions->bucket_count; i++)
        while (definitions->buckets[i]) {
            struct mysql_known *known = definitions->buckets[i];
            definitions->buckets[i] = known->next;
            free_known(known);
        }
    free(definitions->buckets);
    *definitions = (struct mysql_definitions){0};
}

static void grow(struct mysql_definitions *definitions)
{
    if (definitions->count < definitions->bucket_count)
        return;
    size_t count = definitions->bucket_count ? definitions->bucket_count * 2 : BUCKETS_MIN;
    struct mysql_known **buckets = leat_alloc_zero(count, sizeof *buckets);
    for (size_t i = 0; i < definitions->bucket_count; i++)
        while (definitions->buckets[i]) {
            struct mysql_known *known = definitions->buckets[i];
            definitions->buckets[i] = known->next;
            size_t at = leat_table_view(known->source)->id & (count - 1);
            known->next = buckets[at];
            buckets[at] = known;
        }
    free(definitions->buckets);
    definitions->buckets = buckets;
    definitions->bucket_count = count;
}

int leat_mysql_known(struct leat_sink *sink, const struct mysql_known **out, struct leat_table *source, struct leat_error *err)
{
    struct mysql_definitions *definitions = &sink->definitions;
    const struct leat_table_view *view = leat_table_view(source);
    if (definitions->last && leat_table_view(definitions->last->source)->id == view->id) {
        *out = definitions->last;
        return LEAT_OK;
    }
    grow(definitions);
    struct mysql_known *known = definitions->buckets[view->id & (definitions->bucket_count - 1)];
    while (known && leat_table_view(known->source)->id != view->id)
        known = known->next;
    if (!known) {
        known = leat_alloc_zero(1, sizeof *known);
        known->source = leat_table_hold(source);
        known->id = definitions->count + 1;
        leat_mysql_rename(sink->env.config, view->database.bytes, view->name.bytes, &known->database, &known->name);
        struct leat_buf title = {0};
        leat_buf_printf(&title, "%s.%s", known->database, known->name);
        (void)leat_buf_cstr(&title);
        known->title = (char *)title.data;
        int rc = know_table(sink, known, err);
        if (rc) {
            free_known(known);
            return rc;
        }
        size_t at = view->id & (definitions->bucket_count - 1);
        known->next = definitions->buckets[at];
        definitions->buckets[at] = known;
        definitions->count++;
    }
    definitions->last = known;
    *out = known;
    return LEAT_OK;
}
