/* The definition of a table as a sink sees it, and how to make its rows of those that come in. Made once per definition. */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/alloc.h"
#include "binlog/charset.h"
#include "binlog/plan.h"
#include "columns_int.h"
#include "model/table.h"

enum {
    COLLATION_UTF8MB4_BIN = 46, /* of both servers */
    UTF8MB4_BYTES = 4,
    VARCHAR_BYTES_MAX = 65535,
    LONG_PREFIX = 4,
    TYPE_TEXT_MAX = 32
};
#define GONE UINT32_MAX

/* A definition in the making: copies whose parts point into the old one, or into what is freed with this. */
struct draft {
    const struct leat_table_view *old;
    const struct column_fate *fates;
    struct leat_table_view view;
    struct leat_column *columns;
    struct leat_key_part *key;
    struct leat_index *indexes;
    struct leat_key_part *parts; /* of the indexes */
    struct leat_foreign_key *foreign;
    uint32_t *foreign_columns;
    uint32_t *becomes; /* the new number of an old column, or GONE */
    char (*type_texts)[TYPE_TEXT_MAX];
};

static int unfit(const struct leat_table_view *view, const char *column, const char *why, struct leat_error *err)
{
    leat_fail(err, LEAT_E_CONFIG, LEAT_KIND_OPERATOR, "columns of %.256s.%.256s: \"%.256s\" %s", view->database.bytes, view->name.bytes,
              column, why);
    return LEAT_FAIL;
}

static struct leat_text text_of(const char *text)
{
    return (struct leat_text){text, (uint32_t)strlen(text)};
}

/* ---- Columns ---- */

/* A column that holds so many characters of text in place of what it held. */
static void become_text(struct leat_column *column, uint64_t characters, char type_text[TYPE_TEXT_MAX])
{
    const struct leat_column was = *column;
    uint64_t bytes = characters * UTF8MB4_BYTES;
    *column = (struct leat_column){.name = was.name, .collation = COLLATION_UTF8MB4_BIN};
    column->flags = was.flags & (LEAT_COLUMN_NULLABLE | LEAT_COLUMN_INVISIBLE | LEAT_COLUMN_PRIMARY);
    if (characters && bytes <= VARCHAR_BYTES_MAX) {
        column->type = LEAT_TYPE_VARCHAR;
        column->metadata = (uint16_t)bytes;
        column->length_max = (uint32_t)bytes;
        snprintf(type_text, TYPE_TEXT_MAX, "varchar(%u)", (unsigned)characters);
    } else {
        column->type = LEAT_TYPE_BLOB;
        column->metadata = LONG_PREFIX;
        snprintf(type_text, TYPE_TEXT_MAX, "longtext");
    }
    column->type_text = text_of(type_text);
}

static bool is_text(const struct leat_column *column)
{
    switch ((int)column->type) {
    case LEAT_TYPE_VARCHAR:
    case LEAT_TYPE_STRING:
    case LEAT_TYPE_VAR_STRING:
    case LEAT_TYPE_BLOB:
    case LEAT_TYPE_BLOB_COMPRESSED:
    case LEAT_TYPE_VARCHAR_COMPRESSED:
        break;
    default:
        return false;
    }
    enum leat_charset charset = leat_charset_of(column->collation);
    return column->collation != LEAT_COLLATION_UNKNOWN && charset != LEAT_CHARSET_UNKNOWN && charset != LEAT_CHARSET_BINARY;
}

/* Characters of a text column; 0: more than a VARCHAR may have. */
static uint64_t characters_of(const struct leat_column *column)
{
    unsigned most = leat_charset_character_max(leat_charset_of(column->collation));
    return most ? column->length_max / most : 0;
}

static int mask_column(struct draft *draft, uint32_t to, const struct column_rule *rule, struct leat_error *err)
{
    struct leat_column *column = &draft->columns[to];
    char name[LEAT_NAME_BYTES_MAX + 1];
    snprintf(name, sizeof name, "%.*s", (int)column->name.size, column->name.bytes);
    switch (rule->mask) {
    case MASK_HASH:
        if (column->type == LEAT_TYPE_JSON)
            return unfit(draft->old, name, "is JSON, which has no one form to hash: exclude or redact it", err);
        become_text(column, HASH_TEXT_SIZE, draft->type_texts[to]);
        return LEAT_OK;
    case MASK_REDACT:
        become_text(column, REDACTED_SIZE, draft->type_texts[to]);
        return LEAT_OK;
    case MASK_LAST:
    case MASK_TRUNCATE:
        if (!is_text(column))
            return unfit(draft->old, name, "isn't text of a known character set, so that it has no last or first characters: hash, redact or exclude it",
                         err);
        become_text(column, characters_of(column), draft->type_texts[to]);
        return LEAT_OK;
    case MASK_NONE:
        break;
    }
    return LEAT_OK;
}

static int make_columns(struct draft *draft, struct leat_error *err)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < draft->old->column_count; i++) {
        draft->becomes[i] = GONE;
        if (draft->fates[i].excluded)
            continue;
        draft->columns[count] = draft->old->columns[i];
        if (draft->fates[i].name)
            draft->columns[count].name = text_of(draft->fates[i].name);
        if (draft->fates[i].mask && mask_column(draft, count, draft->fates[i].mask, err))
            return LEAT_FAIL;
        draft->becomes[i] = count++;
    }
    for (uint32_t i = 0; i < count; i++)
        for (uint32_t k = 0; k < i; k++)
            if (draft->columns[i].name.size == draft->columns[k].name.size &&
                !strncasecmp(draft->columns[i].name.bytes, draft->columns[k].name.bytes, draft->columns[i].name.size))
                return unfit(draft->old, draft->columns[i].name.bytes, "would be the name of two columns", err);
    draft->view.column_count = count;
    draft->view.columns = draft->columns;
    if (count == 0) {
        leat_fail(err, LEAT_E_CONFIG, LEAT_KIND_OPERATOR, "columns of %.256s.%.256s: none is left", draft->old->database.bytes,
                  draft->old->name.bytes);
        return leat_cure(err, "leave the table out with exclude_tables, or include one of its columns");
    }
    return LEAT_OK;
}

/* ---- Keys ---- */

/* Whether equal values stay equal, and different ones different. */
static bool keeps_identity(const struct column_fate *fate)
{
    return !fate->excluded && (!fate->mask || fate->mask->mask == MASK_HASH);
}

static int make_key(struct draft *draft, struct leat_error *err)
{
    for (uint32_t i = 0; i < draft->old->key_count; i++) {
        const struct leat_key_part *part = &draft->old->key[i];
        if (!keeps_identity(&draft->fates[part->column]))
            return unfit(draft->old, draft->old->columns[part->column].name.bytes,
                         "is part of the primary key, by which sinks tell rows apart: of masks it can only have hash", err);
        draft->key[i] = (struct leat_key_part){draft->becomes[part->column], draft->fates[part->column].mask ? 0 : part->prefix};
    }
    draft->view.key = draft->key;
    return LEAT_OK;
}

/* Keys over columns that are seen no more as they are aren't either. */
static void make_indexes(struct draft *draft)
{
    uint32_t count = 0;
    struct leat_key_part *next = draft->parts;
    for (uint32_t i = 0; i < draft->old->index_count; i++) {
        const struct leat_index *index = &draft->old->indexes[i];
        bool whole = true;
        for (uint32_t k = 0; k < index->part_count; k++) {
            uint32_t column = index->parts[k].column;
            whole = whole && (column == LEAT_KEY_PART_EXPRESSION || keeps_identity(&draft->fates[column]));
            next[k] = index->parts[k];
            if (column != LEAT_KEY_PART_EXPRESSION)
                next[k].column = draft->becomes[column];
        }
        if (!whole)
            continue;
        draft->indexes[count] = *index;
        draft->indexes[count++].parts = next;
        next += index->part_count;
    }
    draft->view.index_count = count;
    draft->view.indexes = draft->indexes;
}

static void make_foreign_keys(struct draft *draft)
{
    uint32_t count = 0, *next = draft->foreign_columns;
    for (uint32_t i = 0; i < draft->old->foreign_key_count; i++) {
        const struct leat_foreign_key *foreign = &draft->old->foreign_keys[i];
        bool whole = true;
        for (uint32_t k = 0; k < foreign->column_count; k++) {
            const struct column_fate *fate = &draft->fates[foreign->columns[k]];
            whole = whole && !fate->excluded && !fate->mask;
            next[k] = draft->becomes[foreign->columns[k]];
        }
        if (!whole)
            continue;
        draft->foreign[count] = *foreign;
        draft->foreign[count++].columns = next;
        next += foreign->column_count;
    }
    draft->view.foreign_key_count = count;
    draft->view.foreign_keys = draft->foreign;
}

static void draft_begin(struct draft *draft, const struct leat_table_view *old, const struct column_fate *fates)
{
    size_t parts = 0, foreign_columns = 0;
    for (uint32_t i = 0; i < old->index_count; i++)
        parts += old->indexes[i].part_count;
    for (uint32_t i = 0; i < old->foreign_key_count; i++)
        foreign_columns += old->foreign_keys[i].column_count;
    *draft = (struct draft){.old = old, .fates = fates, .view = *old};
    draft->columns = leat_alloc_zero(old->column_count + 1, sizeof *draft->columns);
    draft->becomes = leat_alloc_zero(old->column_count + 1, sizeof *draft->becomes);
    draft->type_texts = leat_alloc_zero(old->column_count + 1, sizeof *draft->type_texts);
    draft->key = leat_alloc_zero(old->key_count + 1, sizeof *draft->key);
    draft->indexes = leat_alloc_zero(old->index_count + 1, sizeof *draft->indexes);
    draft->parts = leat_alloc_zero(parts + 1, sizeof *draft->parts);
    draft->foreign = leat_alloc_zero(old->foreign_key_count + 1, sizeof *draft->foreign);
    draft->foreign_columns = leat_alloc_zero(foreign_columns + 1, sizeof *draft->foreign_columns);
}

static void draft_end(struct draft *draft)
{
    free(draft->columns);
    free(draft->becomes);
    free(draft->type_texts);
    free(draft->key);
    free(draft->indexes);
    free(draft->parts);
    free(draft->foreign);
    free(draft->foreign_columns);
}

/* ---- The plan ---- */

static int make_steps(struct column_plan *plan, const struct column_fate *fates, uint32_t in_count, struct leat_error *err)
{
    struct leat_row_plan *out;
    if (leat_row_plan_new(&out, plan->table, err))
        return LEAT_FAIL;
    plan->steps = leat_alloc_zero(out->column_count + 1, sizeof *plan->steps);
    for (uint32_t i = 0; i < in_count; i++) {
        if (fates[i].excluded)
            continue;
        plan->steps[plan->count] = (struct column_step){i, out->columns[plan->count].prefix, fates[i].mask};
        plan->count++;
    }
    assert(plan->count == out->column_count);
    leat_row_plan_free(&out);
    return LEAT_OK;
}

static int make_seen(struct column_plan *plan, const struct leat_table_view *view, const struct column_fate *fates, struct leat_error *err)
{
    struct draft draft;
    draft_begin(&draft, view, fates);
    int rc = make_columns(&draft, err);
    if (rc == LEAT_OK)
        rc = make_key(&draft, err);
    if (rc == LEAT_OK) {
        make_indexes(&draft);
        make_foreign_keys(&draft);
        plan->table = leat_table_new(&draft.view);
        rc = make_steps(plan, fates, view->column_count, err);
    }
    draft_end(&draft);
    return rc;
}

static int astray(const struct leat_table_view *view, const struct column_rule *rule, struct leat_error *err)
{
    leat_fail(err, LEAT_E_CONFIG, LEAT_KIND_OPERATOR, "columns of %.256s.%.256s: there is no column as \"%.300s\" says", view->database.bytes,
              view->name.bytes, rule->text);
    return leat_cure(err, "put the rule right; if the column was dropped, take the rule away, or end it in * so that it may match nothing");
}

static int nameless(const struct leat_table_view *view, const struct column_rule *rule, struct leat_error *err)
{
    leat_fail(err, LEAT_E_CONFIG, LEAT_KIND_OPERATOR, "columns of %.256s.%.256s: their names aren't known, so that \"%.300s\" can't be followed",
              view->database.bytes, view->name.bytes, rule->text);
    return leat_cure(err, "set binlog_row_metadata=FULL on the source, or grant SELECT on the table to the source's account");
}

int column_plan_make(struct column_plan *plan, const struct column_rules *rules, const struct leat_table *table, struct leat_error *err)
{
    const struct leat_table_view *view = leat_table_view(table);
    *plan = (struct column_plan){.id = view->id};
    const struct column_rule *rule = column_rules_of(rules, view);
    if (!rule)
        return LEAT_OK;
    if (!(view->flags & LEAT_TABLE_NAMED))
        return nameless(view, rule, err);
    if ((rule = column_rules_astray(rules, view)))
        return astray(view, rule, err);
    struct column_fate *fates = leat_alloc_zero(view->column_count + 1, sizeof *fates);
    int rc = LEAT_OK;
    if (column_rules_apply(rules, view, fates)) {
        rc = make_seen(plan, view, fates, err);
        if (rc == LEAT_OK)
            rc = leat_row_plan_new(&plan->in, table, err);
    }
    free(fates);
    if (rc)
        column_plan_free(plan);
    return rc;
}

void column_plan_free(struct column_plan *plan)
{
    if (plan->table)
        leat_table_release(&plan->table);
    if (plan->in)
        leat_row_plan_free(&plan->in);
    free(plan->steps);
    *plan = (struct column_plan){0};
}
