/* A table without a key that ranges can be made of: a multiset of rows. Both sides are read within two snapshots at known places, between
 * which the table didn't change; else once more. Buckets by hash find where they differ, and of these each distinct row is counted. */
#include "verify_int.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"

enum { BUCKETS = 4096, BUCKET_DIGITS = 3, HASH_TEXT = 64, COUNTED_MOST = 200000, AGAIN_US = 200000, DIFFERING_MOST = 64 };

struct bucket {
    uint64_t count;
    char sum[40];
};

struct counted {
    char hash[HASH_TEXT];
    uint64_t count[SIDES];
};

struct whole {
    struct verify *verify;
    const struct verify_table *table;
    struct bucket *buckets[SIDES]; /* owned: BUCKETS of each */
    struct counted *list;          /* owned */
    size_t count, room;
    int side;
};

static int take_bucket(void *context, const char *const *cells, const unsigned long *sizes, struct leat_error *err)
{
    (void)sizes;
    struct whole *whole = context;
    unsigned long at = cells[0] ? strtoul(cells[0], NULL, 16) : BUCKETS;
    if (at >= BUCKETS || !cells[1] || !cells[2])
        return leat_fail(err, LEAT_E_INTERNAL, LEAT_KIND_DATA, "a server answered with a bucket that there isn't");
    struct bucket *bucket = &whole->buckets[whole->side][at];
    bucket->count = strtoull(cells[1], NULL, 10);
    snprintf(bucket->sum, sizeof bucket->sum, "%s", cells[2]);
    return LEAT_OK;
}

static int read_buckets(struct whole *whole, int side, struct leat_error *err)
{
    struct leat_buf sql = {0}, hash = {0};
    verify_hash(&hash, whole->table, side);
    const char *h = leat_buf_cstr(&hash);
    leat_buf_printf(&sql, "SELECT LEFT(%s,%d), COUNT(*), SUM(CAST(CONV(SUBSTRING(%s,4,15),16,10) AS UNSIGNED)) FROM ", h, BUCKET_DIGITS, h);
    verify_path(&sql, whole->table, side);
    leat_buf_puts(&sql, " GROUP BY 1");
    whole->side = side;
    memset(whole->buckets[side], 0, BUCKETS * sizeof *whole->buckets[side]);
    int rc = leat_mysql_rows(whole->verify->side[side], take_bucket, whole, leat_buf_cstr(&sql), err);
    leat_buf_free(&hash);
    leat_buf_free(&sql);
    return rc;
}

static int take_counted(void *context, const char *const *cells, const unsigned long *sizes, struct leat_error *err)
{
    struct whole *whole = context;
    if (!cells[0] || !cells[1] || sizes[0] != HASH_TEXT)
        return leat_fail(err, LEAT_E_INTERNAL, LEAT_KIND_DATA, "a server answered with a hash that is none");
    if (whole->count == COUNTED_MOST)
        return leat_fail(err, LEAT_E_TOO_LARGE, LEAT_KIND_DATA, "%s.%s differs in more rows than are kept in memory", whole->table->database[SOURCE],
                         whole->table->name[SOURCE]);
    if (whole->count == whole->room) {
        whole->room = whole->room ? whole->room * 2 : 256;
        whole->list = leat_realloc(whole->list, whole->room * sizeof *whole->list);
    }
    struct counted *counted = &whole->list[whole->count++];
    *counted = (struct counted){0};
    memcpy(counted->hash, cells[0], HASH_TEXT);
    counted->count[whole->side] = strtoull(cells[1], NULL, 10);
    return LEAT_OK;
}

/* Of some buckets that differ. */
static int count_rows(struct whole *whole, int side, struct leat_error *err)
{
    struct leat_buf sql = {0}, hash = {0};
    verify_hash(&hash, whole->table, side);
    const char *h = leat_buf_cstr(&hash);
    size_t asked = 0;
    leat_buf_printf(&sql, "SELECT %s, COUNT(*) FROM ", h);
    verify_path(&sql, whole->table, side);
    leat_buf_printf(&sql, " WHERE LEFT(%s,%d) IN (", h, BUCKET_DIGITS);
    for (size_t i = 0; i < BUCKETS && asked < DIFFERING_MOST; i++)
        if (memcmp(&whole->buckets[SOURCE][i], &whole->buckets[TARGET][i], sizeof(struct bucket)) != 0)
            leat_buf_printf(&sql, "%s'%03zx'", asked++ ? "," : "", i);
    leat_buf_puts(&sql, ") GROUP BY 1");
    whole->side = side;
    int rc = asked ? leat_mysql_rows(whole->verify->side[side], take_counted, whole, leat_buf_cstr(&sql), err) : LEAT_OK;
    leat_buf_free(&hash);
    leat_buf_free(&sql);
    return rc;
}

static int compare_counted(const void *a, const void *b)
{
    return memcmp(((const struct counted *)a)->hash, ((const struct counted *)b)->hash, HASH_TEXT);
}

static void merge(struct whole *whole)
{
    size_t kept = 0;
    if (whole->count)
        qsort(whole->list, whole->count, sizeof *whole->list, compare_counted);
    for (size_t i = 0; i < whole->count; i++) {
        bool same = kept && !compare_counted(&whole->list[kept - 1], &whole->list[i]);
        if (!same)
            whole->list[kept++] = whole->list[i];
        else
            for (int side = 0; side < SIDES; side++)
                whole->list[kept - 1].count[side] += whole->list[i].count[side];
    }
    whole->count = kept;
}

/* What stands for rows without a key: one of them, and how many there are on each side. */
struct shown {
    const struct verify_table *table;
    int side;
    struct verify_candidate candidate;
};

static int take_shown(void *context, const char *const *cells, const unsigned long *sizes, struct leat_error *err)
{
    (void)err;
    struct shown *shown = context;
    shown->candidate.there[shown->side] = true;
    for (size_t i = 0; i < shown->table->count; i++)
        verify_key_put(&shown->candidate.row[shown->side], cells[i], sizes[i]);
    return LEAT_OK;
}

static int show(struct whole *whole, const struct counted *counted, struct leat_error *err)
{
    struct leat_buf sql = {0};
    struct shown shown = {.table = whole->table, .side = counted->count[SOURCE] ? SOURCE : TARGET, .candidate.state = VERIFY_DIFFERS};
    leat_buf_puts(&sql, "SELECT ");
    for (size_t i = 0; i < whole->table->count; i++) {
        const struct verify_column *column = &whole->table->columns[i];
        if (column->large && column->class != VERIFY_JSON)
            leat_buf_printf(&sql, "%sCONCAT('=',LEFT(%s,4096))", i ? "," : "", column->expression[shown.side]);
        else
            leat_buf_printf(&sql, "%s%s", i ? "," : "", column->expression[shown.side]);
    }
    leat_buf_puts(&sql, " FROM ");
    verify_path(&sql, whole->table, shown.side);
    leat_buf_puts(&sql, " WHERE ");
    verify_hash(&sql, whole->table, shown.side);
    leat_buf_printf(&sql, "='%.*s' LIMIT 1", HASH_TEXT, counted->hash);
    int rc = leat_mysql_rows(whole->verify->side[shown.side], take_shown, &shown, leat_buf_cstr(&sql), err);
    uint64_t source = counted->count[SOURCE], target = counted->count[TARGET];
    for (uint64_t i = source < target ? source : target; rc == LEAT_OK && i < (source < target ? target : source) && !verify_enough(whole->verify); i++) {
        bool extra = target > source;
        shown.candidate.there[extra ? TARGET : SOURCE] = true;
        shown.candidate.there[extra ? SOURCE : TARGET] = false;
        if (extra != (shown.side == TARGET)) { /* it is on both: shown by the one row that was read */
            leat_buf_clear(&shown.candidate.row[extra ? TARGET : SOURCE]);
            leat_buf_put(&shown.candidate.row[extra ? TARGET : SOURCE], shown.candidate.row[shown.side].data, shown.candidate.row[shown.side].size);
        }
        verify_report(whole->verify, whole->table, &shown.candidate);
    }
    leat_buf_free(&shown.candidate.row[SOURCE]);
    leat_buf_free(&shown.candidate.row[TARGET]);
    leat_buf_free(&sql);
    return rc;
}

/* Within two snapshots. */
static int compare(struct whole *whole, struct leat_error *err)
{
    int rc = LEAT_OK;
    whole->count = 0;
    for (int side = 0; side < SIDES && rc == LEAT_OK; side++)
        rc = read_buckets(whole, side, err);
    for (int side = 0; side < SIDES && rc == LEAT_OK; side++)
        rc = count_rows(whole, side, err);
    if (rc == LEAT_OK)
        merge(whole);
    for (size_t i = 0; i < whole->count && rc == LEAT_OK; i++)
        if (whole->list[i].count[SOURCE] != whole->list[i].count[TARGET])
            rc = show(whole, &whole->list[i], err);
    for (size_t i = 0; i < BUCKETS && rc == LEAT_OK; i++)
        whole->verify->summary->rows += whole->buckets[SOURCE][i].count;
    return rc;
}

static int unsettled(const struct whole *whole)
{
    struct verify *verify = whole->verify;
    json_t *difference = verify_difference(whole->table, "unsettled");
    json_object_set_new(difference, "message", json_string("a table without a primary key that changed at each look at it"));
    verify->options->difference(verify->options->context, difference);
    json_decref(difference);
    verify->summary->unsettled++;
    return LEAT_OK;
}

/* The window is known to be quiet before anything is read: snapshots stay as they are. */
static int settle(struct whole *whole, struct leat_error *err)
{
    struct verify *verify = whole->verify;
    uint64_t end_us = leat_monotonic_us(verify->clock) + (uint64_t)verify->options->settle_ms * 1000;
    for (;;) {
        struct verify_window window;
        bool any = true;
        int rc = verify_snapshots(verify, &window, err);
        if (rc == LEAT_OK)
            rc = verify_wait_for_journal(verify, &window, err);
        if (rc == LEAT_OK)
            rc = verify_touched(verify, whole->table, &window, NULL, &any, err);
        if (rc == LEAT_OK && !any)
            rc = compare(whole, err);
        if (rc == LEAT_OK)
            rc = verify_snapshots_end(verify, err);
        if (rc || !any)
            return rc;
        if (leat_monotonic_us(verify->clock) >= end_us)
            return unsettled(whole);
        usleep(AGAIN_US);
    }
}

int verify_whole(struct verify *verify, const struct verify_table *table, struct leat_error *err)
{
    struct whole whole = {.verify = verify, .table = table};
    for (int side = 0; side < SIDES; side++)
        whole.buckets[side] = leat_alloc_zero(BUCKETS, sizeof *whole.buckets[side]);
    verify->summary->chunks++;
    int rc = settle(&whole, err);
    for (int side = 0; side < SIDES; side++)
        free(whole.buckets[side]);
    free(whole.list);
    return rc;
}
