/* Handles of librdkafka: how they begin and end, and what they say about their brokers (kafka_int.h). The runner's thread. */
#include <openssl/x509_vfy.h>
#include <stdio.h>

#include "kafka_int.h"

/* Out of rd_kafka_poll. That a broker can't be reached is no error yet: others may be, and librdkafka goes on trying. */
static void on_error(rd_kafka_t *handle, int code, const char *reason, void *opaque)
{
    struct kafka_client *client = opaque;
    if (code == RD_KAFKA_RESP_ERR__FATAL)
        return; /* met where it matters */
    if (code != RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN || !client->trouble_code) {
        int certificate = code == RD_KAFKA_RESP_ERR__SSL ? atomic_exchange(&client->certificate, 0) : 0;
        const char *behind = strstr(reason, ": ");
        client->trouble_code = (rd_kafka_resp_err_t)code;
        if (certificate)
            snprintf(client->trouble, sizeof client->trouble, "%.*s: the broker's certificate is refused: %s", (int)(behind ? behind - reason : 0), reason,
                     X509_verify_cert_error_string(certificate));
        else
            snprintf(client->trouble, sizeof client->trouble, "%s", reason);
    }
    if (code == RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN && !client->down_since_us)
        client->down_since_us = leat_wall_us(client->env->clock);
    (void)handle;
}

int leat_kafka_client_open(struct kafka_client *client, enum kafka_role role, struct leat_error *err)
{
    rd_kafka_conf_t *conf = NULL;
    if (leat_kafka_settings(&conf, client->env, role, err))
        return LEAT_FAIL;
    rd_kafka_conf_set_opaque(conf, client);
    rd_kafka_conf_set_error_cb(conf, on_error);
    if (client->delivered)
        rd_kafka_conf_set_dr_msg_cb(conf, client->delivered);
    char text[512];
    client->handle = rd_kafka_new(role == KAFKA_READER ? RD_KAFKA_CONSUMER : RD_KAFKA_PRODUCER, conf, text, sizeof text);
    if (client->handle)
        return LEAT_OK;
    rd_kafka_conf_destroy(conf);
    (void)leat_fail(err, LEAT_E_CONFIG, LEAT_KIND_OPERATOR, "librdkafka doesn't begin: %s", text);
    return leat_cure(err, "correct what stands under `kafka:` of this sink");
}

void leat_kafka_client_close(struct kafka_client *client)
{
    if (!client->handle)
        return;
    if (rd_kafka_type(client->handle) == RD_KAFKA_PRODUCER) {
        (void)rd_kafka_purge(client->handle,
                             RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT | RD_KAFKA_PURGE_F_NON_BLOCKING);
        while (rd_kafka_poll(client->handle, 0) > 0)
            ;
    }
    rd_kafka_destroy(client->handle);
    client->handle = NULL;
}

void leat_kafka_client_works(struct kafka_client *client)
{
    client->down_since_us = 0;
    client->trouble_code = RD_KAFKA_RESP_ERR_NO_ERROR;
    client->trouble[0] = '\0';
}

int leat_kafka_client_serve(struct kafka_client *client, int timeout_ms)
{
    if (atomic_load(client->interrupted))
        return LEAT_STOPPED;
    rd_kafka_poll(client->handle, timeout_ms);
    return LEAT_OK;
}

int leat_kafka_client_waited(const struct kafka_client *client, const char *what, struct leat_error *err)
{
    if (!client->trouble_code)
        return leat_kafka_fail(err, RD_KAFKA_RESP_ERR__TIMED_OUT, "no answer", "%s", what);
    (void)leat_kafka_fail(err, client->trouble_code, client->trouble, "%s", what);
    return LEAT_FAIL;
}

bool leat_kafka_client_is_hopeless(const struct kafka_client *client)
{
    return client->trouble_code && !leat_kafka_passes(client->trouble_code);
}
