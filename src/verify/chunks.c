/* A table with a key, chunk by chunk in the key's order: checksums on both sides, and of chunks that differ the keys of rows that do. How
 * many rows a chunk has follows from how long the last one took. */
#include "verify_int.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"

enum { ROWS_FIRST = 1000, ROWS_LEAST = 50, ROWS_MOST = 20000, SETTLE_AT = 500, HASH_TEXT = 32 };

struct sum {
    char count[24], hash[24];
};

struct walk {
    struct verify *verify;
    const struct verify_table *table;
    uint64_t rows;                 /* a chunk's */
    struct verify_key after, upto; /* owned */
    bool last;
    struct verify_candidates candidates;
};

/* ---- Bounds ---- */

static int take_key(void *context, const char *const *cells, const unsigned long *sizes, struct leat_error *err)
{
    (void)err;
    struct walk *walk = context;
    struct leat_buf key = {0};
    for (size_t i = 0; i < walk->table->key_count; i++)
        verify_key_put(&key, cells[i], sizes[i]);
    walk->upto = (struct verify_key){leat_memdup(key.data, key.size), key.size};
    walk->last = false;
    leat_buf_free(&key);
    return LEAT_OK;
}

/* Where the chunk ends: at a key of the source; the last one has no end, so that what the target has behind it is seen. */
static int find_end(struct walk *walk, struct leat_error *err)
{
    static const struct verify_key none = {NULL, 0};
    struct leat_buf sql = {0};
    walk->last = true;
    walk->upto = none;
    leat_buf_puts(&sql, "SELECT ");
    verify_key_list(&sql, walk->table, SOURCE);
    leat_buf_puts(&sql, " FROM ");
    verify_path(&sql, walk->table, SOURCE);
    verify_range(&sql, walk->table, SOURCE, &walk->after, &none);
    leat_buf_puts(&sql, " ORDER BY ");
    verify_key_order(&sql, walk->table, SOURCE);
    leat_buf_printf(&sql, " LIMIT %llu,1", (unsigned long long)walk->rows - 1);
    int rc = leat_mysql_rows(walk->verify->side[SOURCE], take_key, walk, leat_buf_cstr(&sql), err);
    leat_buf_free(&sql);
    return rc;
}

/* ---- Checksums ---- */

static int take_sum(void *context, const char *const *cells, const unsigned long *sizes, struct leat_error *err)
{
    (void)sizes, (void)err;
    struct sum *sum = context;
    snprintf(sum->count, sizeof sum->count, "%s", cells[0] ? cells[0] : "");
    snprintf(sum->hash, sizeof sum->hash, "%s", cells[1] ? cells[1] : "");
    return LEAT_OK;
}

static int make_sum(struct walk *walk, int side, struct sum *sum, struct leat_error *err)
{
    struct leat_buf sql = {0};
    *sum = (struct sum){0};
    leat_buf_puts(&sql, "SELECT COUNT(*), BIT_XOR(CAST(CONV(LEFT(");
    verify_hash(&sql, walk->table, side);
    leat_buf_puts(&sql, ",16),16,10) AS UNSIGNED)) FROM ");
    verify_path(&sql, walk->table, side);
    verify_range(&sql, walk->table, side, &walk->after, &walk->upto);
    int rc = leat_mysql_rows(walk->verify->side[side], take_sum, sum, leat_buf_cstr(&sql), err);
    leat_buf_free(&sql);
    return rc;
}

/* ---- Which rows ---- */

struct hashed {
    struct verify_key key; /* owned */
    char hash[HASH_TEXT];
};

struct hashes {
    const struct verify_table *table;
    struct hashed *list; /* owned */
    size_t count, room, most;
};

static int take_hash(void *context, const char *const *cells, const unsigned long *sizes, struct leat_error *err)
{
    struct hashes *hashes = context;
    size_t keys = hashes->table->key_count;
    struct leat_buf key = {0};
    if (hashes->count == hashes->most)
        return leat_fail(err, LEAT_E_TOO_LARGE, LEAT_KIND_DATA, "of %s.%s one side has more than %zu rows in a chunk that has %d on the other",
                         hashes->table->database[SOURCE], hashes->table->name[SOURCE], hashes->most, ROWS_MOST);
    if (hashes->count == hashes->room) {
        hashes->room = hashes->room ? hashes->room * 2 : 256;
        hashes->list = leat_realloc(hashes->list, hashes->room * sizeof *hashes->list);
    }
    for (size_t i = 0; i < keys; i++)
        verify_key_put(&key, cells[i], sizes[i]);
    struct hashed *hashed = &hashes->list[hashes->count++];
    *hashed = (struct hashed){.key = {leat_memdup(key.data, key.size), key.size}};
    if (cells[keys])
        memcpy(hashed->hash, cells[keys], sizes[keys] < HASH_TEXT ? sizes[keys] : HASH_TEXT);
    leat_buf_free(&key);
    return LEAT_OK;
}

static int compare_hashed(const void *a, const void *b)
{
    return verify_key_compare(&((const struct hashed *)a)->key, &((const struct hashed *)b)->key);
}

static int read_hashes(struct walk *walk, int side, struct hashes *hashes, struct leat_error *err)
{
    struct leat_buf sql = {0};
    leat_buf_puts(&sql, "SELECT ");
    verify_key_list(&sql, walk->table, side);
    leat_buf_printf(&sql, ",LEFT(");
    verify_hash(&sql, walk->table, side);
    leat_buf_printf(&sql, ",%d) FROM ", HASH_TEXT);
    verify_path(&sql, walk->table, side);
    verify_range(&sql, walk->table, side, &walk->after, &walk->upto);
    int rc = leat_mysql_rows(walk->verify->side[side], take_hash, hashes, leat_buf_cstr(&sql), err);
    if (hashes->count)
        qsort(hashes->list, hashes->count, sizeof *hashes->list, compare_hashed);
    leat_buf_free(&sql);
    return rc;
}

static void free_hashes(struct hashes *hashes)
{
    for (size_t i = 0; i < hashes->count; i++)
        free(hashes->list[i].key.bytes);
    free(hashes->list);
}

static void merge(struct walk *walk, const struct hashes *source, const struct hashes *target)
{
    size_t s = 0, t = 0;
    while (s < source->count || t < target->count) {
        int order = s == source->count ? 1 : t == target->count ? -1 : verify_key_compare(&source->list[s].key, &target->list[t].key);
        bool same = !order && !memcmp(source->list[s].hash, target->list[t].hash, HASH_TEXT) && !walk->table->by_value;
        if (!same)
            verify_candidates_add(&walk->candidates, order <= 0 ? &source->list[s].key : &target->list[t].key);
        s += order <= 0;
        t += order >= 0;
    }
}

static int gather(struct walk *walk, struct leat_error *err)
{
    struct hashes sides[SIDES];
    int rc = LEAT_OK;
    for (int side = 0; side < SIDES; side++)
        sides[side] = (struct hashes){.table = walk->table, .most = 10 * (size_t)ROWS_MOST};
    for (int side = 0; side < SIDES && rc == LEAT_OK; side++)
        rc = read_hashes(walk, side, &sides[side], err);
    if (rc == LEAT_OK)
        merge(walk, &sides[SOURCE], &sides[TARGET]);
    for (int side = 0; side < SIDES; side++)
        free_hashes(&sides[side]);
    return rc;
}

/* ---- The walk ---- */

static void adapt(struct walk *walk, uint64_t took_us)
{
    uint64_t wanted_us = (uint64_t)walk->verify->options->chunk_ms * 1000, rows = walk->rows * wanted_us / (took_us ? took_us : 1);
    if (rows > walk->rows * 2)
        rows = walk->rows * 2;
    walk->rows = rows < ROWS_LEAST ? ROWS_LEAST : rows > ROWS_MOST ? ROWS_MOST : rows;
    if (walk->table->by_value && walk->rows > ROWS_FIRST)
        walk->rows = ROWS_FIRST; /* all rows of a chunk are read */
}

static int compare_chunk(struct walk *walk, struct leat_error *err)
{
    struct sum sums[SIDES];
    uint64_t began_us = leat_monotonic_us(walk->verify->clock);
    int rc = find_end(walk, err);
    for (int side = 0; side < SIDES && rc == LEAT_OK; side++)
        rc = make_sum(walk, side, &sums[side], err);
    if (rc)
        return rc;
    uint64_t took_us = leat_monotonic_us(walk->verify->clock) - began_us;
    walk->verify->summary->rows += strtoull(sums[SOURCE].count, NULL, 10);
    walk->verify->summary->chunks++;
    if (walk->table->by_value || strcmp(sums[SOURCE].count, sums[TARGET].count) != 0 || strcmp(sums[SOURCE].hash, sums[TARGET].hash) != 0)
        rc = gather(walk, err);
    adapt(walk, took_us);
    verify_breathe(walk->verify, leat_monotonic_us(walk->verify->clock) - began_us);
    return rc;
}

int verify_chunks(struct verify *verify, const struct verify_table *table, struct leat_error *err)
{
    struct walk walk = {.verify = verify, .table = table, .rows = ROWS_FIRST};
    int rc = LEAT_OK;
    while (rc == LEAT_OK && !walk.last && !verify_enough(verify)) {
        rc = compare_chunk(&walk, err);
        if (rc == LEAT_OK && walk.candidates.count >= SETTLE_AT)
            rc = verify_settle(verify, table, &walk.candidates, err);
        free(walk.after.bytes);
        walk.after = walk.upto;
        walk.upto = (struct verify_key){NULL, 0};
    }
    if (rc == LEAT_OK && walk.candidates.count)
        rc = verify_settle(verify, table, &walk.candidates, err);
    free(walk.after.bytes);
    verify_candidates_free(&walk.candidates);
    return rc;
}
