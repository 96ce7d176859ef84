/* Tables that would go to one topic without being meant to (kafka_route_int.h), told when their definitions come: at the journal's beginning that is
 * every table's, later what DDL makes. Only told, for a table that has no row harms nobody; the first row of the second one stops the sink
 * (kafka_route.c). The runner's thread.
 *
 * By topic, in open addressing: the first table that would go there, and what its name was made of. A table that is dropped leaves its place to the next. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/checksum.h"
#include "base/log.h"
#include "kafka_route_int.h"

enum { CLASHES_MAX = 1 << 20 }; /* tables; of more, collisions are told by their rows alone */

static struct kafka_clash *place(const struct kafka_clashes *clashes, uint64_t topic)
{
    size_t at = (size_t)topic & (clashes->size - 1);
    while (clashes->list[at].topic && clashes->list[at].topic != topic)
        at = (at + 1) & (clashes->size - 1);
    return &clashes->list[at];
}

static void make_room(struct kafka_clashes *clashes)
{
    if (2 * (clashes->count + 1) <= clashes->size)
        return;
    struct kafka_clash *old = clashes->list;
    size_t old_size = clashes->size;
    clashes->size = old_size ? 2 * old_size : 64;
    clashes->list = leat_alloc_zero(clashes->size, sizeof *clashes->list);
    for (size_t i = 0; i < old_size; i++)
        if (old[i].topic)
            *place(clashes, old[i].topic) = old[i];
    free(old);
}

static char *name_of(const struct leat_definition *definition)
{
    struct leat_buf name = {0};
    leat_buf_printf(&name, "%s.%s", definition->database.bytes, definition->name.bytes);
    (void)leat_buf_cstr(&name);
    return (char *)name.data;
}

static void tell(const struct kafka_routes *routes, const struct kafka_clash *first, const char *second)
{
    leat_log(LEAT_LOG_WARN, "sink", routes->env->config->name,
             "tables %s and %s would go to one topic, %s: the sink stops when both have rows, unless `topics` sends them there or one of them elsewhere",
             first->name, second, (const char *)routes->text.data);
}

void leat_kafka_clash_see(struct kafka_routes *routes, const struct leat_definition *definition)
{
    struct kafka_clashes *clashes = &routes->clashes;
    struct leat_error ignored = {0};
    bool by_rule, gone = definition->how == LEAT_DEFINITION_DROPPED;
    if (!definition->name.size || (!definition->table && !gone) || clashes->count >= CLASHES_MAX ||
        (routes->env->filter && !leat_filter_table(routes->env->filter, definition->database.bytes, definition->name.bytes)) ||
        leat_kafka_names_table(routes->names, &definition->database, &definition->name, &routes->text, &routes->purpose, &by_rule, &ignored))
        return;
    (void)leat_buf_cstr(&routes->text);
    make_room(clashes);
    struct kafka_clash *clash = place(clashes, leat_hash64(routes->text.data, routes->text.size, 0) | 1);
    uint64_t purpose = leat_hash64(routes->purpose.data, routes->purpose.size, by_rule);
    char *name = name_of(definition);
    bool same = clash->name && !strcmp(clash->name, name);
    if (!clash->topic) {
        clash->topic = leat_hash64(routes->text.data, routes->text.size, 0) | 1;
        clashes->count++;
    }
    if (gone ? same : !clash->name) {
        free(clash->name);
        clash->name = gone ? NULL : leat_strdup(name);
        clash->purpose = purpose;
        clash->by_rule = by_rule;
    } else if (!gone && !same && !(by_rule && clash->by_rule) && purpose != clash->purpose) {
        tell(routes, clash, name);
    }
    free(name);
}

void leat_kafka_clash_free(struct kafka_clashes *clashes)
{
    for (size_t i = 0; i < clashes->size; i++)
        free(clashes->list[i].name);
    free(clashes->list);
    *clashes = (struct kafka_clashes){0};
}
