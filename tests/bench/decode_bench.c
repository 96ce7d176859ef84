/* What decoding costs: whole binlog files from memory, again and again, into a listener that throws all away.
 *
 *     decode_bench [seconds] FILE…
 *
 * One line a file: row changes, ns a change (everything counted in: GTIDs, table maps, checksums), MB/s. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/buf.h"
#include "decode/decode.h"

/* The processor's time: others may be at work on this machine. */
static uint64_t cpu_us(void)
{
    struct timespec time;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
    return (uint64_t)time.tv_sec * 1000000 + (uint64_t)time.tv_nsec / 1000;
}

static int discard(void *context, const struct leat_item *item, struct leat_error *err)
{
    (void)item, (void)err;
    (*(uint64_t *)context)++;
    return LEAT_OK;
}

static int read_file(struct leat_buf *bytes, const char *path)
{
    FILE *file = fopen(path, "rb");
    if (!file)
        return LEAT_FAIL;
    size_t got;
    do {
        got = fread(leat_buf_reserve(bytes, 1 << 20), 1, 1 << 20, file);
        leat_buf_commit(bytes, got);
    } while (got);
    fclose(file);
    return LEAT_OK;
}

static int decode_once(struct leat_decoder *decoder, const struct leat_buf *bytes, struct leat_error *err)
{
    static const uint8_t uuid[LEAT_UUID_SIZE];
    leat_decoder_place(decoder, uuid, "bench", 4);
    for (size_t at = 4; bytes->size - at >= LEAT_EVENT_HEADER_SIZE;) {
        size_t size = (size_t)leat_le(bytes->data + at + 9, 4);
        if (size > bytes->size - at || size < LEAT_EVENT_HEADER_SIZE)
            break;
        if (leat_decoder_event(decoder, bytes->data + at, size, err))
            return LEAT_FAIL;
        at += size;
    }
    return LEAT_OK;
}

static int bench(const char *path, uint64_t budget_us)
{
    struct leat_buf bytes = {0};
    if (read_file(&bytes, path)) {
        fprintf(stderr, "%s: can't be read\n", path);
        return EXIT_FAILURE;
    }
    uint64_t items = 0;
    struct leat_error err = {0};
    struct leat_item_out out = {&items, discard};
    struct leat_decoder *decoder =
        leat_decoder_new(&(struct leat_decoder_options){.statements_allowed = true}, &out);
    uint64_t start = cpu_us(), spent = 0;
    int result = LEAT_OK;
    while (result == LEAT_OK && spent < budget_us) {
        result = decode_once(decoder, &bytes, &err);
        spent = cpu_us() - start;
    }
    struct leat_decoder_state state;
    leat_decoder_state(decoder, &state);
    if (result)
        fprintf(stderr, "%s: %s\n", path, err.message);
    else
        printf("%s: %.0f changes, %.1f ns a change, %.1f ns an event, %.0f MB/s\n", path,
               (double)state.changes, 1000.0 * (double)spent / (double)state.changes,
               1000.0 * (double)spent / (double)state.events, (double)state.bytes / (double)spent);
    leat_decoder_free(&decoder);
    leat_buf_free(&bytes);
    return result ? EXIT_FAILURE : EXIT_SUCCESS;
}

int main(int argc, char **argv)
{
    int at = 1;
    double seconds = argc > 1 && argv[1][0] >= '0' && argv[1][0] <= '9' ? strtod(argv[at++], NULL) : 2;
    int status = at < argc ? EXIT_SUCCESS : EXIT_FAILURE;
    for (; at < argc; at++)
        if (bench(argv[at], (uint64_t)(seconds * 1e6)))
            status = EXIT_FAILURE;
    return status;
}
