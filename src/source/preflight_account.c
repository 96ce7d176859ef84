/* What our account may do, and how the connection is protected. */
#include "source_int.h"

#include <stdio.h>
#include <strings.h>

static unsigned all_grants(const struct leat_result *result)
{
    unsigned found = 0;
    for (size_t row = 0; row < result->row_count && result->column_count; row++)
        if (result->cells[row * result->column_count])
            found |= source_grants(result->cells[row * result->column_count]);
    return found;
}

/* SHOW GRANTS tells what a role is granted only when asked with it; only active roles count. */
static int read_grants(const struct preflight *preflight, unsigned *grants, struct leat_error *err)
{
    struct leat_result *result = NULL;
    int rc = leat_mysql_query(preflight->mysql, &result, err, "SHOW GRANTS");
    if (rc)
        return rc;
    *grants = all_grants(result);
    leat_result_free(&result);
    if (!(*grants & GRANT_ROLE))
        return LEAT_OK;
    rc = leat_mysql_query(preflight->mysql, &result, err, "SELECT CURRENT_ROLE() AS roles");
    if (rc)
        return rc;
    const char *roles = leat_result_cell(result, 0, "roles");
    struct leat_result *by_roles = NULL;
    bool active = roles && strcasecmp(roles, "NONE") != 0;
    if (active && leat_mysql_server(preflight->mysql)->mariadb) /* it has one at a time */
        rc = leat_mysql_query(preflight->mysql, &by_roles, err, "SHOW GRANTS FOR CURRENT_ROLE");
    else if (active)
        rc = leat_mysql_query(preflight->mysql, &by_roles, err, "SHOW GRANTS FOR CURRENT_USER() USING %s",
                              roles);
    if (rc == LEAT_OK && by_roles)
        *grants |= all_grants(by_roles);
    leat_result_free(&by_roles);
    leat_result_free(&result);
    return rc;
}

static int read_account(const struct preflight *preflight, char *account, size_t size, struct leat_error *err)
{
    struct leat_result *result = NULL;
    int rc = leat_mysql_query(preflight->mysql, &result, err, "SELECT CURRENT_USER() AS account");
    if (rc)
        return rc;
    const char *text = leat_result_cell(result, 0, "account");
    const char *at = text ? strrchr(text, '@') : NULL;
    struct leat_buf buf = {0};
    if (at) {
        leat_mysql_quote(&buf, text, (size_t)(at - text));
        leat_buf_puts(&buf, "@");
        leat_mysql_quote(&buf, at + 1, strlen(at + 1));
    }
    snprintf(account, size, "%s", leat_buf_cstr(&buf));
    leat_buf_free(&buf);
    leat_result_free(&result);
    return LEAT_OK;
}

static void tell_protection(const struct preflight *preflight)
{
    const struct leat_mysql_server *server = leat_mysql_server(preflight->mysql);
    const struct leat_server_config *config = &preflight->config->server;
    bool local = leat_mysql_is_local(config);
    bool verified =
        config->ssl_mode >= LEAT_SSL_VERIFY_CA || (config->ssl_mode == LEAT_SSL_UNSET && config->ssl_ca);
    if (server->tls[0] && (verified || local))
        preflight_find(preflight, LEAT_FINDING_OK, LEAT_E_NONE, "ssl_mode", "", "%s", server->tls);
    else if (server->tls[0])
        preflight_find(preflight, LEAT_FINDING_WARNING, LEAT_E_NONE, "ssl_mode",
                       "ssl_ca: a copy of the server's CA certificate, with ssl_mode: VERIFY_IDENTITY",
                       "%s, but nobody checks the server's certificate: who sits in between reads the "
                       "password and all changes",
                       server->tls);
    else
        preflight_find(preflight, local ? LEAT_FINDING_OK : LEAT_FINDING_WARNING, LEAT_E_NONE, "ssl_mode",
                       local ? "" : "ssl_mode: VERIFY_IDENTITY, with ssl_ca",
                       local ? "no TLS, on this machine" : "no TLS: all changes cross the network in clear");
}

int preflight_account(const struct preflight *preflight, struct leat_error *err)
{
    unsigned grants;
    char account[300], cure[512], missing[64];
    bool mariadb = leat_mysql_server(preflight->mysql)->mariadb;
    int rc = read_grants(preflight, &grants, err);
    if (rc == LEAT_OK)
        rc = read_account(preflight, account, sizeof account, err);
    if (rc)
        return rc;
    bool slave = grants & GRANT_REPLICATION_SLAVE, client = grants & GRANT_REPLICATION_CLIENT;
    snprintf(missing, sizeof missing, "%s%s%s", slave ? "" : "REPLICATION SLAVE", slave || client ? "" : ", ",
             client    ? ""
             : mariadb ? "BINLOG MONITOR"
                       : "REPLICATION CLIENT");
    snprintf(cure, sizeof cure, "GRANT %s ON *.* TO %s%s", missing, account,
             !(grants & GRANT_ROLE) ? ""
             : mariadb              ? ", or, if a role has it: SET DEFAULT ROLE it FOR the account"
                                    : ", or, if a role has it: SET DEFAULT ROLE ALL TO it");
    if (slave && client)
        preflight_find(preflight, LEAT_FINDING_OK, LEAT_E_NONE, "privileges", "", "%s may read the binlog%s",
                       account, grants & GRANT_SELECT ? ", and how all tables are defined" : "");
    else
        preflight_find(preflight, LEAT_FINDING_STOP, LEAT_E_PRIVILEGE, "privileges", cure, "%s lacks %s",
                       account, missing);
    if (mariadb && !(grants & GRANT_SLAVE_MONITOR) && !preflight->quick) {
        snprintf(cure, sizeof cure, "GRANT SLAVE MONITOR ON *.* TO %s", account);
        preflight_find(preflight, LEAT_FINDING_NOTE, LEAT_E_NONE, "privileges", cure,
                       "%s can't see whether the server is a replica itself", account);
    }
    tell_protection(preflight);
    return LEAT_OK;
}
