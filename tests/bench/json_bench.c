/* What it takes to print JSON documents: nanoseconds of CPU a byte of the binary document, by kind of document.
 *
 * Usage: json_bench [megabytes of documents a kind] [kind] */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/alloc.h"
#include "binlog/value.h"

enum { ENTRIES = 400, SMALL_OBJECT = 0, SMALL_ARRAY = 2, INT16 = 5, INT32 = 7, DOUBLE = 11, STRING = 12 };

static double now_ns(void)
{
    struct timespec time;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
    return (double)time.tv_sec * 1e9 + (double)time.tv_nsec;
}

static unsigned seed = 7;

static unsigned some(unsigned below)
{
    seed = seed * 1103515245 + 12345;
    return (seed >> 8) % below;
}

/* One value into `rest`, its entry (type; offset, or the value itself) into `entries`. */
static void put_entry(struct leat_buf *entries, struct leat_buf *rest, size_t base, const char *kind)
{
    if (!strcmp(kind, "integers")) {
        leat_buf_u8(entries, INT16);
        leat_buf_u16(entries, (uint16_t)some(65536));
        return;
    }
    bool number = !strcmp(kind, "doubles") || !strcmp(kind, "decimals");
    leat_buf_u8(entries, number ? DOUBLE : STRING);
    leat_buf_u16(entries, (uint16_t)(base + rest->size));
    if (number) {
        double value = kind[1] == 'o' ? (double)some(1 << 24) * (double)some(1 << 24) / 3.0 : (double)some(100000) / 100;
        leat_buf_put(rest, &value, sizeof value);
        return;
    }
    unsigned size = !strcmp(kind, "words") ? 3 + some(12) : 100;
    leat_buf_u8(rest, (uint8_t)size);
    for (unsigned i = 0; i < size; i += kind[0] == 'e' ? 3 : 1) {
        if (kind[0] == 'e')
            leat_buf_put(rest, i + 3 <= size ? "\xe2\x82\xac" : "abc", i + 3 <= size ? 3 : size - i);
        else
            leat_buf_u8(rest, (uint8_t)('a' + some(26)));
    }
}

/* A small container of ENTRIES entries. */
static struct leat_buf make(const char *kind)
{
    struct leat_buf keys = {0}, key_entries = {0}, entries = {0}, rest = {0}, document = {0};
    bool object = !strcmp(kind, "words");
    size_t base = 4 + ENTRIES * (object ? 7 : 3);
    for (unsigned i = 0; i < (object ? ENTRIES : 0); i++) {
        leat_buf_u16(&key_entries, (uint16_t)(base + keys.size));
        leat_buf_u16(&key_entries, 8);
        leat_buf_printf(&keys, "name%04u", i);
    }
    for (unsigned i = 0; i < ENTRIES; i++)
        put_entry(&entries, &rest, base + keys.size, kind);
    leat_buf_u8(&document, object ? SMALL_OBJECT : SMALL_ARRAY);
    leat_buf_u16(&document, ENTRIES);
    leat_buf_u16(&document, (uint16_t)(base + keys.size + rest.size));
    leat_buf_put(&document, key_entries.data, key_entries.size);
    leat_buf_put(&document, entries.data, entries.size);
    leat_buf_put(&document, keys.data, keys.size);
    leat_buf_put(&document, rest.data, rest.size);
    leat_buf_free(&keys);
    leat_buf_free(&key_entries);
    leat_buf_free(&entries);
    leat_buf_free(&rest);
    return document;
}

int main(int argc, char **argv)
{
    static const char *const kinds[] = {"integers", "doubles", "decimals", "words", "texts", "euros"};
    double bytes = (argc > 1 ? atof(argv[1]) : 100) * 1e6;
    struct leat_buf text = {0};
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        if (argc > 2 && strcmp(kinds[i], argv[2]))
            continue;
        struct leat_buf document = make(kinds[i]);
        struct leat_error err = {0};
        double start = now_ns(), done = 0, written = 0;
        for (; done < bytes; done += (double)document.size, written += (double)text.size) {
            leat_buf_clear(&text);
            if (leat_value_json(&text, document.data, (uint32_t)document.size, &err)) {
                fprintf(stderr, "%s\n", err.message);
                return 1;
            }
        }
        double ns = now_ns() - start;
        printf("%-9s %.2f ns a byte of the document, %.2f a byte of text, %.1f a value\n", kinds[i], ns / done, ns / written,
               ns / (done / (double)document.size * ENTRIES));
        leat_buf_free(&document);
    }
    leat_buf_free(&text);
    return 0;
}
