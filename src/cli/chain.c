/* See chain_int.h. Events are looked at as they are: the decoder, which checks them, has them next. */
#include "chain_int.h"

#include <inttypes.h>
#include <stdarg.h>
#include <string.h>

#include "cli_int.h"
#include "inputs_int.h"

enum { TYPE_AT = 4, SERVER_ID_AT = 5 };

LEAT_PRINTF(2, 3) static void say(struct chain *chain, const char *format, ...)
{
    char text[1024];
    va_list list;
    va_start(list, format);
    vsnprintf(text, sizeof text, format, list);
    va_end(list);
    cli_warn("%s", text);
    chain->breaks++;
}

void chain_free(struct chain *chain)
{
    leat_gtid_set_free(&chain->executed);
}

void chain_break(struct chain *chain)
{
    leat_gtid_set_free(&chain->executed);
    chain->run.flavour = LEAT_FLAVOUR_NONE;
    chain->expected[0] = 0;
    chain->any = false;
}

static void check_name(struct chain *chain, const char *name)
{
    size_t length, other_length;
    uint64_t number, before;
    if (!inputs_number(name, &length, &number) || !inputs_number(chain->name, &other_length, &before))
        return; /* copies under names of somebody's own */
    if (chain->expected[0] && strcmp(chain->expected, name) != 0)
        say(chain, "%s says that %s follows, but here %s does: files are missing between them, or out of order", chain->name,
            chain->expected, name);
    else if (!chain->expected[0] && length == other_length && !strncmp(name, chain->name, length) && number != before + 1)
        say(chain, "%s follows %s here: files are missing between them, or out of order", name, chain->name);
}

void chain_file(struct chain *chain, const char *name, bool relay)
{
    if (chain->any)
        check_name(chain, name);
    size_t size = strnlen(name, LEAT_BINLOG_NAME_MAX);
    memcpy(chain->name, name, size);
    chain->name[size] = 0;
    chain->expected[0] = 0;
    chain->any = true;
    chain->head = false;
    chain->relay = relay;
}

static void see_format(struct chain *chain, const uint8_t *bytes)
{
    if (chain->head)
        return; /* a relay log's second one is its source's */
    uint32_t server_id = (uint32_t)leat_le(bytes + SERVER_ID_AT, 4);
    chain->head = true;
    if (chain->server_known && server_id != chain->server_id) {
        say(chain, "%s was written by server %" PRIu32 ", the files before it by server %" PRIu32 ": these are two histories",
            chain->name, server_id, chain->server_id);
        leat_gtid_set_free(&chain->executed);
    }
    chain->server_id = server_id;
    chain->server_known = true;
}

/* What was run through goes into the set. */
static void end_run(struct chain *chain)
{
    struct leat_error ignored = {0};
    struct leat_gtid_set *set = NULL;
    struct leat_buf text = {0};
    if (chain->executed && chain->run.flavour != LEAT_FLAVOUR_NONE) {
        char first[LEAT_GTID_TEXT_MAX];
        leat_buf_printf(&text, "%s-%" PRIu64, leat_gtid_text(first, &chain->run), chain->run_last);
        if (leat_gtid_set_parse(&set, (const char *)text.data, text.size, &ignored) ||
            leat_gtid_set_union(chain->executed, set, &ignored))
            leat_gtid_set_free(&chain->executed); /* of two flavours: nothing can be compared */
        leat_gtid_set_free(&set);
        leat_buf_free(&text);
    }
    chain->run.flavour = LEAT_FLAVOUR_NONE;
}

static void say_difference(struct chain *chain, const struct leat_gtid_set *more, const struct leat_gtid_set *less,
                           const char *words)
{
    enum { SHOWN = 200 };
    struct leat_gtid_set *rest = leat_gtid_set_copy(more);
    struct leat_buf text = {0};
    leat_gtid_set_subtract(rest, less);
    leat_gtid_set_put(&text, rest);
    bool cut = text.size > SHOWN;
    say(chain, "%s: %.*s%s %s", chain->name, SHOWN, leat_buf_cstr(&text), cut ? "…" : "", words);
    leat_buf_free(&text);
    leat_gtid_set_free(&rest);
}

static void see_previous(struct chain *chain, const struct leat_binlog_format *format, const uint8_t *bytes, size_t size)
{
    struct leat_event event;
    struct leat_error ignored = {0};
    struct leat_gtid_set *previous = NULL;
    if (chain->relay || leat_event_parse(&event, format, bytes, size, &ignored) ||
        leat_event_previous_gtids(&previous, &event, &ignored))
        return;
    end_run(chain);
    if (chain->executed && !leat_gtid_set_contains_set(chain->executed, previous))
        say_difference(chain, previous, chain->executed,
                       "come before this file and are in none that was read: files are missing, or gtid_purged was set");
    if (chain->executed && !leat_gtid_set_contains_set(previous, chain->executed))
        say_difference(chain, chain->executed, previous,
                       "were read before this file, which doesn't know them: it belongs to another history");
    leat_gtid_set_free(&chain->executed);
    chain->executed = previous;
}

static void see_rotate(struct chain *chain, const struct leat_binlog_format *format, const uint8_t *bytes, size_t size)
{
    struct leat_event event;
    struct leat_error ignored = {0};
    uint64_t pos;
    if (leat_event_parse(&event, format, bytes, size, &ignored) || (event.flags & LEAT_EVENT_FLAG_ARTIFICIAL) ||
        !event.time || (chain->relay && !(event.flags & LEAT_EVENT_FLAG_RELAY_LOG)) || leat_event_rotate(chain->expected, &pos, &event, &ignored))
        return;
    char *slash = strrchr(chain->expected, '/'); /* relay logs say ./name */
    if (slash)
        memmove(chain->expected, slash + 1, strlen(slash + 1) + 1);
}

void chain_event(struct chain *chain, const struct leat_binlog_format *format, const uint8_t *bytes, size_t size)
{
    switch (bytes[TYPE_AT]) {
    case LEAT_EVENT_FORMAT_DESCRIPTION:
        see_format(chain, bytes);
        break;
    case LEAT_EVENT_PREVIOUS_GTIDS:
    case LEAT_EVENT_MARIADB_GTID_LIST:
        see_previous(chain, format, bytes, size);
        break;
    case LEAT_EVENT_ROTATE:
        see_rotate(chain, format, bytes, size);
        break;
    default:
        break;
    }
}

void chain_gtid(struct chain *chain, const struct leat_gtid *gtid)
{
    const struct leat_gtid *run = &chain->run;
    if (run->flavour == LEAT_FLAVOUR_MYSQL && gtid->flavour == LEAT_FLAVOUR_MYSQL && gtid->number == chain->run_last + 1 &&
        !memcmp(run->uuid, gtid->uuid, sizeof run->uuid) && !strcmp(run->tag, gtid->tag)) {
        chain->run_last++;
        return;
    }
    end_run(chain);
    struct leat_error ignored = {0};
    if (gtid->flavour == LEAT_FLAVOUR_MYSQL)
        chain->run = *gtid;
    else if (chain->executed && leat_gtid_set_add(chain->executed, gtid, &ignored))
        leat_gtid_set_free(&chain->executed);
    chain->run_last = gtid->number;
}
