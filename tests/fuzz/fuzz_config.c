/* The configuration. Input: YAML; behind a NUL, more texts with NULs between: what was given with -o. */
#include <fcntl.h>
#include <unistd.h>

#include "config/config.h"

#include "fuzz.h"

/* What is printed can be read, and says the same. Secrets are masked, so only the second print is compared. */
static void through_print(const struct leat_config *config)
{
    struct leat_buf text = {0}, again = {0};
    struct leat_config *read = NULL;
    struct leat_error err = {0};
    leat_config_print(&text, config);
    int result = leat_config_parse(&read, (const char *)text.data, text.size, "printed", &err);
    if (result)
        fprintf(stderr, "%s\n%.*s\n", err.message, (int)text.size, (const char *)text.data);
    FUZZ_CHECK(result == LEAT_OK);
    leat_config_print(&again, read);
    FUZZ_CHECK(text.size == again.size && !memcmp(text.data, again.data, text.size));
    leat_config_free(&read);
    leat_buf_free(&text);
    leat_buf_free(&again);
}

static int load(struct leat_config **config, const char *yaml, const char *overrides, size_t size, struct leat_error *err)
{
    enum { OVERRIDES_MAX = 16 };
    static char path[64];
    const char *given[OVERRIDES_MAX], *const files[] = {path}, *end = overrides + size;
    size_t count = 0;
    if (!path[0])
        snprintf(path, sizeof path, "/dev/shm/leat-fuzz-config-%ld", (long)getpid());
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    FUZZ_CHECK(fd >= 0 && write(fd, yaml, strlen(yaml)) == (ssize_t)strlen(yaml));
    close(fd);
    for (; overrides < end && count < OVERRIDES_MAX; overrides += strlen(overrides) + 1)
        given[count++] = overrides;
    int result = leat_config_load(config, files, 1, given, count, err);
    unlink(path);
    return result;
}

static void run(const uint8_t *bytes, size_t size)
{
    struct leat_config *config = NULL;
    struct leat_error err = {0};
    char *text = leat_strndup((const char *)bytes, size); /* which ends the last override */
    size_t yaml = strlen(text);
    int result = yaml == size ? leat_config_parse(&config, (const char *)bytes, size, "leat.yaml", &err)
                              : load(&config, text, text + yaml + 1, size - yaml - 1, &err);
    free(text);
    fuzz_check_result(result, &err);
    FUZZ_CHECK((result == LEAT_OK) == (config != NULL));
    if (!config)
        return;
    through_print(config);
    leat_config_free(&config);
}

const struct fuzz_target fuzz_target_config = {
    .name = "config",
    .sources = "config/config.c config/tree.c config/value.c config/nearest.c",
    .run = run,
    .size_max = 1024,
    .memory_fixed = 2 << 20,
    .memory_factor = 2048,
};
