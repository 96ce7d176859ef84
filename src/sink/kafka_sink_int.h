/* The kafka sink itself: what its two ways of delivering share. */
#ifndef LEAT_SINK_KAFKA_SINK_INT_H
#define LEAT_SINK_KAFKA_SINK_INT_H

#include "kafka_checkpoint_int.h"
#include "kafka_producer_int.h"
#include "kafka_properties_int.h"

enum {
    KAFKA_WAIT_MS = 10000,    /* for brokers, where nothing else can be done meanwhile */
    KAFKA_DOWN_WAIT_MS = 1500, /* the same once none can be reached */
    KAFKA_SLICE_MS = 200,     /* how soon an interruption is seen */
    KAFKA_COMMIT_SLICE_MS = 20, /* of the runner's step: flushing before a commit */
    KAFKA_COMMIT_LARGE = 256 * 1024, /* bytes of a Kafka transaction that is flushed beside the next one's making */
    KAFKA_COMMIT_MS = 5000,   /* for the coordinator's answer, which takes milliseconds if it lives */
    KAFKA_PATIENCE_MS = 2000, /* for one who took our transactional id to say so in the checkpoint topic */
    KAFKA_LOOK_MS = 3000,       /* how often is looked for others that write checkpoints */
    KAFKA_CHECKPOINT_SLOT = KAFKA_SLOTS - 1,
};

/* The source's transaction that is being handed over. */
struct kafka_open {
    bool inside;
    bool large;         /* its BEGIN said that it won't fit into one Kafka transaction */
    unsigned parts;     /* Kafka transactions that were committed within it, this time */
    bool continues;     /* the next record is the first of a further part */
    uint64_t records;   /* that it gave so far */
    uint64_t dropped;   /* the first of them that were delivered before; they aren't again */
    char name[KAFKA_OPEN_NAME_MAX];
};

/* Exactly once: the Kafka transaction. */
struct kafka_transaction {
    enum { KAFKA_NOTHING_OPEN = 0, KAFKA_GATHERING, KAFKA_COMMITTING } state;
    uint64_t began_us; /* monotonic */
    uint64_t bytes;    /* since the last commit began */
    unsigned slot;     /* of records now: 0 or 1 in turn, so that those of a commit are known from what comes after */
    /* What is being committed. */
    uint64_t seq;      /* of its checkpoint */
    bool within;       /* in the middle of the source's transaction */
    bool asked;        /* rd_kafka_commit_transaction was called */
    bool sent;         /* librdkafka has all of it */
    bool large;
};

/* At least once: a checkpoint whose records aren't all acknowledged. */
struct kafka_flight {
    uint64_t seq;
    struct leat_buf record; /* its JSON; memory is used again */
};

struct kafka_acknowledge {
    struct kafka_flight flights[KAFKA_SLOTS]; /* a ring; flight i counts its records in slot i */
    unsigned first, count; /* closed flights; records now go to the slot behind them */
    bool writing;          /* a checkpoint record is on its way */
    uint64_t writing_seq;
    int64_t offset;        /* of the last one; -1: none yet */
    int64_t looked_to;     /* others' records before that offset were looked at */
    uint64_t looked_us;    /* monotonic */
};

struct leat_sink {
    struct leat_sink_env env;
    atomic_bool interrupted;
    char *checkpoint_topic, *key;
    struct kafka_producer producer;
    struct leat_sink_meters meters;
    struct kafka_routes *routes;
    rd_kafka_topic_t *checkpoint_handle;
    struct leat_format *format;
    struct leat_buf buf, record; /* of the format; of checkpoints */
    enum kafka_mark mark;

    bool remembers; /* the memo was read */
    bool prepared;  /* the producer may write */
    bool untouched; /* recovered, and nothing was done since */
    struct kafka_checkpoint last; /* what the topic has, if has_last */
    bool has_last;
    uint8_t instance[KAFKA_INSTANCE_SIZE]; /* ours */
    uint64_t takeover;
    bool claimed; /* the topic says that we write, or did */
    bool met;     /* whom we took over from is known */
    uint8_t predecessor[KAFKA_INSTANCE_SIZE];

    struct kafka_open open;
    struct kafka_transaction transaction;
    struct kafka_acknowledge acknowledge;
    uint64_t transaction_max_us;
    uint64_t beat_us; /* monotonic: of the last heartbeat */
    uint64_t delivered_seq;
    char note[512];
};

static inline bool leat_kafka_is_exact(const struct leat_sink *sink)
{
    return sink->env.config->delivery == LEAT_DELIVERY_EXACTLY_ONCE;
}

/* ---- kafka.c ---- */

/* The checkpoint's record, in sink->record. open: in the middle of a transaction. */
int leat_kafka_make_record(struct leat_sink *sink, const struct leat_checkpoint *at, bool open, struct leat_error *err) LEAT_CHECKED;
/* Whether that checkpoint was written by one who took this sink's place: of two that take a place at once, one wins for both. */
bool leat_kafka_is_superseded(const struct leat_sink *sink, const struct kafka_checkpoint *other);
/* Another instance writes under our name: fills err, with which the process ends. Returns LEAT_FAIL. */
int leat_kafka_fenced(const struct leat_sink *sink, struct leat_error *err);
/* Hands sink->record to the producer. LEAT_AGAIN: no room. */
int leat_kafka_put_record(struct leat_sink *sink, struct leat_error *err) LEAT_CHECKED;

/* ---- kafka_transaction.c: exactly once ---- */

/* Makes the transactional id ours: whoever had it is fenced, and his open transaction is taken back. */
int leat_kafka_transaction_init(struct leat_sink *sink, struct leat_error *err) LEAT_CHECKED;
int leat_kafka_transaction_begin(struct leat_sink *sink, struct leat_error *err) LEAT_CHECKED;
/* Commits what was gathered with sink->record, which was made for seq; goes on in the background. LEAT_AGAIN: no room now. */
int leat_kafka_transaction_commit(struct leat_sink *sink, uint64_t seq, struct leat_error *err) LEAT_CHECKED;
/* Whether somebody else took the transactional id: the producer is fenced, and not because its transaction was open for too long. */
bool leat_kafka_transaction_was_taken(const struct leat_sink *sink);
/* Lets a commit go on for at most timeout_ms, or without waiting if it is large. LEAT_AGAIN: it isn't done. */
int leat_kafka_transaction_go_on(struct leat_sink *sink, int timeout_ms, struct leat_error *err) LEAT_CHECKED;
/* Whether records may come although a commit isn't done: they wait for the next Kafka transaction. */
bool leat_kafka_transaction_is_ahead(const struct leat_sink *sink);
/* Takes back what is open, before the producer is closed. */
void leat_kafka_transaction_abort(struct leat_sink *sink);
/* Whether what was gathered has to be committed in the middle of the source's transaction. */
bool leat_kafka_transaction_is_full(const struct leat_sink *sink);

/* ---- kafka_acknowledge.c: at least once ---- */

unsigned leat_kafka_acknowledge_slot(const struct leat_sink *sink);
/* sink->record is to be written once all before it is acknowledged. LEAT_AGAIN: too many wait. */
int leat_kafka_acknowledge_commit(struct leat_sink *sink, uint64_t seq, struct leat_error *err) LEAT_CHECKED;
int leat_kafka_acknowledge_go_on(struct leat_sink *sink, struct leat_error *err) LEAT_CHECKED;
void leat_kafka_acknowledge_reset(struct leat_sink *sink);
void leat_kafka_acknowledge_free(struct leat_sink *sink);

#endif
