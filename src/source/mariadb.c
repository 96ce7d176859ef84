/* What a MariaDB server says of itself and its binlog.
 *
 * Its GTIDs are domain-server-number, and what it has is told in three ways: gtid_binlog_state is the last of each domain
 * *and* server in its binlog, gtid_binlog_pos the last of each domain, gtid_slave_pos what it has replicated itself. Only the
 * first can tell whether a transaction of ours is in it: after 0-1-8 and 0-2-12, 0-1-10 is not, though 12 is more than 10.
 *
 * It has no UUID. Ours is made of its server_id, host name and port: it stays over restarts, and two servers may share it (two
 * containers with default settings). So nothing that could lose or repeat a change rests on it: docs/decisions/
 * mariadb-identity.md. */
#include "source_int.h"

#include <stdlib.h>

#include "base/alloc.h"
#include "base/checksum.h"

static const size_t state_count_max = 1 << 20;

static void put_le(uint8_t *to, uint64_t value)
{
    for (int i = 0; i < 8; i++)
        to[i] = (uint8_t)(value >> 8 * i);
}

static int read_uuid(const struct leat_result *result, uint8_t uuid[LEAT_UUID_SIZE], const struct leat_mysql *mysql,
                     struct leat_error *err)
{
    enum { VERSION_AT = 6, VARIANT_AT = 8, VERSION_CUSTOM = 0x80, VARIANT = 0x80 };
    static const char *const parts[] = {"server_id", "hostname", "port"};
    struct leat_buf text = {0};
    leat_buf_puts(&text, "mariadb");
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        const char *cell = leat_result_cell(result, 0, parts[i]);
        if (!cell) {
            leat_buf_free(&text);
            return source_missing(mysql, parts[i], err);
        }
        leat_buf_u8(&text, 0);
        leat_buf_puts(&text, cell);
    }
    put_le(uuid, leat_hash64(text.data, text.size, 1));
    put_le(uuid + 8, leat_hash64(text.data, text.size, 2));
    uuid[VERSION_AT] = (uint8_t)(VERSION_CUSTOM | (uuid[VERSION_AT] & 0x0F));
    uuid[VARIANT_AT] = (uint8_t)(VARIANT | (uuid[VARIANT_AT] & 0x3F));
    leat_buf_free(&text);
    return LEAT_OK;
}

#define IDENTITY "@@global.server_id AS server_id, @@hostname AS hostname, @@port AS port"

int source_uuid_mariadb(struct leat_mysql *mysql, uint8_t uuid[LEAT_UUID_SIZE], struct leat_error *err)
{
    struct leat_result *result = NULL;
    int rc = leat_mysql_query(mysql, &result, err, "SELECT " IDENTITY);
    if (rc == LEAT_OK)
        rc = read_uuid(result, uuid, mysql, err);
    leat_result_free(&result);
    return rc;
}

int source_parse_state_mariadb(const char *text, struct leat_gtid **state, size_t *count, struct leat_error *err)
{
    size_t capacity = 0;
    *state = NULL;
    *count = 0;
    while (*text) {
        size_t size = strcspn(text, ",");
        char one[LEAT_GTID_TEXT_MAX];
        if (size >= sizeof one || *count == state_count_max)
            goto failed;
        memcpy(one, text, size);
        one[size] = '\0';
        if (*count == capacity) {
            capacity = capacity ? 2 * capacity : 4;
            *state = leat_realloc(*state, capacity * sizeof **state);
        }
        if (leat_gtid_parse(&(*state)[*count], one, err) || (*state)[*count].flavour != LEAT_FLAVOUR_MARIADB)
            goto failed;
        ++*count;
        text += size + (text[size] == ',');
    }
    return LEAT_OK;
failed:
    free(*state);
    *state = NULL;
    *count = 0;
    return leat_fail(err, LEAT_E_SERVER, LEAT_KIND_RETRY, "gtid_binlog_state isn't a list of MariaDB's GTIDs");
}

int source_file_gtids_mariadb(struct leat_mysql *mysql, const char *file, struct leat_gtid_set **before,
                              struct leat_error *err)
{
    struct leat_result *result = NULL;
    struct leat_buf quoted = {0};
    leat_mysql_quote(&quoted, file, strlen(file));
    int rc = leat_mysql_query(mysql, &result, err, "SELECT BINLOG_GTID_POS(%s, 4) AS gtids", leat_buf_cstr(&quoted));
    leat_buf_free(&quoted);
    if (rc)
        return rc;
    rc = leat_result_cell(result, 0, "gtids") ? source_parse_set(result, "gtids", before, mysql, err) : LEAT_END;
    leat_result_free(&result);
    return rc;
}

/* What lies before the oldest file. One that is purged between the two questions is asked for again. */
static int read_purged(struct leat_mysql *mysql, struct leat_gtid_set **purged, struct leat_error *err)
{
    enum { TRIES = 10 };
    int rc = LEAT_END;
    for (int i = 0; i < TRIES && rc == LEAT_END; i++) {
        struct source_logs logs;
        rc = source_list_logs(mysql, &logs, err);
        if (rc)
            return rc;
        rc = source_file_gtids_mariadb(mysql, logs.list[0].file, purged, err);
        source_logs_free(&logs);
    }
    return rc == LEAT_END ? source_missing(mysql, "GTIDs at its oldest binlog file's start", err) : rc;
}

int source_facts_mariadb(struct leat_mysql *mysql, struct source_facts *facts, struct leat_error *err)
{
    facts->mariadb = true;
    facts->gtid_mode = SOURCE_GTID_ON; /* it can't be turned off */
    struct leat_result *result = NULL;
    int rc = leat_mysql_query(mysql, &result, err,
                              "SELECT " IDENTITY ", @@global.gtid_binlog_state AS state, @@global.gtid_binlog_pos AS "
                              "gtid_binlog_pos, @@global.gtid_slave_pos AS gtid_slave_pos");
    if (rc)
        return rc;
    const char *state = leat_result_cell(result, 0, "state");
    rc = read_uuid(result, facts->uuid, mysql, err);
    if (rc == LEAT_OK)
        rc = state ? source_parse_state_mariadb(state, &facts->state, &facts->state_count, err)
                   : source_missing(mysql, "gtid_binlog_state", err);
    if (rc == LEAT_OK)
        rc = source_parse_set(result, "gtid_binlog_pos", &facts->executed, mysql, err);
    if (rc == LEAT_OK)
        rc = source_parse_set(result, "gtid_slave_pos", &facts->applied, mysql, err);
    if (rc == LEAT_OK)
        rc = read_purged(mysql, &facts->purged, err);
    leat_result_free(&result);
    if (rc)
        source_facts_free(facts);
    return rc;
}

/* ---- What it lacks ---- */

static bool in_binlog(const struct source_facts *facts, const struct leat_gtid *gtid)
{
    for (size_t i = 0; i < facts->state_count; i++)
        if (facts->state[i].domain == gtid->domain && facts->state[i].server_id == gtid->server_id)
            return facts->state[i].number >= gtid->number;
    return false;
}

struct leat_gtid_set *source_lacks_mariadb(const struct source_facts *facts, const struct leat_gtid_set *completed)
{
    struct leat_gtid_set *missing = leat_gtid_set_new();
    struct leat_gtid gtid;
    for (size_t i = 0; leat_gtid_set_domain(completed, i, &gtid); i++) {
        /* A replica that was made from a copy has in its binlog only what came later; it stands where we do if the copy did. */
        struct leat_gtid applied;
        bool there = in_binlog(facts, &gtid) || (leat_gtid_set_of_domain(facts->applied, gtid.domain, &applied) &&
                                                 leat_gtid_equal(&applied, &gtid));
        struct leat_error ignored = {0};
        if (!there && leat_gtid_set_add(missing, &gtid, &ignored))
            break; /* of one flavour, so it can't be */
    }
    return missing;
}

/* ---- Now ---- */

static int read_status(struct leat_mysql *mysql, char file[LEAT_BINLOG_NAME_MAX + 1], uint64_t *pos, struct leat_error *err)
{
    struct leat_result *result = NULL;
    int rc = source_log_status(mysql, &result, err);
    if (rc)
        return rc;
    const char *name = leat_result_cell(result, 0, "File"), *position = leat_result_cell(result, 0, "Position");
    if (!name || !position || strlen(name) > LEAT_BINLOG_NAME_MAX)
        rc = source_missing(mysql, "binary log status (is log_bin on?)", err);
    else {
        memcpy(file, name, strlen(name) + 1);
        *pos = strtoull(position, NULL, 10);
    }
    leat_result_free(&result);
    return rc;
}

static int read_gtids(struct leat_mysql *mysql, struct leat_gtid_set **gtids, struct leat_error *err)
{
    struct leat_result *result = NULL;
    int rc = leat_mysql_query(mysql, &result, err, "SELECT @@global.gtid_binlog_pos AS gtid_binlog_pos");
    if (rc == LEAT_OK)
        rc = source_parse_set(result, "gtid_binlog_pos", gtids, mysql, err);
    leat_result_free(&result);
    return rc;
}

/* The server reads its file up to there to answer: exact, but not for nothing. */
static int read_gtids_at(struct leat_mysql *mysql, const char *file, uint64_t pos, struct leat_gtid_set **gtids,
                         struct leat_error *err)
{
    struct leat_result *result = NULL;
    struct leat_buf quoted = {0};
    leat_mysql_quote(&quoted, file, strlen(file));
    int rc = leat_mysql_query(mysql, &result, err, "SELECT BINLOG_GTID_POS(%s, %llu) AS gtids", leat_buf_cstr(&quoted),
                              (unsigned long long)pos);
    leat_buf_free(&quoted);
    if (rc == LEAT_OK)
        rc = source_parse_set(result, "gtids", gtids, mysql, err);
    leat_result_free(&result);
    return rc;
}

/* The GTIDs of a position: read between two equal positions nothing was written in between; where that doesn't come, because
 * the server writes all the time, it is asked for those of a position. */
int source_now_mariadb(struct leat_mysql *mysql, char file[LEAT_BINLOG_NAME_MAX + 1], uint64_t *pos,
                       struct leat_gtid_set **executed, struct leat_error *err)
{
    enum { TRIES = 5 };
    int rc = read_status(mysql, file, pos, err);
    for (int i = 0; rc == LEAT_OK && i < TRIES; i++) {
        char again[LEAT_BINLOG_NAME_MAX + 1];
        uint64_t again_pos;
        rc = read_gtids(mysql, executed, err);
        if (rc)
            return rc;
        rc = read_status(mysql, again, &again_pos, err);
        bool same = rc == LEAT_OK && again_pos == *pos && !strcmp(again, file);
        if (same)
            return LEAT_OK;
        leat_gtid_set_free(executed);
        if (rc == LEAT_OK) {
            memcpy(file, again, sizeof again);
            *pos = again_pos;
        }
    }
    return rc ? rc : read_gtids_at(mysql, file, *pos, executed, err);
}
