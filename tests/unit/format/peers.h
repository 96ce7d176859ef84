/* Messages of a format, key and value, as they come out of items made by hand: "KEY VALUE\n", " LAST" behind the last of a
 * transaction. */
#ifndef LEAT_TEST_FORMAT_PEERS_H
#define LEAT_TEST_FORMAT_PEERS_H

#include "format/lines.h"

enum { PEER_SETTINGS_MAX = 8 };

struct peer {
    struct leat_format *format;
    struct leat_buf buf, text;
    uint64_t number;
    unsigned messages;
    struct leat_error err;
};

static inline int peer_message(void *context, const struct leat_message *message, struct leat_error *err)
{
    struct peer *peer = context;
    (void)err;
    ck_assert(message->value + message->value_size == peer->buf.data + peer->buf.size);
    if (message->key)
        leat_buf_put(&peer->text, message->key, message->key_size);
    leat_buf_puts(&peer->text, message->key ? " " : "- ");
    leat_buf_put(&peer->text, message->value, message->value_size);
    leat_buf_puts(&peer->text, message->last ? " LAST\n" : "\n");
    peer->messages++;
    leat_buf_clear(&peer->buf);
    return LEAT_OK;
}

/* Settings as "name=value", ended by NULL. */
static inline int peer_open(struct peer *peer, const char *format, const char *const *settings)
{
    *peer = (struct peer){0};
    static char texts[PEER_SETTINGS_MAX][128];
    struct leat_pair list[PEER_SETTINGS_MAX];
    struct leat_pairs pairs = {.list = list};
    for (; settings && settings[pairs.count]; pairs.count++) {
        char *text = texts[pairs.count];
        snprintf(text, sizeof texts[0], "%s", settings[pairs.count]);
        char *equals = strchr(text, '=');
        *equals = '\0';
        list[pairs.count] = (struct leat_pair){text, equals + 1};
    }
    struct leat_format_options options = {.settings = &pairs, .name = "test"};
    struct leat_format_out out = {peer, &peer->buf, peer_message};
    return leat_format_new(&peer->format, format, &options, NULL, &out, &peer->err);
}

static inline void peer_close(struct peer *peer)
{
    leat_format_free(&peer->format);
    leat_buf_free(&peer->buf);
    leat_buf_free(&peer->text);
}

static inline int peer_give(struct peer *peer, const struct leat_item *item)
{
    struct leat_item numbered = *item;
    peer->err = (struct leat_error){0};
    if (item->type == LEAT_ITEM_BEGIN) {
        peer->number = 0;
    } else if (item->type == LEAT_ITEM_ROWS) {
        numbered.rows.number = peer->number + 1;
        numbered.rows.time = 1700000000;
        peer->number += item->rows.row_count;
    } else if (item->type == LEAT_ITEM_STATEMENT) {
        numbered.statement.number = ++peer->number;
    } else if (item->type == LEAT_ITEM_END) {
        numbered.end.xid = 23396;
    }
    return leat_format_item(peer->format, &numbered, NULL, &peer->err);
}

static inline void peer_must(struct peer *peer, const struct leat_item *item)
{
    int result = peer_give(peer, item);
    ck_assert_msg(result == LEAT_OK, "%s", peer->err.message);
}

/* The items, and what came of them. */
static inline const char *peer_text(struct peer *peer)
{
    return leat_buf_cstr(&peer->text);
}

#endif
