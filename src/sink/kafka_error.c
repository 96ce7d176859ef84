/* librdkafka's errors into ours: what they mean, whether they pass by themselves, and what cures them. Pure; any thread. */
#include <stdio.h>

#include "kafka_int.h"

struct meaning {
    rd_kafka_resp_err_t code;
    enum leat_code means;
    enum leat_kind kind;
    const char *cure; /* NULL: nothing but waiting */
};

#define E(name) RD_KAFKA_RESP_ERR_##name
#define CURE_ACL_TOPIC "allow the account to Describe and Write the topic (and to Create it, unless missing_topics is `stop`), then resume"
#define CURE_ACL_TRANSACTION \
    "allow the account to Describe and Write the transactional id; or set delivery: at_least_once, which needs none"
#define CURE_LOGIN "check sasl.mechanism, sasl.username and the password's file under `kafka:`, and the account on the brokers"
#define CURE_SIZE \
    "the topic takes less than message.max.bytes under `kafka:`, and brokers judge whole batches: raise its max.message.bytes, or set message.max.bytes to " \
    "it; `oversize` says what becomes of rows that are larger"

/* Whatever isn't here may pass. */
static const struct meaning meanings[] = {
    {E(_TRANSPORT), LEAT_E_CONNECT, LEAT_KIND_RETRY, NULL},
    {E(_ALL_BROKERS_DOWN), LEAT_E_CONNECT, LEAT_KIND_RETRY, NULL},
    {E(_RESOLVE), LEAT_E_CONNECT, LEAT_KIND_RETRY, "if it doesn't pass: check bootstrap.servers under `kafka:`, and the brokers' advertised.listeners"},
    {E(_TIMED_OUT), LEAT_E_TIMEOUT, LEAT_KIND_RETRY, NULL},
    {E(_MSG_TIMED_OUT), LEAT_E_TIMEOUT, LEAT_KIND_RETRY, NULL},
    {E(_TIMED_OUT_QUEUE), LEAT_E_TIMEOUT, LEAT_KIND_RETRY, NULL},
    {E(REQUEST_TIMED_OUT), LEAT_E_TIMEOUT, LEAT_KIND_RETRY, NULL},
    {E(_SSL), LEAT_E_TLS, LEAT_KIND_OPERATOR, "check security.protocol and the ssl.* files under `kafka:` against the brokers' listener"},
    {E(_AUTHENTICATION), LEAT_E_AUTH, LEAT_KIND_OPERATOR, CURE_LOGIN},
    {E(SASL_AUTHENTICATION_FAILED), LEAT_E_AUTH, LEAT_KIND_OPERATOR, CURE_LOGIN},
    {E(UNSUPPORTED_SASL_MECHANISM), LEAT_E_AUTH, LEAT_KIND_OPERATOR, CURE_LOGIN},
    {E(ILLEGAL_SASL_STATE), LEAT_E_AUTH, LEAT_KIND_OPERATOR, CURE_LOGIN},
    {E(TOPIC_AUTHORIZATION_FAILED), LEAT_E_PRIVILEGE, LEAT_KIND_OPERATOR, CURE_ACL_TOPIC},
    {E(CLUSTER_AUTHORIZATION_FAILED), LEAT_E_PRIVILEGE, LEAT_KIND_OPERATOR,
     "allow the account to IdempotentWrite on the cluster (and to Create topics, unless missing_topics is `stop`), then resume"},
    {E(TRANSACTIONAL_ID_AUTHORIZATION_FAILED), LEAT_E_PRIVILEGE, LEAT_KIND_OPERATOR, CURE_ACL_TRANSACTION},
    {E(GROUP_AUTHORIZATION_FAILED), LEAT_E_PRIVILEGE, LEAT_KIND_OPERATOR, NULL},
    {E(MSG_SIZE_TOO_LARGE), LEAT_E_TOO_LARGE, LEAT_KIND_OPERATOR, CURE_SIZE},
    {E(RECORD_LIST_TOO_LARGE), LEAT_E_TOO_LARGE, LEAT_KIND_OPERATOR, "lower batch.size under `kafka:`, or raise the topic's segment.bytes"},
    {E(INVALID_MSG), LEAT_E_SERVER, LEAT_KIND_OPERATOR, "a compacted topic takes no message without a key: give the table a primary key, or the topic another cleanup.policy"},
    {E(INVALID_RECORD), LEAT_E_SERVER, LEAT_KIND_OPERATOR, "a compacted topic takes no message without a key: give the table a primary key, or the topic another cleanup.policy"},
    {E(TOPIC_EXCEPTION), LEAT_E_CONFIG, LEAT_KIND_OPERATOR, "a topic's name has at most 249 letters, digits, `.`, `_` and `-`: change the template"},
    {E(UNKNOWN_TOPIC_OR_PART), LEAT_E_SERVER, LEAT_KIND_RETRY, "if it doesn't pass: make the topic"},
    {E(_UNKNOWN_TOPIC), LEAT_E_SERVER, LEAT_KIND_RETRY, "if it doesn't pass: make the topic"},
    {E(_UNKNOWN_PARTITION), LEAT_E_SERVER, LEAT_KIND_RETRY, NULL},
    {E(POLICY_VIOLATION), LEAT_E_SERVER_SETTINGS, LEAT_KIND_OPERATOR, "make the topic by hand as the cluster's policy wants it, then resume"},
    {E(INVALID_REPLICATION_FACTOR), LEAT_E_SERVER_SETTINGS, LEAT_KIND_OPERATOR, "set topic_replication to at most the number of brokers, or make the topic by hand"},
    {E(INVALID_PARTITIONS), LEAT_E_SERVER_SETTINGS, LEAT_KIND_OPERATOR, "set topic_partitions, or make the topic by hand"},
    {E(INVALID_CONFIG), LEAT_E_CONFIG, LEAT_KIND_OPERATOR, "correct topic_config"},
    {E(INVALID_REQUIRED_ACKS), LEAT_E_SERVER_SETTINGS, LEAT_KIND_OPERATOR, NULL},
    {E(INVALID_TRANSACTION_TIMEOUT), LEAT_E_SERVER_SETTINGS, LEAT_KIND_OPERATOR,
     "set transaction.timeout.ms under `kafka:` to at most the brokers' transaction.max.timeout.ms"},
    {E(UNSUPPORTED_VERSION), LEAT_E_UNSUPPORTED, LEAT_KIND_OPERATOR, "the brokers are too old: Kafka 2.5 or newer is needed"},
    {E(_UNSUPPORTED_FEATURE), LEAT_E_UNSUPPORTED, LEAT_KIND_OPERATOR, "the brokers are too old: Kafka 2.5 or newer is needed"},
    {E(UNSUPPORTED_FOR_MESSAGE_FORMAT), LEAT_E_UNSUPPORTED, LEAT_KIND_OPERATOR, "the topic keeps messages in a format of before Kafka 0.11: make it anew"},
    {E(_INVALID_ARG), LEAT_E_CONFIG, LEAT_KIND_OPERATOR, NULL},
    /* Somebody else has our transactional id, or our transaction timed out: recovering tells which. */
    {E(_FENCED), LEAT_E_FENCED, LEAT_KIND_RETRY, NULL},
    {E(PRODUCER_FENCED), LEAT_E_FENCED, LEAT_KIND_RETRY, NULL},
    {E(INVALID_PRODUCER_EPOCH), LEAT_E_FENCED, LEAT_KIND_RETRY, NULL},
    {E(INVALID_PRODUCER_ID_MAPPING), LEAT_E_FENCED, LEAT_KIND_RETRY, NULL},
};

static const struct meaning *find(rd_kafka_resp_err_t code)
{
    static const struct meaning other = {E(UNKNOWN), LEAT_E_SERVER, LEAT_KIND_RETRY, NULL};
    for (size_t i = 0; i < sizeof meanings / sizeof *meanings; i++)
        if (meanings[i].code == code)
            return &meanings[i];
    return &other;
}

bool leat_kafka_passes(rd_kafka_resp_err_t code)
{
    return find(code)->kind == LEAT_KIND_RETRY;
}

int leat_kafka_fail(struct leat_error *err, rd_kafka_resp_err_t code, const char *text, const char *what, ...)
{
    char doing[512];
    va_list arguments;
    va_start(arguments, what);
    vsnprintf(doing, sizeof doing, what, arguments);
    va_end(arguments);
    const struct meaning *meaning = find(code);
    (void)leat_fail(err, meaning->means, meaning->kind, "%s: %s (%s)", doing, text && *text ? text : rd_kafka_err2str(code),
                    rd_kafka_err2name(code));
    return meaning->cure ? leat_cure(err, "%s", meaning->cure) : LEAT_FAIL;
}

int leat_kafka_fail_with(struct leat_error *err, rd_kafka_error_t *error, const char *what)
{
    (void)leat_kafka_fail(err, rd_kafka_error_code(error), rd_kafka_error_string(error), "%s", what);
    rd_kafka_error_destroy(error);
    return LEAT_FAIL;
}
