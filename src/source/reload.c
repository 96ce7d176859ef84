/* A table's definition read anew because an operator says so (`leat schema reload`): he knows that what the server has, or what his
 * CREATE TABLE says, is what the table is where the stream stands.
 *
 * The request is posted by any thread and carried out by the source's own, between transactions: at once where it is halted, backing
 * off, or waits for the next event (leat_mysql_nudge); behind the open transaction's end where it is within one. */
#include "definitions_int.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/alloc.h"
#include "base/log.h"

enum { RELOAD_WAIT_S = 20 };

static struct leat_text text_of(const char *text)
{
    return (struct leat_text){text, (uint32_t)strlen(text)};
}

/* ---- The source's thread ---- */

/* Durable when it returns: who is told that it is done may look it up in the journal at once, and no crash takes it back. */
static int give(struct leat_source *source, enum leat_definition_how how, const char *database, const char *name, struct leat_table *table,
                struct leat_error *err)
{
    const struct leat_definition definition = {
        .how = how, .database = text_of(database), .name = text_of(name), .table = table, .at_us = leat_wall_us(source->clock)};
    const struct leat_item item = {.type = LEAT_ITEM_DEFINITION, .definition = definition};
    leat_catalog_put(source->catalog, &definition);
    leat_catalog_commit(source->catalog);
    leat_decoder_forget(source->decoder, database, name);
    int rc = source->options.out.item(source->options.out.context, &item, err);
    return rc ? rc : source->options.out.publish(source->options.out.context, true, err);
}

static int take_text(struct leat_source *source, const char *database, const char *name, const char *sql, struct leat_error *err)
{
    struct leat_table *parsed = NULL;
    if (leat_catalog_parse(&parsed, &source->server, sql, strlen(sql), 0, database, source->server.collation, err)) {
        err->kind = LEAT_KIND_OPERATOR;
        return leat_error_prefix(err, "CREATE TABLE");
    }
    struct leat_table_view view = *leat_table_view(parsed);
    view.database = text_of(database);
    view.name = text_of(name);
    struct leat_table *table = leat_table_new(&view);
    int rc = give(source, LEAT_DEFINITION_TOLD, database, name, table, err);
    leat_table_release(&table);
    leat_table_release(&parsed);
    return rc;
}

static int take_server(struct leat_source *source, const char *database, const char *name, struct leat_error *err)
{
    struct leat_mysql *mysql = NULL;
    struct leat_catalog *read = leat_catalog_new();
    struct leat_table *table = NULL;
    struct leat_text why;
    uint64_t tables = 0;
    leat_catalog_set_server(read, &source->server);
    int rc = source_open(source, &mysql, err);
    if (rc == LEAT_OK)
        rc = source_read_definitions(mysql, read, &source->server, NULL, database, name, &tables, err);
    source_close(source, &mysql);
    if (rc == LEAT_OK && !tables) {
        leat_fail(err, LEAT_E_DEFINITION, LEAT_KIND_OPERATOR, "our account sees no table %.64s.%.64s on the server", database, name);
        rc = leat_cure(err, "GRANT SELECT ON %.64s.%.64s TO the account; or --from FILE, with its CREATE TABLE", database, name);
    }
    if (rc == LEAT_OK && leat_catalog_find(read, database, name, &table, &why) != LEAT_CATALOG_DEFINED)
        rc = leat_fail(err, LEAT_E_DEFINITION, LEAT_KIND_OPERATOR, "the definition of %.64s.%.64s isn't understood: %.200s", database, name,
                       why.bytes);
    if (rc == LEAT_OK)
        rc = give(source, LEAT_DEFINITION_READ, database, name, table, err);
    leat_table_release(&table);
    leat_catalog_free(&read);
    return rc;
}

int source_reload_asked(struct leat_source *source, struct leat_error *err)
{
    if (!atomic_load_explicit(&source->reload.asked, memory_order_relaxed))
        return LEAT_OK;
    pthread_mutex_lock(&source->mutex);
    struct source_reload *reload = &source->reload;
    char *sql = reload->sql;
    char database[sizeof reload->database], name[sizeof reload->name];
    memcpy(database, reload->database, sizeof database);
    memcpy(name, reload->name, sizeof name);
    reload->sql = NULL;
    atomic_store(&reload->asked, false);
    pthread_mutex_unlock(&source->mutex);
    struct leat_error problem = {0};
    int rc = sql ? take_text(source, database, name, sql, &problem) : take_server(source, database, name, &problem);
    free(sql);
    if (rc == LEAT_OK) {
        source->definitions.error = (struct leat_error){0};
        leat_log(LEAT_LOG_INFO, "source", NULL, "the definition of %s.%s was reloaded", database, name);
    }
    pthread_mutex_lock(&source->mutex);
    reload->done = true;
    reload->result = rc;
    reload->error = problem;
    pthread_cond_broadcast(&source->woken);
    pthread_mutex_unlock(&source->mutex);
    if (rc == LEAT_STOPPED)
        return rc;
    /* Whose wish it was hears what is wrong with it; of a connection that broke, our own says so. */
    (void)err;
    return LEAT_OK;
}

/* ---- Any thread ---- */

static int wait_done(struct leat_source *source, struct leat_error *err)
{
    struct source_reload *reload = &source->reload;
    struct timespec until;
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += RELOAD_WAIT_S;
    int timed_out = 0;
    while (!reload->done && !source->stop && !timed_out)
        timed_out = pthread_cond_timedwait(&source->woken, &source->mutex, &until);
    reload->taken = false;
    if (reload->done) {
        *err = reload->error;
        return reload->result;
    }
    return source->stop ? leat_fail(err, LEAT_E_CONNECT, LEAT_KIND_RETRY, "leat stops")
                        : leat_fail(err, LEAT_E_TIMEOUT, LEAT_KIND_RETRY,
                                    "the source hasn't come to it within %d s, and will when it does", RELOAD_WAIT_S);
}

int leat_source_reload(struct leat_source *source, const char *database, const char *table, const char *sql,
                       struct leat_error *err)
{
    struct source_reload *reload = &source->reload;
    if (!*database || !*table || strlen(database) > LEAT_NAME_BYTES_MAX || strlen(table) > LEAT_NAME_BYTES_MAX)
        return leat_fail(err, LEAT_E_USAGE, LEAT_KIND_OPERATOR, "a table is named DATABASE.TABLE");
    pthread_mutex_lock(&source->mutex);
    int rc = LEAT_OK;
    if (reload->taken || atomic_load(&reload->asked)) {
        rc = leat_fail(err, LEAT_E_TIMEOUT, LEAT_KIND_RETRY, "another definition is being reloaded");
    } else {
        snprintf(reload->database, sizeof reload->database, "%s", database);
        snprintf(reload->name, sizeof reload->name, "%s", table);
        reload->sql = sql ? leat_strdup(sql) : NULL;
        reload->taken = true;
        reload->done = false;
        source->retry = true;
        atomic_store(&reload->asked, true);
        for (size_t i = 0; i < SOURCE_CONNECTIONS; i++)
            if (source->connections[i])
                leat_mysql_nudge(source->connections[i]);
        pthread_cond_broadcast(&source->woken);
        rc = wait_done(source, err);
    }
    pthread_mutex_unlock(&source->mutex);
    return rc;
}
