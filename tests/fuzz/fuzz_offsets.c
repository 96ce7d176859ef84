/* Where another tool stands: what `leat config import --offsets` reads. Input: the file (Java's, JSON, lines, a table). */
#include "import/import.h"
#include "config/config.h"

#include "fuzz.h"

static void import(const char *config, const uint8_t *bytes, size_t size)
{
    struct leat_buf yaml = {0};
    struct leat_error err = {0};
    struct leat_config *read = NULL;
    const struct leat_import_offsets offsets = {(const char *)bytes, size, "offsets"};
    int result = leat_import(&yaml, config, strlen(config), "config", &offsets, &err);
    fuzz_check_result(result, &err);
    if (result == LEAT_OK) {
        result = leat_config_parse(&read, (const char *)yaml.data, yaml.size, "yaml", &err);
        if (result)
            fprintf(stderr, "%s\n%.*s\n", err.message, (int)yaml.size, (const char *)yaml.data);
        FUZZ_CHECK(result == LEAT_OK && read->source.start.type != LEAT_POINT_UNSET);
    }
    leat_config_free(&read);
    leat_buf_free(&yaml);
}

static void run(const uint8_t *bytes, size_t size)
{
    uint8_t *copy = leat_memdup(bytes, size); /* of its own size */
    import("{\"connector.class\":\"io.debezium.connector.mariadb.MariaDbConnector\",\"topic.prefix\":\"leat\",\"include.query\":\"true\"}", copy, size);
    free(copy);
}

const struct fuzz_target fuzz_target_offsets = {
    .name = "offsets",
    .sources = "import/offsets.c import/offsets_java.c",
    .run = run,
    .size_max = 4096,
    .memory_fixed = 1 << 20,
    .memory_factor = 1024,
};
