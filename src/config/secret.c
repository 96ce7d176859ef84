/* Which settings of others hold secrets, by their names: librdkafka's sasl.password, ssl.key.pem, ssl.keystore.password,
 * sasl.oauthbearer.config and client.secret, Kafka's sasl.jaas.config. What only says where a secret is isn't one. */
#include "config/config.h"

#include <string.h>
#include <strings.h>

static bool ends_with(const char *name, const char *end)
{
    size_t size = strlen(name), end_size = strlen(end);
    return size >= end_size && !strcasecmp(name + size - end_size, end);
}

bool leat_config_secret(const char *name)
{
    static const char *const parts[] = {"password", "secret", "passphrase", "jaas", "key.pem", "ssl_key", "token", "credential",
                                        "oauthbearer.config"};
    if (ends_with(name, "_file") || ends_with(name, ".location"))
        return false;
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
        for (const char *at = name; *at; at++)
            if (!strncasecmp(at, parts[i], strlen(parts[i])))
                return true;
    return false;
}
