/* What a server says about itself. */
#include "mysql_int.h"

#include <stdlib.h>

void mysql_server_version(struct leat_mysql_server *server, const char *text)
{
    /* MariaDB 10 put "5.5.5-" before its version, for old replicas that can't compare two digits. */
    server->mariadb = strstr(text, "MariaDB") != NULL;
    if (server->mariadb && !strncmp(text, "5.5.5-", 6))
        text += 6;
    size_t length = strcspn(text, "-");
    if (length >= sizeof server->text)
        length = sizeof server->text - 1;
    memcpy(server->text, text, length);
    server->text[length] = '\0';

    unsigned long part[3] = {0};
    char *at = server->text;
    for (int i = 0; i < 3; i++) {
        part[i] = strtoul(at, &at, 10);
        if (part[i] > 999 || *at != '.')
            break;
        at++;
    }
    server->version = (uint32_t)(part[0] * 10000 + part[1] * 100 + part[2]);
}

const struct leat_mysql_server *leat_mysql_server(const struct leat_mysql *mysql)
{
    return &mysql->server;
}
