/* Which tool a configuration is of, and its translation. */
#include "import/import.h"

#include "offsets_int.h"

#include <string.h>

static bool has(const struct import *import, const char *name)
{
    for (size_t i = 0; i < import->count; i++)
        if (!strcmp(import->settings[i].name, name))
            return true;
    return false;
}

static void (*translator_of(const struct import *import))(struct import *)
{
    if (import_has_prefix(import, "debezium.source.") || has(import, "database.hostname") || has(import, "connector.class"))
        return import_debezium;
    if (import_has_prefix(import, "canal."))
        return import_canal;
    if (has(import, "producer") || has(import, "kafka_topic") || (has(import, "host") && has(import, "user")) || import_has_prefix(import, "output_"))
        return import_maxwell;
    return NULL;
}

/* Of Connect's connectors, those for MySQL and MariaDB. */
static int check_class(const struct import *import, const char *origin, struct leat_error *err)
{
    for (size_t i = 0; i < import->count; i++) {
        const struct import_setting *setting = &import->settings[i];
        const char *name = setting->name;
        if (strcmp(name, "connector.class") != 0 && strcmp(name, "debezium.source.connector.class") != 0)
            continue;
        if (strstr(setting->value, ".MySqlConnector") || strstr(setting->value, ".MariaDbConnector"))
            return LEAT_OK;
        return leat_fail(err, LEAT_E_CONFIG, LEAT_KIND_OPERATOR, "%s: %.200s is no connector of MySQL or MariaDB", origin, setting->value);
    }
    return LEAT_OK;
}

int leat_import(struct leat_buf *buf, const char *text, size_t size, const char *origin, const struct leat_import_offsets *offsets,
                struct leat_error *err)
{
    struct import import = {.has_offsets = offsets};
    void (*translate)(struct import *) = NULL;
    int rc = import_read(&import, text, size, origin, err);
    if (rc == LEAT_OK)
        rc = check_class(&import, origin, err);
    if (rc == LEAT_OK && !(translate = translator_of(&import))) {
        (void)leat_fail(err, LEAT_E_CONFIG, LEAT_KIND_OPERATOR, "%s: neither Debezium's, Maxwell's nor Canal's settings are in it", origin);
        rc = leat_cure(err, "give a MySQL connector's JSON, Debezium Server's application.properties, Maxwell's config.properties or Canal's "
                            "instance.properties");
    }
    if (rc == LEAT_OK) {
        translate(&import);
        if (offsets)
            rc = import_offsets(&import, offsets, err);
    }
    if (rc == LEAT_OK)
        import_finish(buf, &import, origin);
    import_free(&import);
    return rc;
}
