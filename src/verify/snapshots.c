/* Two snapshots at known places. The target's: begun while the sink rests between two transactions with nothing in flight, so that it
 * has what lies before the sink's checkpoint and nothing more. The source's: begun once the source itself has all of that for everyone
 * (its binlog has a transaction before its tables do), and followed at once by its position, behind which nothing of the snapshot lies.
 * MariaDB tells where in the binlog a snapshot is. */
#include "verify_int.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "control/control.h"
#include "sink/runner.h"

enum {
    ASK_TIMEOUT_MS = 30000,
    REST_MS = 10000,       /* the sink goes on by itself after that */
    REST_SURE_US = 7000000,
    LOOK_US = 2000,
    PATIENCE_US = 120000000, /* for a large transaction to end, or the journal to come */
    UNTOLD_US = 1000000,
    IDLE_LOOKS = 50,
};

/* ---- Asking the relay ---- */

static int ask(const struct verify *verify, json_t *request, json_t **reply, struct leat_error *err)
{
    json_t *answer = NULL;
    int rc = leat_control_ask(verify->options->config->journal.dir, request, &answer, ASK_TIMEOUT_MS, err);
    json_decref(request);
    if (rc == LEAT_OK && reply)
        *reply = answer;
    else
        json_decref(answer);
    return rc;
}

static int rest(const struct verify *verify, int ms, struct leat_error *err)
{
    return ask(verify, json_pack("{s:s, s:s, s:i}", "command", "rest", "sink", verify->options->sink->name, "ms", ms), NULL, err);
}

/* What the relay says of the sink; *reply keeps it. */
static int sink_status(const struct verify *verify, json_t **reply, const json_t **sink, struct leat_error *err)
{
    size_t i;
    const json_t *each;
    if (ask(verify, json_pack("{s:s}", "command", "status"), reply, err))
        return LEAT_FAIL;
    json_array_foreach(json_object_get(json_object_get(*reply, "status"), "sinks"), i, each) {
        const char *name = json_string_value(json_object_get(each, "name"));
        if (name && !strcmp(name, verify->options->sink->name)) {
            *sink = each;
            return LEAT_OK;
        }
    }
    json_decref(*reply);
    *reply = NULL;
    return leat_fail(err, LEAT_E_USAGE, LEAT_KIND_OPERATOR, "the running leat has no sink %s: its configuration is another one", verify->options->sink->name);
}

static const char *text_of(const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));
    return text ? text : "";
}

static uint64_t number_of(const json_t *object, const char *key)
{
    return (uint64_t)json_integer_value(json_object_get(object, key));
}

/* ---- The target ---- */

struct place {
    uint64_t seq, generation;
    char file[512], *gtids; /* gtids: owned */
    uint64_t pos;
};

static bool stands(const json_t *sink)
{
    return !strcmp(text_of(sink, "state"), "paused") && !number_of(sink, "in_flight");
}

static void take_place(struct place *place, const json_t *sink)
{
    free(place->gtids);
    *place = (struct place){.seq = number_of(sink, "seq"), .generation = number_of(sink, "generation"), .pos = number_of(sink, "pos"),
                            .gtids = leat_strdup(text_of(sink, "gtids"))};
    snprintf(place->file, sizeof place->file, "%s", text_of(sink, "file"));
}

static int not_running(const struct verify *verify, const json_t *sink, struct leat_error *err)
{
    (void)leat_fail(err, LEAT_E_SERVER, LEAT_KIND_OPERATOR, "sink %s is %s: what its target has is not known", verify->options->sink->name,
                    text_of(sink, "state"));
    return leat_cure(err, "`leat status` says why; verify works while it runs, or is paused");
}

/* Until the sink rests with nothing in flight. */
static int wait_for_rest(const struct verify *verify, struct place *place, struct leat_error *err)
{
    uint64_t began_us = leat_monotonic_us(verify->clock);
    for (unsigned i = 0;; i++) {
        json_t *reply = NULL;
        const json_t *sink = NULL;
        if ((i % 512 == 0 && rest(verify, REST_MS, err)) || sink_status(verify, &reply, &sink, err))
            return LEAT_FAIL;
        const char *state = text_of(sink, "state");
        bool there = stands(sink), hopeless = strcmp(state, "paused") != 0 && strcmp(state, "running") != 0 && strcmp(state, "recovering") != 0;
        if (there)
            take_place(place, sink);
        bool late = leat_monotonic_us(verify->clock) - began_us > PATIENCE_US;
        int rc = !there && (hopeless || late) ? not_running(verify, sink, err) : LEAT_OK;
        json_decref(reply);
        if (there || rc)
            return rc;
        usleep(LOOK_US);
    }
}

/* Whether it rested all the time since it was seen to. */
static int rested(const struct verify *verify, const struct place *place, uint64_t since_us, bool *sure, struct leat_error *err)
{
    json_t *reply = NULL;
    const json_t *sink = NULL;
    if (sink_status(verify, &reply, &sink, err))
        return LEAT_FAIL;
    bool mine = json_is_true(json_object_get(sink, "resting"));
    *sure = stands(sink) && number_of(sink, "seq") == place->seq && number_of(sink, "generation") == place->generation &&
            (!mine || leat_monotonic_us(verify->clock) - since_us < REST_SURE_US);
    json_decref(reply);
    return LEAT_OK;
}

static int begin(struct verify *verify, int side, struct leat_error *err)
{
    if (leat_mysql_query(verify->side[side], NULL, err, "ROLLBACK"))
        return LEAT_FAIL;
    return leat_mysql_query(verify->side[side], NULL, err, "START TRANSACTION WITH CONSISTENT SNAPSHOT");
}

static int snapshot_target(struct verify *verify, struct place *place, struct leat_error *err)
{
    for (bool sure = false; !sure;) {
        if (wait_for_rest(verify, place, err))
            return LEAT_FAIL;
        uint64_t since_us = leat_monotonic_us(verify->clock);
        int rc = begin(verify, TARGET, err);
        if (rc == LEAT_OK)
            rc = rested(verify, place, since_us, &sure, err);
        struct leat_error ignored = {0};
        if (rest(verify, 0, rc ? &ignored : err) || rc)
            return LEAT_FAIL;
    }
    return LEAT_OK;
}

/* ---- The source ---- */

static int too_slow(const char *what, struct leat_error *err)
{
    return leat_fail(err, LEAT_E_TIMEOUT, LEAT_KIND_RETRY, "%s within two minutes", what);
}

/* MySQL with GTIDs: a GTID is executed once its changes are seen. */
static int wait_for_source(struct verify *verify, const struct place *place, struct leat_error *err)
{
    struct leat_buf sql = {0};
    char answer[8] = "";
    uint64_t began_us = leat_monotonic_us(verify->clock);
    if (!*place->gtids) { /* nothing tells; what is in the binlog is in the tables soon after */
        usleep(UNTOLD_US);
        return LEAT_OK;
    }
    leat_buf_puts(&sql, "SELECT GTID_SUBSET(");
    leat_mysql_quote(&sql, place->gtids, strlen(place->gtids));
    leat_buf_puts(&sql, ", @@global.gtid_executed)");
    int rc = leat_mysql_value(verify->side[SOURCE], answer, sizeof answer, leat_buf_cstr(&sql), err);
    while (rc == LEAT_OK && strcmp(answer, "1") != 0) {
        if (leat_monotonic_us(verify->clock) - began_us > PATIENCE_US)
            rc = too_slow("the source didn't have what the target has", err);
        else
            usleep(LOOK_US);
        if (rc == LEAT_OK)
            rc = leat_mysql_value(verify->side[SOURCE], answer, sizeof answer, leat_buf_cstr(&sql), err);
    }
    leat_buf_free(&sql);
    return rc == LEAT_END ? leat_fail(err, LEAT_E_SERVER, LEAT_KIND_OPERATOR, "the source doesn't tell its gtid_executed") : rc;
}

static int take_position(struct leat_result *result, const char *file, const char *pos, struct verify_window *window, struct leat_error *err)
{
    int rc = LEAT_OK;
    if (!result->row_count || !file || !pos)
        rc = leat_fail(err, LEAT_E_PRIVILEGE, LEAT_KIND_OPERATOR, "the source doesn't say where its binlog is");
    else
        snprintf(window->file, sizeof window->file, "%s", file);
    window->pos = pos ? strtoull(pos, NULL, 10) : 0;
    return rc;
}

static int snapshot_mysql(struct verify *verify, const struct place *place, struct verify_window *window, struct leat_error *err)
{
    struct leat_result *result = NULL;
    if (wait_for_source(verify, place, err) || begin(verify, SOURCE, err))
        return LEAT_FAIL;
    bool new = leat_mysql_server(verify->side[SOURCE])->version >= 80200;
    if (leat_mysql_query(verify->side[SOURCE], &result, err, new ? "SHOW BINARY LOG STATUS" : "SHOW MASTER STATUS"))
        return LEAT_FAIL;
    int rc = take_position(result, result->row_count ? leat_result_cell(result, 0, "File") : NULL,
                           result->row_count ? leat_result_cell(result, 0, "Position") : NULL, window, err);
    leat_result_free(&result);
    return rc;
}

static int snapshot_mariadb(struct verify *verify, const struct place *place, struct verify_window *window, struct leat_error *err)
{
    uint64_t began_us = leat_monotonic_us(verify->clock);
    for (;;) {
        struct leat_result *result = NULL;
        const char *found[2] = {NULL, NULL};
        if (begin(verify, SOURCE, err) || leat_mysql_query(verify->side[SOURCE], &result, err, "SHOW STATUS LIKE 'binlog\\_snapshot\\_%%'"))
            return LEAT_FAIL;
        for (size_t i = 0; i < result->row_count; i++) {
            const char *name = leat_result_cell(result, i, "Variable_name");
            if (name && !strcasecmp(name, "binlog_snapshot_file"))
                found[0] = leat_result_cell(result, i, "Value");
            else if (name && !strcasecmp(name, "binlog_snapshot_position"))
                found[1] = leat_result_cell(result, i, "Value");
        }
        int rc = take_position(result, found[0], found[1], window, err);
        leat_result_free(&result);
        if (rc || !place->file[0] || leat_runner_compare_places(window->file, window->pos, place->file, place->pos) >= 0)
            return rc;
        if (leat_monotonic_us(verify->clock) - began_us > PATIENCE_US)
            return too_slow("the source didn't have what the target has", err);
        usleep(LOOK_US);
    }
}

int verify_snapshots(struct verify *verify, struct verify_window *window, struct leat_error *err)
{
    struct place place = {0};
    *window = (struct verify_window){0};
    int rc = snapshot_target(verify, &place, err);
    window->seq = place.seq;
    if (rc == LEAT_OK)
        rc = leat_mysql_server(verify->side[SOURCE])->mariadb ? snapshot_mariadb(verify, &place, window, err)
                                                              : snapshot_mysql(verify, &place, window, err);
    free(place.gtids);
    return rc;
}

int verify_snapshots_end(struct verify *verify, struct leat_error *err)
{
    for (int side = 0; side < SIDES; side++)
        if (leat_mysql_query(verify->side[side], NULL, err, "ROLLBACK"))
            return LEAT_FAIL;
    return LEAT_OK;
}

/* ---- The journal ---- */

int verify_wait_for_journal(struct verify *verify, const struct verify_window *window, struct leat_error *err)
{
    uint64_t began_us = leat_monotonic_us(verify->clock);
    for (unsigned idle = 0;;) {
        json_t *reply = NULL;
        if (ask(verify, json_pack("{s:s}", "command", "status"), &reply, err))
            return LEAT_FAIL;
        const json_t *status = json_object_get(reply, "status"), *journal = json_object_get(status, "journal"), *source = json_object_get(status, "source");
        bool journalled = leat_runner_compare_places(text_of(journal, "file"), number_of(journal, "pos"), window->file, window->pos) >= 0;
        /* What ends in nothing to journal (a rotation) moves only the source: then nothing is under way either. */
        bool read = !number_of(journal, "queue_bytes") &&
                    leat_runner_compare_places(text_of(source, "file"), number_of(source, "pos"), window->file, window->pos) >= 0;
        json_decref(reply);
        idle = read ? idle + 1 : 0;
        if (journalled || idle > IDLE_LOOKS)
            return LEAT_OK;
        if (leat_monotonic_us(verify->clock) - began_us > PATIENCE_US)
            return too_slow("the journal didn't get what the source has", err);
        usleep(LOOK_US * 5);
    }
}
