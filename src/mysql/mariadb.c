/* How MariaDB is asked for a dump: it takes no GTIDs in a command. They are in a variable of the session, and another says that
 * we understand GTID events (without it the server would turn them into BEGIN). Strict: where the binlog has later GTIDs of a
 * domain and server, but not the one that we have, it is another history, and the server says so instead of going on behind
 * the hole. Facts: "Replica to primary protocol" in MariaDB's documentation. */
#include "mysql_int.h"

int mysql_tell_mariadb(struct leat_mysql *mysql, const struct leat_dump *dump, struct leat_error *err)
{
    enum { CAPABILITY_GTID = 4 };
    if (!mysql->server.mariadb)
        return LEAT_OK;
    int rc = leat_mysql_query(mysql, NULL, err, "SET @mariadb_slave_capability=%d", CAPABILITY_GTID);
    if (rc || !dump->gtids)
        return rc;
    struct leat_buf set = {0}, quoted = {0};
    leat_gtid_set_put(&set, dump->gtids);
    leat_mysql_quote(&quoted, leat_buf_cstr(&set), set.size);
    rc = leat_mysql_query(mysql, NULL, err,
                          "SET @slave_connect_state=%s, @slave_gtid_strict_mode=1, @slave_gtid_ignore_duplicates=0",
                          leat_buf_cstr(&quoted));
    leat_buf_free(&quoted);
    leat_buf_free(&set);
    return rc;
}
