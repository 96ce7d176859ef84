/* The grammar: events of a binlog into the items of transactions.
 *
 * Comes in: events, whole, in the order of the binlog, from a dump or from a file (formats, rotates, heartbeats
 * included). Goes out: items (model/item.h) to one listener. A decoder never sees the network and never blocks
 * but in its listener.
 *
 * States: BETWEEN transactions → (GTID) → STARTED → (BEGIN) → OPEN → (XID, COMMIT, ROLLBACK, XA PREPARE, DDL) →
 * BETWEEN. A transaction's GTID is *started* at its GTID event and *completed* only at its end: the two are never
 * mixed, and only completed ones are resumed from. Rows are given out as they arrive, so a transaction of any size
 * takes no more memory than its largest event.
 *
 * What this build can't decode stops, with the event's position and the way on. One thread owns a decoder. */
#ifndef LEAT_DECODE_DECODE_H
#define LEAT_DECODE_DECODE_H

#include "model/item.h"
#include "model/point.h"
#include "model/within.h"
#include "binlog/event.h"

struct leat_catalog;
struct leat_decoder;

struct leat_decoder_options {
    /* Whether changes of this table are wanted (`source.tables`); NULL: all. Called once per definition. */
    bool (*journalled)(void *context, const char *database, const char *table);
    void *journalled_context;
    bool names_required;      /* see schema.h */
    /* How tables are defined (schema/catalog.h): it follows the statements, adds to what table maps say, and each change of a
     * journalled table is given as a DEFINITION behind its statement. Borrowed; NULL: the maps alone count. */
    struct leat_catalog *catalog;
    bool catalog_lent; /* what statements do to it lasts until the decoder's caller rolls it back */
    /* Rows came of a table whose map doesn't tell enough, and whose definition isn't known, isn't sure, or doesn't fit: err says which.
     * Puts one into the catalog that holds here, or fails, with err as it is or a better one; a positive result is handed up. Called
     * behind the transaction's BEGIN. NULL: it fails. */
    int (*define)(void *context, const char *database, const char *name, struct leat_error *err);
    void *define_context;
    uint64_t event_bytes_max; /* larger events stop with LEAT_E_TOO_LARGE; 0: 256 MiB */
    bool whole_seconds;       /* see schema.h */
    bool statements_allowed;  /* row changes logged as statements are items (decode of files), instead of a stop */
    bool lone_rows;           /* rows outside of BEGIN are a transaction a statement (files made by tools), instead of a stop */
    bool no_digests;          /* transactions are compared with none: END's digest is worked out without their rows */
    bool skip_to_begin;       /* the stream may begin in mid-transaction (a file from a position): pass over until a
                                 transaction begins */
};

struct leat_decoder *leat_decoder_new(const struct leat_decoder_options *options, const struct leat_item_out *out);
void leat_decoder_free(struct leat_decoder **decoder);

/* Where the next event lies. Before the first event of a dump or file, and never in between: rotates move it.
 * The source's UUID goes into each BEGIN. Also forgets the format and any open transaction, with what it did to the catalog. To read a file from a
 * position, place there, feed the format description from the file's head, then go on at the position. */
void leat_decoder_place(struct leat_decoder *decoder, const uint8_t source_uuid[LEAT_UUID_SIZE], const char *file,
                        uint64_t pos);

/* One whole event. Errors name file and position; after one the decoder takes nothing more until leat_decoder_place.
 * A listener's positive result is returned as it is, and counts as an error in this. */
int leat_decoder_event(struct leat_decoder *decoder, const void *bytes, size_t size, struct leat_error *err) LEAT_CHECKED;

/* The transaction that begins next is given as one OPAQUE item of its raw events, for the reason told, instead of being
 * decoded; then things go on as usual. After leat_decoder_place, which ends it. Fails like an event that can't be decoded
 * where it can't be done: above event_bytes_max, or for a branch of an XA transaction. */
void leat_decoder_put_aside(struct leat_decoder *decoder, const char *reason);
/* Whether the error that leat_decoder_event has just returned is about what is in a transaction, so that this would help. */
bool leat_decoder_may_put_aside(const struct leat_decoder *decoder, const struct leat_error *err);

/* The items of such a transaction, from BEGIN to END, as this build decodes them. Fails when it can't, maybe after some of them
 * were given: try with a listener that ignores them first. Of the options (NULL: none) those count that say how to read and what
 * of it: journalled, since the raw events hold all tables' rows, whole_seconds, and where table maps don't tell enough, catalog and define:
 * the definitions that held there, which are the same afterwards. Definitions' changes aren't given. Any thread. */
int leat_opaque_decode(const struct leat_opaque *opaque, const struct leat_decoder_options *options, const struct leat_item_out *out,
                       struct leat_error *err) LEAT_CHECKED;

/* Checksums of the events that are given from now on were verified by the caller (leat_event_parse), or not (as at first). */
void leat_decoder_verified(struct leat_decoder *decoder, bool verified);

/* What comes from now on is only passed over, since it was read before (or else is read from here on): rows aren't looked at,
 * definitions not changed. */
void leat_decoder_pass(struct leat_decoder *decoder, bool passing);
/* The transaction whose BEGIN is being given (called by the listener within that call): so much of it is passed over. Fails at its END if it
 * has less. Until leat_decoder_place. */
void leat_decoder_within(struct leat_decoder *decoder, const struct leat_within *within);
/* The catalog's definition of a table was changed by others. Between events. */
void leat_decoder_forget(struct leat_decoder *decoder, const char *database, const char *name);
void leat_decoder_forget_all(struct leat_decoder *decoder);

/* Between transactions: what is complete. */
struct leat_decoder_state {
    bool in_transaction;         /* a GTID or BEGIN was seen and no end yet */
    struct leat_place completed; /* behind the last complete transaction (or file start): where to resume */
    struct leat_place read;      /* behind the last event */
    uint64_t transactions, changes, statements, events, bytes;
    uint32_t last_time; /* seconds, of the last event with a time */
    const struct leat_binlog_format *format;
};
void leat_decoder_state(const struct leat_decoder *decoder, struct leat_decoder_state *state);

/* The definition items are given again on next use: for a listener that starts anew. */
void leat_decoder_restart_listener(struct leat_decoder *decoder);

#endif
