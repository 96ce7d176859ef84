/* What a reader of a sink's files sees, held against what has to be there (check.h). */
#include "check.h"

#include <stdio.h>
#include <stdlib.h>
#include <zlib.h>
#include <zstd.h>

#include "base/alloc.h"

struct found {
    char *path; /* owned */
    uint64_t generation, first_seq;
    bool part;
    enum leat_compress compress;
};

struct files {
    const struct sim_delivery *delivery;
    struct found *list; /* owned */
    size_t count;
    bool strange; /* a name that is none of ours */
};

/* SINK-GENERATION-SEQ.jsonl[.zst|.gz][.part], read on its own: what a user's script does. */
static void see_file(void *context, const char *path)
{
    struct files *files = context;
    const char *name = strrchr(path, '/') + 1;
    size_t length = strlen(files->delivery->config->name);
    if (strncmp(name, files->delivery->config->name, length) != 0 || name[length] != '-')
        return;
    unsigned long long generation, seq;
    int used = 0;
    struct found found = {.path = leat_strdup(path)};
    if (sscanf(name + length, "-%llu-%llu.jsonl%n", &generation, &seq, &used) != 2 || !used) {
        files->strange = true;
        free(found.path);
        return;
    }
    const char *rest = name + length + used;
    found.generation = generation;
    found.first_seq = seq;
    found.compress = strstr(rest, ".zst")  ? LEAT_COMPRESS_ZSTD
                     : strstr(rest, ".gz") ? LEAT_COMPRESS_GZIP
                                           : LEAT_COMPRESS_NONE;
    found.part = strstr(rest, ".part") != NULL;
    files->list = leat_realloc(files->list, (files->count + 1) * sizeof *files->list);
    files->list[files->count++] = found;
}

static int compare_files(const void *a, const void *b)
{
    return strcmp(((const struct found *)a)->path, ((const struct found *)b)->path);
}

/* ---- Decompression ---- */

static bool unpack_zstd(struct leat_buf *out, const struct leat_buf *in)
{
    ZSTD_DStream *stream = ZSTD_createDStream();
    ZSTD_inBuffer from = {in->data, in->size, 0};
    size_t left = 0;
    while (from.pos < from.size && !ZSTD_isError(left)) {
        ZSTD_outBuffer to = {leat_buf_reserve(out, 65536), 65536, 0};
        left = ZSTD_decompressStream(stream, &to, &from);
        if (!ZSTD_isError(left))
            leat_buf_commit(out, to.pos);
    }
    /* What is still inside of the stream when the input ended. */
    while (left && !ZSTD_isError(left)) {
        ZSTD_outBuffer to = {leat_buf_reserve(out, 65536), 65536, 0};
        left = ZSTD_decompressStream(stream, &to, &from);
        if (ZSTD_isError(left) || !to.pos)
            break;
        leat_buf_commit(out, to.pos);
    }
    ZSTD_freeDStream(stream);
    return left == 0;
}

/* All members, one after another. */
static bool unpack_gzip(struct leat_buf *out, const struct leat_buf *in)
{
    size_t at = 0;
    while (at < in->size) {
        z_stream stream = {0};
        if (inflateInit2(&stream, 15 + 16) != Z_OK)
            return false;
        stream.next_in = in->data + at;
        stream.avail_in = (uInt)(in->size - at);
        int rc = Z_OK;
        while (rc == Z_OK) {
            stream.next_out = leat_buf_reserve(out, 65536);
            stream.avail_out = 65536;
            rc = inflate(&stream, Z_NO_FLUSH);
            leat_buf_commit(out, 65536 - stream.avail_out);
        }
        at = in->size - stream.avail_in;
        (void)inflateEnd(&stream);
        if (rc != Z_STREAM_END)
            return false;
    }
    return true;
}

static int unpack(struct leat_buf *out, const struct leat_buf *in, const struct found *found,
                  struct leat_error *err)
{
    leat_buf_clear(out);
    bool fine = true;
    if (found->compress == LEAT_COMPRESS_ZSTD)
        fine = unpack_zstd(out, in);
    else if (found->compress == LEAT_COMPRESS_GZIP)
        fine = unpack_gzip(out, in);
    else
        leat_buf_put(out, in->data, in->size);
    return fine ? LEAT_OK
                : leat_fail(err, LEAT_E_MALFORMED, LEAT_KIND_DATA, "%s can't be unpacked", found->path);
}

/* ---- Comparing ---- */

/* Whole lines without those of definitions. Each file begins with one of these, if it has rows at all. */
static int take_lines(struct leat_buf *lines, const struct leat_buf *text, const char *path,
                      struct leat_error *err)
{
    bool defined = false;
    for (size_t at = 0; at < text->size;) {
        const uint8_t *end = memchr(text->data + at, '\n', text->size - at);
        if (!end)
            return leat_fail(err, LEAT_E_MALFORMED, LEAT_KIND_DATA, "%s ends in a part of a line", path);
        size_t size = (size_t)(end - (text->data + at)) + 1;
        bool row = size > 8 && strchr("iu", text->data[at + 7]) && !memcmp(text->data + at, "{\"op\":\"", 7);
        if (sim_is_schema_line(text->data + at, size)) {
            defined = true;
        } else {
            if (row && !defined)
                return leat_fail(err, LEAT_E_MALFORMED, LEAT_KIND_DATA, "%s has rows before any definition",
                                 path);
            leat_buf_put(lines, text->data + at, size);
        }
        at += size;
    }
    return LEAT_OK;
}

static int differ(const struct sim_delivery *delivery, uint64_t generation, const struct leat_buf *lines,
                  size_t start, struct leat_error *err)
{
    const struct leat_buf *wanted = &delivery->expected->text;
    size_t at = 0;
    while (at < lines->size && start + at < wanted->size && lines->data[at] == wanted->data[start + at])
        at++;
    size_t from = at;
    while (from && lines->data[from - 1] != '\n')
        from--;
    size_t got = lines->size - from < 300 ? lines->size - from : 300;
    size_t want = wanted->size - (start + from) < 300 ? wanted->size - (start + from) : 300;
    return leat_fail(err, LEAT_E_INTERNAL, LEAT_KIND_DATA,
                     "sink %s, generation %llu: %zu bytes of lines, beginning at byte %zu of %zu, differ at "
                     "byte %zu: got \"%.*s\", "
                     "expected \"%.*s\"",
                     delivery->config->name, (unsigned long long)generation, lines->size, start, wanted->size,
                     at, (int)got, (const char *)lines->data + from, (int)want,
                     (const char *)wanted->data + start + from);
}

static bool is_boundary(const struct sim_expected *expected, size_t at)
{
    if (at == 0)
        return true;
    for (size_t i = 0; i < expected->count; i++)
        if (expected->ends[i] == at)
            return true;
    return false;
}

static bool matches(const struct sim_expected *expected, const struct leat_buf *lines, size_t start)
{
    return start + lines->size <= expected->text.size &&
           !memcmp(expected->text.data + start, lines->data, lines->size);
}

static bool is_skipped(const struct sim_generation *generation, size_t index)
{
    for (size_t i = 0; i < generation->skipped_count; i++)
        if (generation->skipped[i] == index)
            return true;
    return false;
}

/* The same without what was passed over. */
static void leave_out(struct sim_expected *rest, const struct sim_expected *all, const struct sim_generation *generation)
{
    *rest = (struct sim_expected){.ends = leat_alloc(all->count * sizeof *all->ends), .count = all->count};
    for (size_t i = 0; i < all->count; i++) {
        size_t start = sim_expected_start(all, i);
        if (!is_skipped(generation, i))
            leat_buf_put(&rest->text, all->text.data + start, all->ends[i] - start);
        rest->ends[i] = rest->text.size;
    }
}

static int compare_with(const struct sim_delivery *delivery, uint64_t generation, const struct leat_buf *lines,
                        bool to_the_end, struct leat_error *err)
{
    const struct sim_expected *expected = delivery->expected;
    const struct sim_generation *known = &delivery->generations[generation];
    size_t first = known->first;
    size_t start = sim_expected_start(expected, first);
    if (!lines->size)
        return !to_the_end || !known->exactly || start == expected->text.size
                   ? LEAT_OK
                   : leat_fail(err, LEAT_E_INTERNAL, LEAT_KIND_DATA,
                               "sink %s, generation %llu: nothing was delivered", delivery->config->name,
                               (unsigned long long)generation);
    /* To the end of all: then the beginning follows from the size. */
    if (!known->exactly && to_the_end && lines->size <= expected->text.size - start)
        start = expected->text.size - lines->size;
    for (; !known->exactly && !to_the_end && first < expected->count && !matches(expected, lines, start);
         first++)
        start = sim_expected_start(expected, first);
    if (!matches(expected, lines, start) || !is_boundary(expected, start))
        return differ(delivery, generation, lines, start, err);
    size_t end = start + lines->size;
    if (to_the_end && end != expected->text.size)
        return leat_fail(err, LEAT_E_INTERNAL, LEAT_KIND_DATA,
                         "sink %s, generation %llu: ends at byte %zu of %zu: %zu are lost",
                         delivery->config->name, (unsigned long long)generation, end, expected->text.size,
                         expected->text.size - end);
    if (!is_boundary(expected, end))
        return leat_fail(err, LEAT_E_INTERNAL, LEAT_KIND_DATA,
                         "sink %s, generation %llu: ends within a transaction", delivery->config->name,
                         (unsigned long long)generation);
    return LEAT_OK;
}

static int compare(const struct sim_delivery *delivery, uint64_t generation, const struct leat_buf *lines,
                   bool to_the_end, struct leat_error *err)
{
    struct sim_expected rest;
    struct sim_delivery with = *delivery;
    if (!delivery->generations[generation].skipped_count)
        return compare_with(delivery, generation, lines, to_the_end, err);
    leave_out(&rest, delivery->expected, &delivery->generations[generation]);
    with.expected = &rest;
    int rc = compare_with(&with, generation, lines, to_the_end, err);
    sim_expected_free(&rest);
    return rc;
}

/* The files of one generation, [from, end) of the list. */
static int check_generation(const struct sim_disk *disk, const struct files *files, size_t from, size_t end,
                            bool to_the_end, struct leat_error *err)
{
    struct leat_buf bytes = {0}, text = {0}, lines = {0};
    uint64_t generation = files->list[from].generation;
    int rc = LEAT_OK;
    if (generation >= SIM_GENERATIONS_MAX || !files->delivery->generations[generation].known)
        rc = leat_fail(err, LEAT_E_INTERNAL, LEAT_KIND_DATA, "%s: nobody asked for that generation",
                       files->list[from].path);
    for (size_t i = from; rc == LEAT_OK && i < end; i++) {
        if (files->list[i].part && (i + 1 < end || generation != files->delivery->last_generation))
            rc = leat_fail(err, LEAT_E_INTERNAL, LEAT_KIND_DATA, "%s is open, but isn't the last",
                           files->list[i].path);
        (void)sim_disk_read(disk, files->list[i].path, &bytes);
        if (rc == LEAT_OK)
            rc = unpack(&text, &bytes, &files->list[i], err);
        if (rc == LEAT_OK)
            rc = take_lines(&lines, &text, files->list[i].path, err);
    }
    if (rc == LEAT_OK)
        rc = compare(files->delivery, generation, &lines, to_the_end, err);
    leat_buf_free(&bytes);
    leat_buf_free(&text);
    leat_buf_free(&lines);
    return rc;
}

int sim_check_files(const struct sim_disk *disk, const struct sim_delivery *delivery, bool complete,
                    struct leat_error *err)
{
    struct files files = {.delivery = delivery};
    sim_disk_list(disk, delivery->config->path, see_file, &files);
    if (files.count)
        qsort(files.list, files.count, sizeof *files.list, compare_files);
    int rc = files.strange ? leat_fail(err, LEAT_E_INTERNAL, LEAT_KIND_DATA,
                                       "a file with a strange name in %s", delivery->config->path)
                           : LEAT_OK;
    bool last_seen = false;
    for (size_t from = 0; rc == LEAT_OK && from < files.count;) {
        size_t end = from + 1;
        while (end < files.count && files.list[end].generation == files.list[from].generation)
            end++;
        bool last = files.list[from].generation == delivery->last_generation;
        last_seen = last_seen || last;
        rc = check_generation(disk, &files, from, end, complete && last, err);
        from = end;
    }
    /* No file at all is right only where nothing is due. */
    if (rc == LEAT_OK && complete && !last_seen)
        rc = compare(delivery, delivery->last_generation, &(struct leat_buf){0}, true, err);
    for (size_t i = 0; i < files.count; i++)
        free(files.list[i].path);
    free(files.list);
    return rc;
}
