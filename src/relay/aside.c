#include "relay/aside.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/alloc.h"
#include "journal/definitions.h"
#include "schema/catalog.h"

struct leat_aside {
    struct leat_journal *const *journal;
    const struct leat_decoder_options *options;
    struct leat_catalog *catalog; /* NULL: nothing was read yet */
    uint64_t until;               /* what the journal says before this record is in it */
    uint64_t seq;                 /* of the transaction in hand */
};

struct leat_aside *leat_aside_new(struct leat_journal *const *journal, const struct leat_decoder_options *options)
{
    struct leat_aside *aside = leat_alloc_zero(1, sizeof *aside);
    aside->journal = journal;
    aside->options = options;
    return aside;
}

void leat_aside_free(struct leat_aside **aside)
{
    if (!*aside)
        return;
    leat_catalog_free(&(*aside)->catalog);
    free(*aside);
    *aside = NULL;
}

/* ---- What the journal had before ---- */

static int put(void *catalog, const struct leat_definition_entry *entry, struct leat_error *err)
{
    (void)err;
    leat_catalog_put(catalog, &entry->definition);
    return LEAT_OK;
}

static int load(struct leat_aside *aside, struct leat_error *err)
{
    if (!aside->catalog || aside->seq < aside->until) { /* it is read again, from further back */
        leat_catalog_free(&aside->catalog);
        aside->catalog = leat_catalog_new();
        aside->until = 0;
    }
    int rc = leat_journal_definitions_between(*aside->journal, aside->until, aside->seq, put, aside->catalog, err);
    if (rc == LEAT_OK) {
        leat_catalog_commit(aside->catalog);
        aside->until = aside->seq;
    } else {
        leat_catalog_free(&aside->catalog);
    }
    return rc;
}

/* Which server's statements these are: the raw events begin with its format description. */
static void set_server(struct leat_aside *aside, const struct leat_opaque *opaque)
{
    enum { SIZE_AT = 9 };
    struct leat_binlog_format none = {0}, format = {0};
    struct leat_event event;
    struct leat_error ignored = {0};
    size_t size = opaque->events_size >= LEAT_EVENT_HEADER_SIZE ? (size_t)leat_le(opaque->events + SIZE_AT, 4) : 0;
    if (!size || size > opaque->events_size || leat_event_parse(&event, &none, opaque->events, size, &ignored) ||
        leat_event_format(&format, &event, &ignored))
        return;
    const struct leat_catalog_server server = {.kind = format.mariadb ? LEAT_TABLE_OF_MARIADB : LEAT_TABLE_OF_MYSQL,
                                               .version = format.server_version,
                                               .explicit_defaults_for_timestamp = true};
    leat_catalog_set_server(aside->catalog, &server);
}

/* ---- What it has later ---- */

struct later {
    struct leat_aside *aside;
    const char *database, *name;
    uint64_t seq; /* of the definition that was found; 0: none */
};

/* The first behind the transaction; LEAT_END: it was that. */
static int look_later(void *context, const struct leat_definition_entry *entry, struct leat_error *err)
{
    struct later *later = context;
    (void)err;
    if (entry->seq < later->aside->seq)
        return LEAT_OK;
    if (entry->definition.how == LEAT_DEFINITION_READ || entry->definition.how == LEAT_DEFINITION_TOLD) {
        leat_catalog_put(later->aside->catalog, &entry->definition);
        later->seq = entry->seq;
    }
    return LEAT_END;
}

/* A name that statements may write in other bytes than we have it. */
static bool is_odd(const char *name)
{
    for (; *name; name++)
        if ((unsigned char)*name > 126 || *name == '`' || *name == '"' || *name == '\\')
            return true;
    return false;
}

static bool holds(const struct leat_statement *statement, const char *name)
{
    size_t size = strlen(name);
    for (size_t at = 0; at + size <= statement->sql_size; at++)
        if (strncasecmp(statement->sql + at, name, size) == 0)
            return true;
    return is_odd(name);
}

/* Whether the statement may be about the table: anything that has its name in it, or that of its database as a whole. */
static bool speaks_of(const struct leat_statement *statement, const struct later *later)
{
    switch (statement->kind) {
    case LEAT_STATEMENT_CREATE_TABLE:
    case LEAT_STATEMENT_ALTER_TABLE:
    case LEAT_STATEMENT_DROP_TABLE:
    case LEAT_STATEMENT_RENAME_TABLE:
    case LEAT_STATEMENT_CREATE_INDEX:
    case LEAT_STATEMENT_DROP_INDEX:
        return holds(statement, later->name);
    case LEAT_STATEMENT_CREATE_DATABASE:
    case LEAT_STATEMENT_DROP_DATABASE:
        return holds(statement, later->database);
    case LEAT_STATEMENT_OTHER: /* such that isn't recognised, too */
        return holds(statement, later->name) && holds(statement, "table");
    default:
        return false;
    }
}

static bool no_table(void *context, const char *database, const char *table)
{
    (void)context, (void)database, (void)table;
    return false;
}

/* LEAT_END: it speaks of the table, or nobody knows. */
static int look_at(void *context, const struct leat_item *item, struct leat_error *err)
{
    const struct later *later = context;
    struct leat_error why = {0};
    (void)err;
    switch (item->type) {
    case LEAT_ITEM_STATEMENT:
        return speaks_of(&item->statement, later) ? LEAT_END : LEAT_OK;
    case LEAT_ITEM_OPAQUE: { /* its rows don't matter */
        const struct leat_decoder_options statements = {.journalled = no_table};
        return leat_opaque_decode(&item->opaque, &statements, &(struct leat_item_out){context, look_at}, &why) ? LEAT_END : LEAT_OK;
    }
    case LEAT_ITEM_GAP:
        return LEAT_END;
    default:
        return LEAT_OK;
    }
}

/* From the transaction on to the definition that was found. LEAT_END: it doesn't hold for all of that. */
static int hold_against_statements(const struct later *later, struct leat_error *err)
{
    struct leat_reader *reader = NULL;
    struct leat_item item;
    int rc = leat_reader_open(&reader, *later->aside->journal, later->aside->seq, err);
    while (rc == LEAT_OK) {
        rc = leat_reader_next(reader, &item, err);
        if (rc != LEAT_OK || item.seq >= later->seq)
            break;
        rc = look_at((void *)(uintptr_t)later, &item, err);
    }
    leat_reader_close(&reader);
    return rc == LEAT_AGAIN ? LEAT_OK : rc;
}

static int define(void *context, const char *database, const char *name, struct leat_error *err)
{
    struct leat_aside *aside = context;
    struct later later = {aside, database, name, 0};
    struct leat_error other = {0};
    int rc = leat_journal_definition_history(*aside->journal, database, name, look_later, &later, &other);
    if (rc != LEAT_FAIL && later.seq)
        rc = hold_against_statements(&later, &other);
    if (rc == LEAT_FAIL) {
        *err = other;
        return LEAT_FAIL;
    }
    if (later.seq && rc == LEAT_OK)
        return LEAT_OK;
    struct leat_error why = *err;
    leat_fail(err, LEAT_E_DEFINITION, LEAT_KIND_DATA, "%s; %s", why.message,
              later.seq ? "a statement behind it may have changed the table before its definition was read"
                        : "the journal has none from there on either, that was read or told");
    return leat_cure(err, "if the table is as it was, `leat schema reload %s.%s --from server` and then `leat resume` the sink", database, name);
}

int leat_aside_read(struct leat_aside *aside, uint64_t seq, const struct leat_opaque *opaque, const struct leat_item_out *out,
                    struct leat_error *err)
{
    struct leat_decoder_options options = *aside->options;
    aside->seq = seq;
    if (load(aside, err))
        return LEAT_FAIL;
    set_server(aside, opaque);
    options.catalog = aside->catalog;
    options.define = define;
    options.define_context = aside;
    return leat_opaque_decode(opaque, &options, out, err);
}
