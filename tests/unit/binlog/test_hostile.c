/* Hostile events: every decoder on each truncation and on many mutations of events that are well-formed. What
 * is asserted is what the sanitizers assert, that a decoder ends, and that an error has a message. The seed
 * can be given as LEAT_SEED. */
#include "check_main.h"
#include "vectors.h"

#include "decode_all.h"

enum { EVENT_MAX = 4096, ROUNDS = 60 };

static uint64_t seed;

static uint64_t next_random(void)
{
    seed += UINT64_C(0x9E3779B97F4A7C15);
    uint64_t z = seed;
    z = (z ^ z >> 30) * UINT64_C(0xBF58476D1CE4E5B9);
    z = (z ^ z >> 27) * UINT64_C(0x94D049BB133111EB);
    return z ^ z >> 31;
}

/* The event's length field follows what was done to it, so that more than the frame is tried. */
static void try_event(struct reader *reader, const uint8_t *bytes, size_t size)
{
    uint8_t *exact = leat_memdup(bytes, size ? size : 1);
    for (int i = 0; size >= LEAT_EVENT_HEADER_SIZE && i < 4; i++)
        exact[9 + i] = (uint8_t)(size >> (8 * i));
    struct leat_error err = {0};
    if (reader_event(reader, exact, size, &err)) {
        ck_assert(err.message[0] != 0);
        ck_assert_int_eq(err.kind, LEAT_KIND_DATA);
    }
    free(exact);
}

static const uint8_t telling[] = {0x00, 0x01, 0x7F, 0x80, 0xFA, 0xFB, 0xFC, 0xFD, 0xFE, 0xFF};

static void mutate(uint8_t *bytes, size_t size)
{
    unsigned changes = 1 + next_random() % 4;
    for (unsigned i = 0; i < changes; i++) {
        size_t at = next_random() % size;
        if (next_random() % 8 && size > LEAT_EVENT_HEADER_SIZE) /* mostly not the header */
            at = LEAT_EVENT_HEADER_SIZE + next_random() % (size - LEAT_EVENT_HEADER_SIZE);
        if (next_random() % 2)
            bytes[at] = telling[next_random() % sizeof(telling)];
        else
            bytes[at] ^= (uint8_t)(1u << next_random() % 8);
    }
}

static void try_all(struct reader *reader, const uint8_t *bytes, size_t size)
{
    size_t step = size > 512 ? size / 256 : 1;
    for (size_t cut = 0; cut < size; cut += step)
        try_event(reader, bytes, cut);
    for (int round = 0; round < ROUNDS; round++) {
        uint8_t *changed = leat_memdup(bytes, size);
        mutate(changed, size);
        try_event(reader, changed, size);
        free(changed);
    }
}

/* An event as it would come from a server without checksums: sums would only hide decoders from mutations. */
static size_t without_sum(const struct leat_binlog_format *format, const uint8_t *bytes, size_t size)
{
    bool summed = format->checksum == LEAT_CHECKSUM_CRC32 && bytes[4] != LEAT_EVENT_FORMAT_DESCRIPTION;
    return size - (summed ? LEAT_EVENT_CHECKSUM_SIZE : 0);
}

static void copy_maps(struct reader *to, const struct reader *from)
{
    to->format = from->format;
    to->format.checksum = LEAT_CHECKSUM_OFF;
    for (unsigned i = 0; i < 16; i++) {
        struct leat_error err = {0};
        if (!from->maps[i].plan)
            continue;
        to->maps[i].table = leat_table_hold(from->maps[i].table);
        to->maps[i].id = from->maps[i].id;
        ck_assert_int_eq(leat_row_plan_new(&to->maps[i].plan, to->maps[i].table, &err), 0);
    }
}

static void try_file(const char *path)
{
    FILE *file = fopen(path, "rb");
    if (!file) {
        printf("skipped: %s is not there\n", path);
        return;
    }
    struct reader reader = {0};
    uint8_t bytes[EVENT_MAX];
    unsigned seen[256] = {0};
    ck_assert_int_eq(fseek(file, 4, SEEK_SET), 0);
    while (fread(bytes, 1, LEAT_EVENT_HEADER_SIZE, file) == LEAT_EVENT_HEADER_SIZE) {
        size_t size = (size_t)leat_le(bytes + 9, 4);
        if (size > EVENT_MAX) {
            ck_assert_int_eq(fseek(file, (long)(size - LEAT_EVENT_HEADER_SIZE), SEEK_CUR), 0);
            continue;
        }
        size_t rest = size - LEAT_EVENT_HEADER_SIZE;
        if (fread(bytes + LEAT_EVENT_HEADER_SIZE, 1, rest, file) != rest)
            break;
        struct leat_error err = {0};
        (void)(reader_event(&reader, bytes, size, &err) == 0);
        if (seen[bytes[4]]++ < 6) {
            struct reader scratch = {0};
            copy_maps(&scratch, &reader);
            try_all(&scratch, bytes, without_sum(&reader.format, bytes, size));
            reader_free(&scratch);
        }
    }
    reader_free(&reader);
    fclose(file);
}

static void choose_seed(void)
{
    const char *given = getenv("LEAT_SEED");
    seed = given ? strtoull(given, NULL, 0) : 20260131;
    printf("seed %llu\n", (unsigned long long)seed);
}

START_TEST(events_of_our_own_lab)
{
    static const char *const names[] = {"types",        "json",          "charsets", "keys", "gtid_tagged",
                                        "partial_json", "minimal_image", "xa",       "ddl",  "rows_query"};
    choose_seed();
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        char path[4096];
        snprintf(path, sizeof(path), "%s/mysql97/%s.binlog", LEAT_TEST_DATA, names[i]);
        try_file(path);
    }
}
END_TEST

START_TEST(events_of_others)
{
    static const char *const names[] = {
        "rust_mysql_common/vector.binlog",   "rust_mysql_common/binlog_transaction_with_GTID_TAG.000001",
        "osheroff/mysql-bin.sakila",         "mariadb-server/mdev29078-mysql-bin.000001",
        "zalora-binlog-parser/mysql-bin.07",
    };
    choose_seed();
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        char path[4096];
        snprintf(path, sizeof(path), "%s/binlogs/%s", LEAT_SHARED_FIXTURES, names[i]);
        try_file(path);
    }
}
END_TEST

static void try_map_vector(struct vector *vector)
{
    struct reader reader = {.format = *vectors_format(strstr(vector->note, "mariadb") != NULL)};
    size_t size;
    uint8_t *bytes = vectors_frame(LEAT_EVENT_TABLE_MAP, vector->input, vector->input_size, &size);
    try_all(&reader, bytes, size);
    free(bytes);
    reader_free(&reader);
}

START_TEST(table_maps_of_others)
{
    choose_seed();
    vectors_each("table_map.tsv", try_map_vector);
}
END_TEST

static void try_json_vector(struct vector *vector)
{
    for (int round = 0; round < 1000; round++) {
        size_t size = round < 200 ? vector->input_size * (size_t)round / 200 : vector->input_size;
        uint8_t *bytes = leat_memdup(vector->input, size ? size : 1);
        struct leat_buf text = {0};
        struct leat_error err = {0};
        if (round >= 200 && size)
            bytes[next_random() % size] =
                next_random() % 2 ? telling[next_random() % sizeof(telling)] : (uint8_t)next_random();
        if (leat_value_json(&text, bytes, (uint32_t)size, &err))
            ck_assert_uint_eq(text.size, 0);
        leat_buf_free(&text);
        free(bytes);
    }
}

START_TEST(json_documents_of_others)
{
    choose_seed();
    vectors_each("jsonb.tsv", try_json_vector);
}
END_TEST

/* Values of all bytes for the types whose size is fixed. */
START_TEST(values_of_random_bytes)
{
    static const enum leat_type types[] = {
        LEAT_TYPE_DATE,      LEAT_TYPE_TIME,      LEAT_TYPE_TIME2,      LEAT_TYPE_DATETIME,
        LEAT_TYPE_DATETIME2, LEAT_TYPE_TIMESTAMP, LEAT_TYPE_TIMESTAMP2, LEAT_TYPE_NEWDECIMAL,
    };
    choose_seed();
    for (int round = 0; round < 200000; round++) {
        struct leat_column column = {.type = types[next_random() % 8],
                                     .metadata = (uint16_t)(next_random() % 8)};
        uint8_t bytes[32];
        uint32_t size = (uint32_t)(next_random() % 10);
        struct leat_temporal temporal;
        struct leat_buf text = {0};
        struct leat_error err = {0};
        for (uint32_t i = 0; i < size; i++)
            bytes[i] = (uint8_t)next_random();
        if (column.type == LEAT_TYPE_NEWDECIMAL)
            column.metadata = (uint16_t)((1 + next_random() % 20) << 8 | next_random() % 20);
        int result = column.type == LEAT_TYPE_NEWDECIMAL
                         ? leat_value_decimal(&text, &column, bytes, size, &err)
                         : leat_value_temporal(&temporal, &column, bytes, size, &err);
        if (result == 0 && column.type != LEAT_TYPE_NEWDECIMAL) {
            leat_temporal_put(&text, &column, &temporal, ' ');
            ck_assert_uint_le(text.size, 27);
        }
        leat_buf_free(&text);
    }
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("binlog hostile");
    LEAT_TEST_ADD(s, events_of_our_own_lab);
    LEAT_TEST_ADD(s, events_of_others);
    LEAT_TEST_ADD(s, table_maps_of_others);
    LEAT_TEST_ADD(s, json_documents_of_others);
    LEAT_TEST_ADD(s, values_of_random_bytes);
    return s;
}

LEAT_TEST_MAIN(suite)
