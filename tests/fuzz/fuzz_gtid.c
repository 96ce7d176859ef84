/* GTIDs and sets, as text and as bytes. Input: a byte of the form, then the form's bytes; for two sets, NUL between. */
#include "model/gtid.h"

#include "fuzz.h"

enum form { SET_TEXT, TWO_SETS, GTID_TEXT, UUID_TEXT, MYSQL_BYTES, OWN_BYTES, OWN_GTID, FORMS };

static char *text_of(const uint8_t *bytes, size_t size)
{
    return leat_strndup((const char *)bytes, size);
}

/* The set's own text and bytes mean the same set. */
static void check_set(const struct leat_gtid_set *set)
{
    struct leat_buf text = {0}, bytes = {0};
    struct leat_gtid_set *other = NULL;
    struct leat_error err = {0};
    leat_gtid_set_put(&text, set);
    FUZZ_CHECK(leat_gtid_set_parse(&other, (const char *)text.data, text.size, &err) == LEAT_OK);
    FUZZ_CHECK(leat_gtid_set_equal(set, other));
    leat_gtid_set_free(&other);

    leat_gtid_set_encode(&bytes, set);
    struct leat_cursor cursor = leat_cursor(bytes.data, bytes.size);
    FUZZ_CHECK(leat_gtid_set_decode(&other, &cursor, &err) == LEAT_OK && !leat_cursor_left(&cursor));
    FUZZ_CHECK(leat_gtid_set_equal(set, other));
    leat_gtid_set_free(&other);

    if (leat_gtid_set_flavour(set) != LEAT_FLAVOUR_MARIADB) {
        leat_buf_clear(&bytes);
        leat_gtid_set_encode_mysql(&bytes, set);
        FUZZ_CHECK(leat_gtid_set_decode_mysql(&other, bytes.data, bytes.size, &err) == LEAT_OK);
        FUZZ_CHECK(leat_gtid_set_equal(set, other));
        leat_gtid_set_free(&other);
    }
    leat_buf_free(&text);
    leat_buf_free(&bytes);
}

/* a, b and what is made of them. */
static void check_algebra(const struct leat_gtid_set *a, const struct leat_gtid_set *b)
{
    struct leat_gtid_set *sum = leat_gtid_set_copy(a), *rest;
    struct leat_error err = {0};
    FUZZ_CHECK(leat_gtid_set_equal(sum, a) && leat_gtid_set_contains_set(a, a));
    if (leat_gtid_set_union(sum, b, &err) == LEAT_OK) {
        FUZZ_CHECK(leat_gtid_set_contains_set(sum, a) && leat_gtid_set_contains_set(sum, b));
        check_set(sum);
        rest = leat_gtid_set_copy(sum);
        leat_gtid_set_subtract(rest, b);
        FUZZ_CHECK(leat_gtid_set_contains_set(a, rest));
        check_set(rest);
        FUZZ_CHECK(leat_gtid_set_union(rest, b, &err) == LEAT_OK);
        /* Two servers may have written the same number of a domain of MariaDB: any of them stands for it. */
        FUZZ_CHECK(leat_gtid_set_contains_set(rest, sum) && leat_gtid_set_contains_set(sum, rest));
        FUZZ_CHECK(leat_gtid_set_flavour(sum) == LEAT_FLAVOUR_MARIADB || leat_gtid_set_equal(rest, sum));
        leat_gtid_set_free(&rest);
        rest = leat_gtid_set_copy(a);
        leat_gtid_set_subtract(rest, b);
        FUZZ_CHECK(leat_gtid_set_empty(rest) == leat_gtid_set_contains_set(b, a));
        leat_gtid_set_free(&rest);
    } else {
        FUZZ_CHECK(leat_gtid_set_flavour(a) != leat_gtid_set_flavour(b));
    }
    leat_gtid_set_free(&sum);
}

static struct leat_gtid_set *parse(const uint8_t *bytes, size_t size)
{
    struct leat_gtid_set *set = NULL;
    struct leat_error err = {0};
    int result = leat_gtid_set_parse(&set, (const char *)bytes, size, &err);
    fuzz_check_result(result, &err);
    FUZZ_CHECK((result == LEAT_OK) == (set != NULL));
    return set;
}

static void run_two(const uint8_t *bytes, size_t size)
{
    const uint8_t *nul = memchr(bytes, 0, size);
    size_t first = nul ? (size_t)(nul - bytes) : size;
    struct leat_gtid_set *a = parse(bytes, first), *b = nul ? parse(nul + 1, size - first - 1) : leat_gtid_set_new();
    if (a && b) {
        check_algebra(a, b);
        check_algebra(b, a);
    }
    leat_gtid_set_free(&a);
    leat_gtid_set_free(&b);
}

static void run_gtid_text(const char *text)
{
    struct leat_gtid gtid, again;
    struct leat_error err = {0};
    char own[LEAT_GTID_TEXT_MAX];
    int result = leat_gtid_parse(&gtid, text, &err);
    fuzz_check_result(result, &err);
    if (result)
        return;
    FUZZ_CHECK(leat_gtid_parse(&again, leat_gtid_text(own, &gtid), &err) == LEAT_OK && leat_gtid_equal(&gtid, &again));
    struct leat_gtid_set *set = leat_gtid_set_new();
    FUZZ_CHECK(leat_gtid_set_add(set, &gtid, &err) == LEAT_OK);
    FUZZ_CHECK(gtid.flavour == LEAT_FLAVOUR_NONE ? leat_gtid_set_empty(set) : leat_gtid_set_contains(set, &gtid));
    check_set(set);
    leat_gtid_set_free(&set);
}

static void run_gtid_bytes(const uint8_t *bytes, size_t size)
{
    struct leat_cursor cursor = leat_cursor(bytes, size);
    struct leat_gtid gtid, again;
    struct leat_error err = {0};
    int result = leat_gtid_decode(&gtid, &cursor, &err);
    fuzz_check_result(result, &err);
    if (result)
        return;
    struct leat_buf encoded = {0};
    leat_gtid_encode(&encoded, &gtid);
    FUZZ_CHECK(encoded.size == (size_t)(cursor.at - bytes) && !memcmp(encoded.data, bytes, encoded.size));
    cursor = leat_cursor(encoded.data, encoded.size);
    FUZZ_CHECK(leat_gtid_decode(&again, &cursor, &err) == LEAT_OK && leat_gtid_equal(&gtid, &again));
    leat_buf_free(&encoded);
}

static void run_set_bytes(enum form form, const uint8_t *bytes, size_t size)
{
    struct leat_gtid_set *set = NULL;
    struct leat_error err = {0};
    struct leat_cursor cursor = leat_cursor(bytes, size);
    int result = form == MYSQL_BYTES ? leat_gtid_set_decode_mysql(&set, bytes, size, &err)
                                     : leat_gtid_set_decode(&set, &cursor, &err);
    fuzz_check_result(result, &err);
    FUZZ_CHECK((result == LEAT_OK) == (set != NULL));
    if (set)
        check_set(set);
    leat_gtid_set_free(&set);
}

static void run(const uint8_t *bytes, size_t size)
{
    if (size < 1)
        return;
    enum form form = (enum form)(bytes[0] % FORMS);
    struct leat_gtid_set *set;
    uint8_t uuid[LEAT_UUID_SIZE], again[LEAT_UUID_SIZE];
    char own[LEAT_UUID_TEXT_MAX], *text = text_of(bytes + 1, size - 1);
    struct leat_error err = {0};
    switch (form) {
    case TWO_SETS:
        run_two(bytes + 1, size - 1);
        break;
    case GTID_TEXT:
        run_gtid_text(text);
        break;
    case UUID_TEXT:
        if (leat_uuid_parse(uuid, text, &err) == LEAT_OK)
            FUZZ_CHECK(leat_uuid_parse(again, leat_uuid_text(own, uuid), &err) == LEAT_OK && !memcmp(uuid, again, sizeof uuid));
        break;
    case MYSQL_BYTES:
    case OWN_BYTES:
        run_set_bytes(form, bytes + 1, size - 1);
        break;
    case OWN_GTID:
        run_gtid_bytes(bytes + 1, size - 1);
        break;
    case SET_TEXT:
    case FORMS:
        set = parse(bytes + 1, size - 1);
        if (set)
            check_set(set);
        leat_gtid_set_free(&set);
    }
    free(text);
}

const struct fuzz_target fuzz_target_gtid = {
    .name = "gtid",
    .sources = "model/gtid*.c",
    .run = run,
    .size_max = 1024,
    .memory_fixed = 64 << 10,
    .memory_factor = 1024,
};
