/* The list of targets, and running one: what it allocates is counted by the sanitizer's hooks. */
#include "fuzz.h"

#include "base/log.h"
#include "unit/memory.h"

/* Of MariaDB's client library alone. */
#ifdef LEAT_CLIENT_ORACLE
#define CONNECTOR_TARGETS(each)
#else
#define CONNECTOR_TARGETS(each) each(login) each(packets)
#endif

#define FUZZ_TARGETS(each)                                                                                   \
    each(events) each(rows) each(event) each(payload) each(inflate) each(json) each(diff) each(charset) each(query) each(ddl) \
        each(gtid) each(point) each(journal) each(record) each(checkpoint) each(library) each(files) each(where) each(config) \
            each(server) each(control) each(answers) each(offsets) CONNECTOR_TARGETS(each)

#define DECLARE(name) extern const struct fuzz_target fuzz_target_##name;
#define ADDRESS(name) &fuzz_target_##name,

FUZZ_TARGETS(DECLARE)
const struct fuzz_target *const fuzz_targets[] = {FUZZ_TARGETS(ADDRESS) NULL};

const struct fuzz_target *fuzz_target_find(const char *name)
{
    for (size_t i = 0; fuzz_targets[i]; i++)
        if (!strcmp(fuzz_targets[i]->name, name))
            return fuzz_targets[i];
    return NULL;
}

void fuzz_failed(const char *file, int line, const char *what)
{
    fprintf(stderr, "%s:%d: not so: %s\n", file, line, what);
    abort();
}

void fuzz_check_result(int result, const struct leat_error *err)
{
    FUZZ_CHECK(result >= LEAT_FAIL && result <= LEAT_STOPPED);
    if (result == LEAT_FAIL) {
        FUZZ_CHECK(err->code != LEAT_E_NONE && err->kind != LEAT_KIND_NONE && err->message[0]);
        for (const char *at = err->message; *at; at++)
            FUZZ_CHECK((unsigned char)*at >= 0x20 && *at != 0x7F);
    }
}

/* ---- Memory ---- */

static size_t received, allowed;

void fuzz_memory_received(size_t size)
{
    received += size;
}

void fuzz_memory_allow(size_t size)
{
    allowed = size > allowed ? size : allowed;
}

void fuzz_run(const struct fuzz_target *target, const uint8_t *bytes, size_t size)
{
    static bool quiet;
    if (!quiet)
        leat_log_setup(LEAT_LOG_ERROR, LEAT_LOG_LOGFMT);
    quiet = true;
    received = allowed = 0;
    memory_begin();
    target->run(bytes, size);
    size_t peak = memory_peak(), limit = allowed + target->memory_fixed + target->memory_factor * (size + received);
    if (peak > limit) {
        fprintf(stderr, "%s: %zu bytes allocated at once for an input of %zu bytes, more than %zu\n", target->name, peak,
                size, limit);
        abort();
    }
}
