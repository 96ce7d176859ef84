/* Partitions: as Kafka's Java clients, Maxwell, Canal and librdkafka choose them. The numbers come from those programs, or from the tests
 * of the hashes' authors. */
#include "check_main.h"

#include <stdlib.h>
#include <string.h>

#include "sink/kafka_partition_int.h"

#define T(text) text, sizeof(text) - 1

/* Those of org.apache.kafka.common.utils.UtilsTest. */
START_TEST(murmur2_is_that_of_javas_clients)
{
    ck_assert_int_eq((int32_t)leat_kafka_murmur2(T("21")), -973932308);
    ck_assert_int_eq((int32_t)leat_kafka_murmur2(T("foobar")), -790332482);
    ck_assert_int_eq((int32_t)leat_kafka_murmur2(T("a-little-bit-long-string")), -985981536);
    ck_assert_int_eq((int32_t)leat_kafka_murmur2(T("a-little-bit-longer-string")), -1486304829);
    ck_assert_int_eq((int32_t)leat_kafka_murmur2(T("lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8")), -58897971);
    ck_assert_int_eq((int32_t)leat_kafka_murmur2(T("abc")), 479470107);
}
END_TEST

START_TEST(murmur3_is_the_one_of_32_bits)
{
    ck_assert_uint_eq(leat_kafka_murmur3(T(""), 0), 0);
    ck_assert_uint_eq(leat_kafka_murmur3(T(""), 1), 0x514E28B7);
    ck_assert_uint_eq(leat_kafka_murmur3(T("test"), 0x9747b28c), 0x704b81dc);
    ck_assert_uint_eq(leat_kafka_murmur3(T("Hello, world!"), 0x9747b28c), 0x24884CBA);
    ck_assert_uint_eq(leat_kafka_murmur3(T("The quick brown fox jumps over the lazy dog"), 0x9747b28c), 0x2FA826CD);
}
END_TEST

/* Characters count as UTF-16 has them. */
START_TEST(a_strings_hash_is_javas)
{
    ck_assert_int_eq(leat_kafka_java_hash(T("")), 0);
    ck_assert_int_eq(leat_kafka_java_hash(T("shop")), 3529462);
    ck_assert_int_eq(leat_kafka_java_hash(T("polygenelubricants")), INT32_MIN);
    ck_assert_int_eq(leat_kafka_java_hash(T("h\xC3\xA4user")), -1103373497);
    ck_assert_int_eq(leat_kafka_java_hash(T("\xF0\x9F\x8D\x8E\xE6\xA2\xA8")), 54996054);
}
END_TEST

/* "polygenelubricants" has the one hash whose sign can't be dropped. */
START_TEST(each_partitioner_drops_the_sign_in_its_own_way)
{
    ck_assert_int_eq(leat_kafka_partition(LEAT_PARTITIONER_JAVA_HASH, T("polygenelubricants"), 7), 2);
    ck_assert_int_eq(leat_kafka_partition(LEAT_PARTITIONER_CANAL, T("polygenelubricants"), 7), 2);
    ck_assert_int_eq(leat_kafka_partition(LEAT_PARTITIONER_MURMUR2, T("21"), 7), (-973932308 & 0x7FFFFFFF) % 7);
    ck_assert_int_eq(leat_kafka_partition(LEAT_PARTITIONER_MURMUR2, T("{\"id\":7}"), 12), 9);
    ck_assert_int_eq(leat_kafka_partition(LEAT_PARTITIONER_CRC32, T("123456789"), 1000), (int32_t)(0xCBF43926u % 1000));
    ck_assert_int_eq(leat_kafka_partition(LEAT_PARTITIONER_JAVA_HASH, T("shop"), 12), 3529462 % 12);
    for (int how = LEAT_PARTITIONER_MURMUR2; how <= LEAT_PARTITIONER_CRC32; how++)
        ck_assert_int_eq(leat_kafka_partition((enum leat_partitioner)how, T("anything"), 1), 0);
}
END_TEST

static struct kafka_json json(const char *text)
{
    return (struct kafka_json){(const uint8_t *)text, (const uint8_t *)text + strlen(text)};
}

static const char *text_of(const char *object, const char *member)
{
    static struct leat_buf buf;
    struct kafka_json value;
    leat_buf_clear(&buf);
    if (!leat_kafka_json_member(&value, json(object), member, strlen(member)))
        return "(none)";
    return leat_kafka_json_text(&buf, value) ? leat_buf_cstr(&buf) : "(null)";
}

START_TEST(members_are_found_among_others_that_hold_their_name)
{
    const char *row = "{\"x\":{\"id\":1,\"y\":[\"}\",{\"id\":2}]},\"a\":\"\\\"id\\\":3\",\"id\":4,\"n\":null,\"t\":\"\\u00e4\\n\\\\\\/\",\"e\":\"\"}";
    ck_assert_str_eq(text_of(row, "id"), "4");
    ck_assert_str_eq(text_of(row, "a"), "\"id\":3");
    ck_assert_str_eq(text_of(row, "n"), "(null)");
    ck_assert_str_eq(text_of(row, "t"), "\xC3\xA4\n\\/");
    ck_assert_str_eq(text_of(row, "e"), "");
    ck_assert_str_eq(text_of(row, "y"), "(none)");
    ck_assert_str_eq(text_of("{}", "id"), "(none)");
    ck_assert_str_eq(text_of("[1]", "id"), "(none)");
    bool only = false;
    struct kafka_json first;
    ck_assert(leat_kafka_json_first(&first, json("[{\"a\":1}]"), &only) && only);
    ck_assert(leat_kafka_json_first(&first, json("[{\"a\":\"]\"},{\"a\":2}]"), &only) && !only);
    ck_assert_int_eq(first.end - first.at, 9);
    ck_assert(!leat_kafka_json_first(&first, json("[]"), &only));
}
END_TEST

/* What is cut off anywhere is an answer or none, and never read past its end. */
START_TEST(json_that_is_cut_short_is_read_no_further)
{
    const char *row = "{\"x\":{\"y\":[\"}\\\"\",{\"id\":2}]},\"a\":\"\\u00e4\",\"id\":4}";
    for (size_t size = 0; size <= strlen(row); size++) {
        char *copy = malloc(size + 1);
        memcpy(copy, row, size);
        struct kafka_json value, cut = {(uint8_t *)copy, (uint8_t *)copy + size};
        struct leat_buf buf = {0};
        copy = realloc(copy, size ? size : 1);
        cut = (struct kafka_json){(uint8_t *)copy, (uint8_t *)copy + size};
        if (leat_kafka_json_member(&value, cut, "id", 2))
            (void)leat_kafka_json_text(&buf, value);
        if (leat_kafka_json_member(&value, cut, "a", 1))
            (void)leat_kafka_json_text(&buf, value);
        leat_buf_free(&buf);
        free(copy);
    }
}
END_TEST

static Suite *suite(void)
{
    Suite *all = suite_create("kafka partitions");
    LEAT_TEST_ADD(all, murmur2_is_that_of_javas_clients);
    LEAT_TEST_ADD(all, murmur3_is_the_one_of_32_bits);
    LEAT_TEST_ADD(all, a_strings_hash_is_javas);
    LEAT_TEST_ADD(all, each_partitioner_drops_the_sign_in_its_own_way);
    LEAT_TEST_ADD(all, members_are_found_among_others_that_hold_their_name);
    LEAT_TEST_ADD(all, json_that_is_cut_short_is_read_no_further);
    return all;
}

LEAT_TEST_MAIN(suite)
