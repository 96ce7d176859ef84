/* XA branches without a journal: what is held back, and when it is given. See spool.h. */
#include "spool_int.h"

#include <assert.h>
#include <stdlib.h>

#include "base/alloc.h"

struct kept {
    uint8_t id[LEAT_XA_ID_MAX];
    size_t id_size;
    struct spool_bytes bytes;
    struct leat_begin begin; /* its place's file is `file` */
    char *file;              /* owned */
    uint64_t changes;
};

struct leat_spool {
    struct leat_item_out out;
    const char *cure;
    struct spool_store store;
    struct spool_writer writer;
    bool in_branch;             /* the open transaction may end in XA PREPARE */
    struct leat_begin begin;    /* of the open transaction; its place's file is `file` */
    char file[LEAT_BINLOG_NAME_MAX + 1];
    struct kept *kept; /* owned */
    size_t count, capacity;
    struct idmap tables; /* definitions that kept rows refer to; owned */
    struct item_memory memory;
};

struct leat_spool *leat_spool_new(const struct leat_spool_options *options, const struct leat_item_out *out)
{
    struct leat_spool *spool = leat_alloc_zero(1, sizeof *spool);
    spool->out = *out;
    spool->cure = options->cure;
    leat_spool_store_init(&spool->store, options->folder, options->memory_max);
    return spool;
}

static void release_table(void *value)
{
    struct leat_table *table = value;
    leat_table_release(&table);
}

static void forget(struct leat_spool *spool, struct kept *kept)
{
    leat_spool_drop(&spool->store, &kept->bytes);
    free(kept->file);
    *kept = spool->kept[--spool->count];
}

void leat_spool_free(struct leat_spool **out)
{
    struct leat_spool *spool = *out;
    if (!spool)
        return;
    while (spool->count)
        forget(spool, &spool->kept[0]);
    free(spool->kept);
    leat_idmap_free(&spool->tables, release_table);
    leat_buf_free(&spool->writer.buf);
    leat_item_memory_free(&spool->memory);
    leat_spool_store_free(&spool->store);
    free(spool);
    *out = NULL;
}

static struct kept *find(struct leat_spool *spool, const uint8_t *id, size_t size)
{
    for (size_t i = 0; i < spool->count; i++)
        if (spool->kept[i].id_size == size && memcmp(spool->kept[i].id, id, size) == 0)
            return &spool->kept[i];
    return NULL;
}

/* ---- Keeping ---- */

static void remember_begin(struct leat_spool *spool, const struct leat_begin *begin)
{
    size_t size = begin->place.file ? strnlen(begin->place.file, LEAT_BINLOG_NAME_MAX) : 0;
    memcpy(spool->file, begin->place.file ? begin->place.file : "", size);
    spool->file[size] = 0;
    spool->begin = *begin;
    spool->begin.place.file = spool->file;
}

static int keep_item(struct leat_spool *spool, const struct leat_item *item, struct leat_error *err)
{
    if (item->type == LEAT_ITEM_ROWS && !leat_idmap_get(&spool->tables, item->rows.table_id))
        leat_idmap_put(&spool->tables, item->rows.table_id, leat_table_hold(item->rows.table));
    leat_frame_put(&spool->writer.buf, item);
    return leat_spool_write_on(&spool->store, &spool->writer, err);
}

static int check_count(const struct leat_spool *spool, struct leat_error *err)
{
    if (spool->count < SPOOL_BRANCHES_MAX)
        return LEAT_OK;
    (void)leat_fail(err, LEAT_E_TOO_LARGE, LEAT_KIND_DATA,
                    "%s:%llu: more than %d XA branches are prepared and neither committed nor rolled back", spool->file,
                    (unsigned long long)spool->begin.place.pos, SPOOL_BRANCHES_MAX);
    return leat_cure(err, "begin behind the oldest of them");
}

/* A server has a branch once: what is here under its name was lost there before it was prepared. */
static int keep_branch(struct leat_spool *spool, const struct leat_end *end, struct leat_error *err)
{
    struct kept kept = {.id_size = end->xa_id_size, .begin = spool->begin, .changes = end->changes};
    if (check_count(spool, err) || leat_spool_write_end(&spool->store, &spool->writer, &kept.bytes, err))
        return LEAT_FAIL;
    struct kept *old = find(spool, end->xa_id, end->xa_id_size);
    if (old)
        forget(spool, old);
    memcpy(kept.id, end->xa_id, end->xa_id_size);
    kept.begin.place.file = kept.file = leat_strdup(spool->file);
    if (spool->count == spool->capacity) {
        spool->capacity = spool->capacity ? 2 * spool->capacity : 16;
        spool->kept = leat_realloc(spool->kept, spool->capacity * sizeof *spool->kept);
    }
    spool->kept[spool->count++] = kept;
    return LEAT_OK;
}

/* ---- Giving ---- */

static int give_record(struct leat_spool *spool, const struct record *record, uint64_t *number, struct leat_error *err)
{
    struct leat_item item;
    if (leat_record_item(&item, record, &spool->memory, err))
        return LEAT_FAIL;
    if (item.type == LEAT_ITEM_ROWS) {
        item.rows.table = leat_idmap_get(&spool->tables, item.rows.table_id);
        assert(item.rows.table);
        item.rows.number = *number + 1;
        *number += item.rows.row_count;
    } else if (item.type == LEAT_ITEM_STATEMENT) {
        item.statement.number = ++*number;
    }
    return leat_item_give(&spool->out, &item, err);
}

static int give_all(struct leat_spool *spool, const struct spool_bytes *bytes, struct leat_error *err)
{
    struct spool_reader reader = {.store = &spool->store, .bytes = bytes};
    struct record record;
    uint64_t number = 0;
    int rc = leat_spool_read(&reader, &record, err);
    while (rc == LEAT_OK) {
        rc = give_record(spool, &record, &number, err);
        if (rc == LEAT_OK)
            rc = leat_spool_read(&reader, &record, err);
    }
    leat_buf_free(&reader.buf);
    return rc == LEAT_END ? LEAT_OK : rc;
}

/* Only the end tells that it was committed at once. */
static int give_one_phase(struct leat_spool *spool, const struct leat_item *end, struct leat_error *err)
{
    struct spool_bytes bytes;
    struct leat_item begin = {.type = LEAT_ITEM_BEGIN, .begin = spool->begin};
    begin.begin.flags &= ~(uint32_t)LEAT_BEGIN_XA;
    if (leat_spool_write_end(&spool->store, &spool->writer, &bytes, err))
        return LEAT_FAIL;
    int rc = leat_item_give(&spool->out, &begin, err);
    if (rc == LEAT_OK)
        rc = give_all(spool, &bytes, err);
    if (rc == LEAT_OK)
        rc = leat_item_give(&spool->out, end, err);
    leat_spool_drop(&spool->store, &bytes);
    return rc;
}

static int not_prepared(const struct leat_spool *spool, const struct leat_xa_resolve *resolve, struct leat_error *err)
{
    char xid[LEAT_XA_TEXT_MAX], gtid[LEAT_GTID_TEXT_MAX];
    leat_gtid_text(gtid, &spool->begin.gtid);
    (void)leat_fail(err, LEAT_E_UNSUPPORTED, LEAT_KIND_DATA,
                    "%s:%llu: XA COMMIT of branch %s%s%s, whose XA PREPARE came before what was read: its changes are not known",
                    spool->file, (unsigned long long)spool->begin.place.pos,
                    leat_xa_text(xid, resolve->xa_id, resolve->xa_id_size), gtid[0] ? " in transaction " : "", gtid);
    return leat_cure(err, "%s", spool->cure);
}

static int take_resolve(struct leat_spool *spool, const struct leat_item *item, bool shown, struct leat_error *err)
{
    const struct leat_xa_resolve *resolve = &item->xa_resolve;
    if (resolve->prepared) /* somebody else gives its changes */
        return shown ? leat_item_give(&spool->out, item, err) : LEAT_OK;
    struct kept *kept = find(spool, resolve->xa_id, resolve->xa_id_size);
    if (!kept && shown && resolve->commit)
        return not_prepared(spool, resolve, err);
    int rc = LEAT_OK;
    if (shown) {
        struct leat_item with = *item;
        with.xa_resolve.prepared = kept && resolve->commit ? &kept->begin : NULL;
        rc = leat_item_give(&spool->out, &with, err);
        if (rc == LEAT_OK && resolve->commit)
            rc = give_all(spool, &kept->bytes, err);
    }
    if (kept)
        forget(spool, kept);
    return rc;
}

/* ---- Items ---- */

static int take_end(struct leat_spool *spool, const struct leat_item *item, bool shown, struct leat_error *err)
{
    if (!spool->in_branch)
        return shown ? leat_item_give(&spool->out, item, err) : LEAT_OK;
    spool->in_branch = false;
    if (item->end.how == LEAT_END_XA_PREPARE)
        return keep_branch(spool, &item->end, err);
    return shown ? give_one_phase(spool, item, err) : LEAT_OK;
}

static __attribute__((noinline)) int take_item(struct leat_spool *spool, const struct leat_item *item, bool shown, struct leat_error *err)
{
    switch (item->type) {
    case LEAT_ITEM_BEGIN:
        remember_begin(spool, &item->begin);
        spool->in_branch = item->begin.flags & LEAT_BEGIN_XA;
        if (!spool->in_branch)
            break;
        leat_spool_write_begin(&spool->store, &spool->writer);
        return LEAT_OK;
    case LEAT_ITEM_XA_RESOLVE:
        return take_resolve(spool, item, shown, err);
    case LEAT_ITEM_END:
        return take_end(spool, item, shown, err);
    case LEAT_ITEM_ROWS_QUERY:
    case LEAT_ITEM_ROWS:
    case LEAT_ITEM_STATEMENT:
    case LEAT_ITEM_SAVEPOINT:
        if (spool->in_branch)
            return keep_item(spool, item, err);
        break;
    case LEAT_ITEM_SCHEMA:
        return leat_item_give(&spool->out, item, err);
    case LEAT_ITEM_DEFINITION: /* holds whether the branch is committed or not */
        return spool->in_branch ? LEAT_OK : leat_item_give(&spool->out, item, err);
    default:
        break;
    }
    return shown ? leat_item_give(&spool->out, item, err) : LEAT_OK;
}

int leat_spool_item(struct leat_spool *spool, const struct leat_item *item, bool shown, struct leat_error *err)
{
    if (__builtin_expect(item->type == LEAT_ITEM_ROWS && shown && !spool->in_branch, 1))
        return leat_item_give(&spool->out, item, err);
    return take_item(spool, item, shown, err);
}

void leat_spool_branches(const struct leat_spool *spool, void (*each)(void *context, const struct leat_spool_branch *branch),
                         void *context)
{
    for (size_t i = 0; i < spool->count; i++) {
        const struct kept *kept = &spool->kept[i];
        char xid[LEAT_XA_TEXT_MAX], gtid[LEAT_GTID_TEXT_MAX];
        const struct leat_spool_branch branch = {.xid = leat_xa_text(xid, kept->id, kept->id_size),
                                                 .gtid = leat_gtid_text(gtid, &kept->begin.gtid),
                                                 .file = kept->file,
                                                 .pos = kept->begin.place.pos,
                                                 .changes = kept->changes};
        each(context, &branch);
    }
}
