/* Differences by kind: a field and how it differs, counted, with the first few of each. */
#include <fnmatch.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/json.h"
#include "compare_int.h"

enum { SHOWN_BYTES = 80 };

/* Indexes say nothing about the kind. */
static char *plain_path(const char *prefix, const char *path)
{
    struct leat_buf plain = {0};
    leat_buf_puts(&plain, prefix);
    for (; *path; path++) {
        leat_buf_u8(&plain, (uint8_t)*path);
        if (*path == '[')
            while (path[1] >= '0' && path[1] <= '9')
                path++;
    }
    char *text = leat_strdup(plain.size ? leat_buf_cstr(&plain) : "(all of it)");
    leat_buf_free(&plain);
    return text;
}

static bool is_given(const struct leat_compare_options *options, const char *path)
{
    for (size_t i = 0; i < options->ignore_count; i++)
        if (!fnmatch(options->ignore[i], path, FNM_NOESCAPE))
            return true;
    return false;
}

/* What differs between any two runs: of Debezium, its version and when it processed the event; of Canal, when and as which batch. */
static bool is_of_the_run(const struct flat *a, const struct flat *b, const char *path)
{
    static const char *const debezium[] = {"source.version", "ts_ms", "ts_us", "ts_ns"}, *const canal[] = {"ts", "id"};
    bool is_debezium = flat_find(a, "source.version") || flat_find(b, "source.version"), is_canal = flat_find(a, "isDdl") && flat_find(b, "isDdl");
    for (size_t i = 0; is_debezium && i < sizeof debezium / sizeof *debezium; i++)
        if (!strcmp(path, debezium[i]))
            return true;
    for (size_t i = 0; is_canal && i < sizeof canal / sizeof *canal; i++)
        if (!strcmp(path, canal[i]))
            return true;
    return false;
}

static void count_ignored(struct kinds *kinds, const char *path)
{
    size_t i = 0;
    while (i < kinds->ignored_count && strcmp(kinds->ignored[i].path, path) != 0)
        i++;
    if (i == KINDS_MAX)
        return;
    if (i == kinds->ignored_count)
        kinds->ignored[kinds->ignored_count++] = (struct ignored){leat_strdup(path), 0};
    kinds->ignored[i].count++;
}

static struct kind *find_kind(struct kinds *kinds, const char *path, enum how how)
{
    for (size_t i = 0; i < kinds->count; i++)
        if (kinds->list[i].how == how && !strcmp(kinds->list[i].path, path))
            return &kinds->list[i];
    if (kinds->count == KINDS_MAX)
        return NULL;
    struct kind *kind = &kinds->list[kinds->count++];
    *kind = (struct kind){.path = leat_strdup(path), .how = how};
    return kind;
}

static void put_value(struct leat_buf *buf, const struct flat_field *field)
{
    size_t size = !field ? 0 : field->size < SHOWN_BYTES ? field->size : SHOWN_BYTES;
    if (!field)
        leat_buf_puts(buf, "nothing");
    else if (field->type == '{' || field->type == '[')
        leat_buf_puts(buf, field->type == '{' ? "{}" : "[]");
    else
        leat_json_string(buf, field->value, size);
    if (field && size < field->size)
        leat_buf_puts(buf, "…");
}

static void note(struct kinds *kinds, const char *path, const struct flat_field *a, const struct flat_field *b, const struct place places[2])
{
    enum how how = !b ? ONLY_A : !a ? ONLY_B : a->type != b->type ? OTHER_TYPE : OTHER_VALUE;
    struct kind *kind = find_kind(kinds, path, how);
    if (!kind) {
        kinds->others++;
        return;
    }
    kind->count++;
    if (kind->example_count == EXAMPLES_MAX)
        return;
    kind->example_count++;
    leat_buf_printf(&kind->examples, "    %" PRId32 ":%" PRId64 " ", places[0].partition, places[0].offset);
    put_value(&kind->examples, a);
    leat_buf_printf(&kind->examples, "  |  %" PRId32 ":%" PRId64 " ", places[1].partition, places[1].offset);
    put_value(&kind->examples, b);
    leat_buf_u8(&kind->examples, '\n');
}

static bool same(const struct flat_field *a, const struct flat_field *b)
{
    return a && b && a->type == b->type && a->size == b->size && !memcmp(a->value, b->value, a->size);
}

bool kinds_compare(struct kinds *kinds, const struct flat *a, const struct flat *b, const char *prefix, const struct place places[2])
{
    bool counted = false;
    for (size_t i = 0, k = 0; i < a->count || k < b->count;) {
        const struct flat_field *left = i < a->count ? &a->fields[i] : NULL, *right = k < b->count ? &b->fields[k] : NULL;
        int order = !left ? 1 : !right ? -1 : strcmp(left->path, right->path);
        left = order <= 0 ? left : NULL;
        right = order >= 0 ? right : NULL;
        i += left != NULL;
        k += right != NULL;
        if (same(left, right))
            continue;
        char *path = plain_path(prefix, left ? left->path : right->path);
        if (is_given(kinds->options, path) || (!kinds->options->strict && !*prefix && is_of_the_run(a, b, path))) {
            count_ignored(kinds, path);
        } else {
            note(kinds, path, left, right, places);
            counted = true;
        }
        free(path);
    }
    return counted;
}

void kinds_put(struct leat_buf *buf, const struct kinds *kinds, const char *const names[2])
{
    for (size_t i = 0; i < kinds->count; i++) {
        const struct kind *kind = &kinds->list[i];
        leat_buf_printf(buf, "%s: %" PRIu64 " ", kind->path, kind->count);
        if (kind->how == ONLY_A || kind->how == ONLY_B)
            leat_buf_printf(buf, "only in %s\n", names[kind->how == ONLY_B]);
        else
            leat_buf_puts(buf, kind->how == OTHER_TYPE ? "of another type\n" : "with another value\n");
        leat_buf_put(buf, kind->examples.data, kind->examples.size);
    }
    if (kinds->others)
        leat_buf_printf(buf, "and %" PRIu64 " in other fields\n", kinds->others);
    for (size_t i = 0; i < kinds->ignored_count; i++)
        leat_buf_printf(buf, "%s%s %" PRIu64 "%s", i ? ", " : "ignored: ", kinds->ignored[i].path, kinds->ignored[i].count,
                        i + 1 == kinds->ignored_count ? "\n" : "");
}

void kinds_free(struct kinds *kinds)
{
    for (size_t i = 0; i < kinds->count; i++) {
        free(kinds->list[i].path);
        leat_buf_free(&kinds->list[i].examples);
    }
    for (size_t i = 0; i < kinds->ignored_count; i++)
        free(kinds->ignored[i].path);
}
