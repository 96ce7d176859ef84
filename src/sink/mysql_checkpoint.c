/* The checkpoint table. A row is changed only by who holds its epoch, from the version that he wrote last: so of two at most one commits, also
 * when the COMMIT of one that was given up is still under way. Claiming waits for such a one, by the row's lock. */
#include "mysql_checkpoint_int.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void put_name(struct leat_buf *buf, const char *name, size_t size)
{
    leat_buf_u8(buf, '`');
    for (size_t i = 0; i < size; i++) {
        if (name[i] == '`')
            leat_buf_u8(buf, '`');
        leat_buf_u8(buf, (uint8_t)name[i]);
    }
    leat_buf_u8(buf, '`');
}

int leat_mysql_checkpoint_open(struct mysql_checkpoint *checkpoint, const struct leat_sink_env *env, struct leat_error *err)
{
    const char *name = env->config->checkpoint_table, *dot = strchr(name, '.');
    *checkpoint = (struct mysql_checkpoint){0};
    if (!dot || dot == name || !dot[1] || strchr(dot + 1, '.'))
        return leat_fail(err, LEAT_E_CONFIG, LEAT_KIND_OPERATOR, "sink %s: checkpoint_table \"%s\" isn't DATABASE.TABLE", env->config->name, name);
    put_name(&checkpoint->table, name, (size_t)(dot - name));
    leat_buf_u8(&checkpoint->table, '.');
    put_name(&checkpoint->table, dot + 1, strlen(dot + 1));
    (void)leat_buf_cstr(&checkpoint->table);
    struct leat_buf key = {0};
    leat_buf_printf(&key, "%s.%s", env->relay_name, env->config->name);
    leat_mysql_quote(&checkpoint->key, (const char *)key.data, key.size);
    (void)leat_buf_cstr(&checkpoint->key);
    leat_buf_free(&key);
    return LEAT_OK;
}

void leat_mysql_checkpoint_close(struct mysql_checkpoint *checkpoint)
{
    leat_buf_free(&checkpoint->table);
    leat_buf_free(&checkpoint->key);
}

static int create_table(const struct mysql_checkpoint *checkpoint, struct leat_mysql *mysql, struct leat_error *err)
{
    return leat_mysql_query(mysql, NULL, err,
                            "CREATE TABLE IF NOT EXISTS %s (name VARCHAR(160) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL PRIMARY KEY, "
                            "epoch BIGINT UNSIGNED NOT NULL, version BIGINT UNSIGNED NOT NULL, checkpoint LONGBLOB, seq BIGINT UNSIGNED, "
                            "file VARCHAR(512), pos BIGINT UNSIGNED, gtids LONGTEXT CHARACTER SET utf8mb4, intent_seq BIGINT UNSIGNED, intent VARCHAR(64), "
                            "changed TIMESTAMP(6) NOT NULL DEFAULT CURRENT_TIMESTAMP(6) ON UPDATE CURRENT_TIMESTAMP(6)) ENGINE=InnoDB",
                            (const char *)checkpoint->table.data);
}

/* Where it is missing alone: whoever made it may have given us no more than that. */
static int create(const struct mysql_checkpoint *checkpoint, struct leat_mysql *mysql, const struct leat_sink_env *env, struct leat_error *err)
{
    enum { NO_SUCH_DATABASE = 1049, NO_SUCH_TABLE = 1146 };
    size_t database = strcspn(env->config->checkpoint_table, ".");
    struct leat_error missing = {0};
    int rc = leat_mysql_query(mysql, NULL, &missing, "DO (SELECT 1 FROM %s LIMIT 1)", (const char *)checkpoint->table.data);
    unsigned number = leat_mysql_errno(mysql);
    if (rc == LEAT_FAIL && number != NO_SUCH_TABLE && number != NO_SUCH_DATABASE)
        *err = missing;
    else if (rc == LEAT_FAIL)
        rc = create_table(checkpoint, mysql, err);
    if (rc == LEAT_FAIL && leat_mysql_errno(mysql) == NO_SUCH_DATABASE) {
        rc = leat_mysql_query(mysql, NULL, err, "CREATE DATABASE IF NOT EXISTS `%.*s`", (int)database, env->config->checkpoint_table);
        if (rc == LEAT_OK)
            rc = create_table(checkpoint, mysql, err);
    }
    return rc;
}

static int fenced(const struct mysql_checkpoint *checkpoint, const struct leat_sink_env *env, struct leat_error *err)
{
    (void)leat_fail(err, LEAT_E_FENCED, LEAT_KIND_FATAL, "another leat took over: it applies as %s, by table %s of the target",
                    (const char *)checkpoint->key.data, env->config->checkpoint_table);
    return leat_cure(err, "let only one of the two run; if both are meant to, give them different names (`name`, or the sink's)");
}

static uint8_t hex_digit(char digit)
{
    return (uint8_t)(digit <= '9' ? digit - '0' : digit - 'A' + 10);
}

static int take_row(struct mysql_checkpoint *checkpoint, const struct leat_result *row, struct leat_checkpoint *at, struct leat_error *err)
{
    const char *hex = leat_result_cell(row, 0, "checkpoint"), *intent = leat_result_cell(row, 0, "intent");
    const char *intent_seq = leat_result_cell(row, 0, "intent_seq"), *version = leat_result_cell(row, 0, "version");
    checkpoint->version = version ? strtoull(version, NULL, 10) : 0;
    checkpoint->has_intent = intent_seq != NULL;
    checkpoint->intent_seq = intent_seq ? strtoull(intent_seq, NULL, 10) : 0;
    snprintf(checkpoint->intent, sizeof checkpoint->intent, "%s", intent ? intent : "");
    if (!hex)
        return LEAT_END;
    struct leat_buf bytes = {0};
    for (size_t i = 0; hex[i] && hex[i + 1]; i += 2)
        leat_buf_u8(&bytes, (uint8_t)(hex_digit(hex[i]) << 4 | hex_digit(hex[i + 1])));
    int rc = leat_checkpoint_decode(at, bytes.data, bytes.size, err);
    leat_buf_free(&bytes);
    return rc;
}

static int claim_row(struct mysql_checkpoint *checkpoint, struct leat_mysql *mysql, const struct leat_sink_env *env, struct leat_checkpoint *at,
                     struct leat_error *err)
{
    const char *table = (const char *)checkpoint->table.data, *key = (const char *)checkpoint->key.data;
    struct leat_result *row = NULL;
    int rc = leat_mysql_query(mysql, &row, err, "SELECT epoch, version, HEX(checkpoint) AS checkpoint, intent_seq, intent FROM %s WHERE name = %s FOR UPDATE",
                              table, key);
    if (rc)
        return rc;
    const char *text = leat_result_cell(row, 0, "epoch");
    uint64_t epoch = text ? strtoull(text, NULL, 10) : 0;
    if (checkpoint->claimed && epoch != checkpoint->epoch)
        rc = text ? fenced(checkpoint, env, err) : LEAT_OK;
    int took = rc == LEAT_OK && text ? take_row(checkpoint, row, at, err) : LEAT_END;
    leat_result_free(&row);
    if (rc == LEAT_OK && took != LEAT_FAIL) {
        checkpoint->epoch = epoch + 1;
        if (!text) {
            checkpoint->version = 0;
            checkpoint->has_intent = false;
        }
        rc = leat_mysql_query(mysql, NULL, err, "INSERT INTO %s (name, epoch, version) VALUES (%s, %llu, 0) ON DUPLICATE KEY UPDATE epoch = %llu",
                              table, key, (unsigned long long)checkpoint->epoch, (unsigned long long)checkpoint->epoch);
    }
    return rc ? rc : took;
}

int leat_mysql_checkpoint_claim(struct mysql_checkpoint *checkpoint, struct leat_mysql *mysql, const struct leat_sink_env *env,
                                struct leat_checkpoint *at, struct leat_error *err)
{
    int rc = create(checkpoint, mysql, env, err);
    if (rc == LEAT_OK)
        rc = leat_mysql_query(mysql, NULL, err, "BEGIN");
    if (rc == LEAT_OK)
        rc = claim_row(checkpoint, mysql, env, at, err);
    if (rc == LEAT_FAIL && err->kind != LEAT_KIND_FATAL) /* what it means for us; a wait for the row's lock passes */
        (void)leat_mysql_target_error(leat_mysql_errno(mysql), env, "", err);
    struct leat_error ignored = {0};
    int ended = leat_mysql_query(mysql, NULL, rc == LEAT_FAIL ? &ignored : err, rc == LEAT_OK || rc == LEAT_END ? "COMMIT" : "ROLLBACK");
    if (rc == LEAT_OK || rc == LEAT_END)
        rc = ended ? ended : rc;
    checkpoint->claimed = checkpoint->claimed || rc == LEAT_OK || rc == LEAT_END;
    return rc;
}

static void put_where(struct leat_buf *sql, struct mysql_checkpoint *checkpoint)
{
    leat_buf_printf(sql, ", version = %llu WHERE name = %s AND epoch = %llu AND version = %llu", (unsigned long long)checkpoint->version + 1,
                    (const char *)checkpoint->key.data, (unsigned long long)checkpoint->epoch, (unsigned long long)checkpoint->version);
    checkpoint->version++;
}

void leat_mysql_checkpoint_put(struct leat_buf *sql, struct mysql_checkpoint *checkpoint, const struct leat_checkpoint *at)
{
    static const char digits[] = "0123456789ABCDEF";
    struct leat_buf bytes = {0}, gtids = {0};
    leat_checkpoint_encode(&bytes, at);
    if (at->completed)
        leat_gtid_set_put(&gtids, at->completed);
    leat_buf_printf(sql, "UPDATE %s SET checkpoint = X'", (const char *)checkpoint->table.data);
    for (size_t i = 0; i < bytes.size; i++) {
        leat_buf_u8(sql, (uint8_t)digits[bytes.data[i] >> 4]);
        leat_buf_u8(sql, (uint8_t)digits[bytes.data[i] & 15]);
    }
    leat_buf_printf(sql, "', seq = %llu, pos = %llu, file = ", (unsigned long long)at->seq, (unsigned long long)at->pos);
    leat_mysql_quote(sql, at->file, strlen(at->file));
    leat_buf_puts(sql, ", gtids = ");
    leat_mysql_quote(sql, (const char *)gtids.data, gtids.size);
    leat_buf_puts(sql, ", intent_seq = NULL, intent = NULL");
    put_where(sql, checkpoint);
    leat_buf_free(&bytes);
    leat_buf_free(&gtids);
}

void leat_mysql_checkpoint_put_intent(struct leat_buf *sql, struct mysql_checkpoint *checkpoint, uint64_t seq, const char *before)
{
    leat_buf_printf(sql, "UPDATE %s SET intent_seq = %llu, intent = '%s'", (const char *)checkpoint->table.data, (unsigned long long)seq, before);
    put_where(sql, checkpoint);
}
