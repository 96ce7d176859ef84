/* SHOW GRANTS, a line at a time. Facts: "SHOW GRANTS Statement" in MySQL's reference manual. */
#include "source_int.h"

#include <strings.h>

static bool is_word_end(char c)
{
    return c == ',' || c == ' ' || c == '\0';
}

/* Whether `privilege` is among those between GRANT and ON: whole, so that SELECT isn't found in "SELECT (a,
 * b)". */
static bool lists(const char *from, const char *to, const char *privilege)
{
    size_t length = strlen(privilege);
    for (const char *at = from; at + length <= to; at++) {
        bool begins = at == from || (at[-1] == ' ' && at - from >= 2 && at[-2] == ',');
        if (!begins || strncasecmp(at, privilege, length))
            continue;
        const char *end = at + length;
        if (end == to || *end == ',' || (is_word_end(*end) && end + 1 == to))
            return true;
    }
    return false;
}

unsigned source_grants(const char *line)
{
    static const char grant[] = "GRANT ";
    if (strncasecmp(line, grant, sizeof grant - 1))
        return 0;
    const char *from = line + sizeof grant - 1;
    if (*from == '`' || *from == '\'')
        return GRANT_ROLE;
    const char *on = strstr(from, " ON *.* ");
    if (!on)
        return 0;
    unsigned found = 0;
    if (lists(from, on, "ALL PRIVILEGES") || lists(from, on, "ALL"))
        return GRANT_REPLICATION_SLAVE | GRANT_REPLICATION_CLIENT | GRANT_SELECT | GRANT_SLAVE_MONITOR;
    if (lists(from, on, "REPLICATION SLAVE"))
        found |= GRANT_REPLICATION_SLAVE;
    bool super = lists(from, on, "SUPER");
    if (super || lists(from, on, "REPLICATION CLIENT") || lists(from, on, "BINLOG MONITOR")) /* MariaDB's name since 10.5 */
        found |= GRANT_REPLICATION_CLIENT;
    if (super || lists(from, on, "SLAVE MONITOR") || lists(from, on, "REPLICA MONITOR"))
        found |= GRANT_SLAVE_MONITOR;
    if (lists(from, on, "SELECT"))
        found |= GRANT_SELECT;
    return found;
}
