/* The target: what is known of it, and sessions that apply. */
#ifndef LEAT_SINK_MYSQL_TARGET_INT_H
#define LEAT_SINK_MYSQL_TARGET_INT_H

#include <pthread.h>

#include "mysql/mysql.h"
#include "schema/catalog.h"
#include "sink/sink.h"

enum {
    MYSQL_QUERY_MS = 30000,      /* for what is asked */
    MYSQL_APPLY_MS = 600000,     /* for a statement with rows; DDL has no limit */
};

/* Read once a connection of the runner's; the workers only read it. */
struct mysql_target {
    bool mariadb;
    uint32_t version;
    char version_text[80];       /* as the server says it */
    char name[300];              /* "host:port", for messages */
    char uuid[LEAT_UUID_TEXT_MAX]; /* MySQL's server_uuid, or empty */
    uint64_t packet_max;
    bool gtid_mode;              /* MySQL's, ON */
    bool may_gtid;               /* the account may set gtid_next */
    bool may_time;               /* … and original_commit_timestamp */
    bool may_binlog;             /* … and run BINLOG statements */
    bool read_only;              /* and the account can't write in spite of it */
    struct leat_catalog_server server; /* what decides how definitions are read */
};

/* Connects. *mysql is set under the mutex before anything blocks, so that it can be interrupted; not at all if it is to stop. */
int leat_mysql_target_connect(struct leat_mysql **mysql, pthread_mutex_t *mutex, const bool *stopping, const struct leat_sink_env *env,
                              struct leat_error *err) LEAT_CHECKED;
/* Settings that every session that applies has; one statement. */
const char *leat_mysql_target_session(bool mariadb);
int leat_mysql_target_settings(struct leat_mysql *mysql, struct leat_error *err) LEAT_CHECKED;
/* What the target is, and what the account may do. */
int leat_mysql_target_look(struct mysql_target *target, struct leat_mysql *mysql, struct leat_error *err) LEAT_CHECKED;
/* The format description that BINLOG statements need first. */
void leat_mysql_target_format(struct leat_buf *sql, const struct mysql_target *target);
/* bytes as base64, in quotes. */
void leat_mysql_put_base64(struct leat_buf *sql, const void *bytes, size_t size);

/* What a failed statement's number means for who applies: LEAT_AGAIN, roll back and run it again; else LEAT_FAIL, with err's code, kind and
 * cure set (name: of the transaction, or empty). number 0: err stays as the connection told it. */
int leat_mysql_target_error(unsigned number, const struct leat_sink_env *env, const char *name, struct leat_error *err);

#endif
