/* The sinks there are: one line each. */
#include <stddef.h>
#include <string.h>

#include "registry_int.h"

static const struct leat_sink_ops *const sinks[] = {
    &leat_sink_file,
    &leat_sink_kafka,
    &leat_sink_mysql,
};

const struct leat_sink_ops *leat_sink_ops_find(const char *type)
{
    for (size_t i = 0; i < sizeof sinks / sizeof *sinks; i++)
        if (!strcmp(sinks[i]->type, type))
            return sinks[i];
    return NULL;
}
