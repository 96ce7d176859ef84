/* Floating point as text: known values, the way back, shortness, and that no locale changes a byte. */
#include "check_main.h"

#include <float.h>
#include <locale.h>
#include <math.h>
#include <string.h>

#include "base/json.h"
#include "base/number_int.h"

static const char *of_double(struct leat_buf *buf, double value)
{
    leat_buf_clear(buf);
    leat_put_double(buf, value);
    return leat_buf_cstr(buf);
}

static const char *of_float(struct leat_buf *buf, float value)
{
    leat_buf_clear(buf);
    leat_put_float(buf, value);
    return leat_buf_cstr(buf);
}

static const struct {
    double value;
    const char *text;
} doubles[] = {
    {0.0, "0"},
    {-0.0, "-0"},
    {1.0, "1"},
    {-1.0, "-1"},
    {0.1, "0.1"},
    {-0.5, "-0.5"},
    {0.3, "0.3"},
    {0.1 + 0.2, "0.30000000000000004"},
    {2.0 / 3, "0.6666666666666666"},
    {4.35, "4.35"},
    {100000.5, "100000.5"},
    {123456789.125, "123456789.125"},
    {1e15, "1000000000000000"},
    {9007199254740991.0, "9007199254740991"},
    {9007199254740992.0, "9007199254740992"},
    {9007199254740994.0, "9007199254740994"},
    {-9007199254740992.0, "-9007199254740992"},
    {1e20, "100000000000000000000"},
    {123456789012345680000.0, "123456789012345680000"},
    {1e21, "1e21"},
    {1.5e21, "1.5e21"},
    {1e22, "1e22"},
    {1e23, "1e23"},
    {-1.25e300, "-1.25e300"},
    {0.00001, "0.00001"},
    {0.000001, "0.000001"},
    {0.00000125, "0.00000125"},
    {1e-7, "1e-7"},
    {1.25e-7, "1.25e-7"},
    {5e-324, "5e-324"},
    {1e-323, "1e-323"},
    {DBL_MAX, "1.7976931348623157e308"},
    {DBL_MIN, "2.2250738585072014e-308"},
    {2.225073858507201e-308, "2.225073858507201e-308"},
    {9.5367431640625e-7, "9.5367431640625e-7"},
    {5.764607523034235e17, "576460752303423500"},
};

START_TEST(known_doubles)
{
    struct leat_buf buf = {0};
    for (size_t i = 0; i < sizeof doubles / sizeof *doubles; i++)
        ck_assert_str_eq(of_double(&buf, doubles[i].value), doubles[i].text);
    leat_buf_free(&buf);
}
END_TEST

START_TEST(known_floats)
{
    static const struct {
        float value;
        const char *text;
    } cases[] = {
        {0.0F, "0"},
        {-0.0F, "-0"},
        {0.1F, "0.1"},
        {0.3F, "0.3"},
        {1.5F, "1.5"},
        {-2.0F, "-2"},
        {123456.7F, "123456.7"},
        {16777215.0F, "16777215"},
        {16777216.0F, "16777216"},
        {1e10F, "10000000000"},
        {8.5e9F, "8500000000"},
        {1e22F, "1e22"},
        {3.4028235e38F, "3.4028235e38"},
        {1.17549435e-38F, "1.1754944e-38"},
        {1e-45F, "1e-45"},
        {3.14159274F, "3.1415927"},
    };
    struct leat_buf buf = {0};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        ck_assert_str_eq(of_float(&buf, cases[i].value), cases[i].text);
    leat_buf_free(&buf);
}
END_TEST

static unsigned significant_digits(const char *text)
{
    unsigned digits = 0, zeros = 0;
    for (; *text && *text != 'e'; text++) {
        if (*text < '0' || *text > '9' || (*text == '0' && !digits))
            continue;
        digits++;
        zeros = *text == '0' ? zeros + 1 : 0;
    }
    return digits - zeros;
}

static void check_double(struct leat_buf *buf, double value)
{
    const char *text = of_double(buf, value);
    double back = strtod(text, NULL);
    if (memcmp(&back, &value, sizeof value) !=
        0) /* not an assert each: Check writes to its parent for every one */
        ck_abort_msg("%.17g is written %s", value, text);
    unsigned digits = significant_digits(text);
    if (digits > 17)
        ck_abort_msg("%s has too many digits", text);
    if (digits > 1) {
        char shorter[64];
        snprintf(shorter, sizeof shorter, "%.*e", (int)digits - 2, value);
        if (strtod(shorter, NULL) == value)
            ck_abort_msg("%s is shorter than %s", shorter, text);
    }
}

static void check_float(struct leat_buf *buf, float value)
{
    const char *text = of_float(buf, value);
    float back = strtof(text, NULL);
    if (memcmp(&back, &value, sizeof value) !=
        0) /* not an assert each: Check writes to its parent for every one */
        ck_abort_msg("%.9g is written %s", (double)value, text);
    unsigned digits = significant_digits(text);
    if (digits > 9)
        ck_abort_msg("%s has too many digits", text);
    if (digits > 1) {
        char shorter[64];
        snprintf(shorter, sizeof shorter, "%.*e", (int)digits - 2, (double)value);
        if (strtof(shorter, NULL) == value)
            ck_abort_msg("%s is shorter than %s", shorter, text);
    }
}

START_TEST(any_double_reads_back_and_has_no_digit_too_many)
{
    uint64_t state = leat_test_seed();
    struct leat_buf buf = {0};
    for (int i = 0; i < 200000; i++) {
        uint64_t bits = leat_test_random(&state);
        double value;
        memcpy(&value, &bits, sizeof value);
        if (isfinite(value))
            check_double(&buf, value);
        check_double(&buf, (double)(int64_t)(bits % 2000000000000) / 1000);
        check_double(&buf, (double)bits);
    }
    leat_buf_free(&buf);
}
END_TEST

START_TEST(neighbours_of_every_power_of_two_and_ten)
{
    struct leat_buf buf = {0};
    for (int i = -1074; i < 1024; i++) {
        double power = ldexp(1.0, i);
        check_double(&buf, power);
        check_double(&buf, nextafter(power, 0));
        check_double(&buf, nextafter(power, INFINITY) <= DBL_MAX ? nextafter(power, INFINITY) : power);
    }
    for (int i = -323; i < 309; i++) {
        char text[16];
        snprintf(text, sizeof text, "1e%d", i);
        double power = strtod(text, NULL);
        check_double(&buf, power);
        check_double(&buf, nextafter(power, 0));
        check_double(&buf, nextafter(power, INFINITY));
    }
    for (int i = -149; i < 128; i++) {
        float power = ldexpf(1.0F, i);
        check_float(&buf, power);
        check_float(&buf, nextafterf(power, 0));
        check_float(&buf, nextafterf(power, FLT_MAX));
    }
    leat_buf_free(&buf);
}
END_TEST

START_TEST(any_float_reads_back_and_has_no_digit_too_many)
{
    uint64_t state = leat_test_seed();
    struct leat_buf buf = {0};
    for (int i = 0; i < 200000; i++) {
        uint32_t bits = (uint32_t)leat_test_random(&state);
        float value;
        memcpy(&value, &bits, sizeof value);
        if (isfinite(value))
            check_float(&buf, value);
        check_float(&buf, (float)(bits % 10000000) / 100);
    }
    leat_buf_free(&buf);
}
END_TEST

/* The lower half of 5^exponent to 128 bits, worked out by multiplying: exact up to 5^55. */
START_TEST(powers_are_what_they_claim)
{
    __extension__ typedef unsigned __int128 wide;
    wide five = 1;
    for (int exponent = 0; exponent <= 55; exponent++, five *= 5) {
        wide aligned = five;
        while (!(aligned >> 127))
            aligned <<= 1;
        ck_assert_uint_eq(leat_powers[exponent - LEAT_POWER_MIN].hi, (uint64_t)(aligned >> 64));
        ck_assert_uint_eq(leat_powers[exponent - LEAT_POWER_MIN].lo, (uint64_t)aligned);
    }
    for (int exponent = LEAT_POWER_MIN; exponent <= LEAT_POWER_MAX; exponent++)
        ck_assert_uint_eq(leat_powers[exponent - LEAT_POWER_MIN].hi >> 63, 1);
}
END_TEST

START_TEST(no_locale_changes_a_byte)
{
    static const char *const names[] = {
        "de_DE.UTF-8", "de_DE.utf8", "fr_FR.UTF-8", "tr_TR.UTF-8", "ar_EG.UTF-8", "C.UTF-8", ""};
    struct leat_buf buf = {0};
    for (size_t k = 0; k < sizeof names / sizeof *names; k++) {
        if (!setlocale(LC_ALL, names[k]))
            continue;
        for (size_t i = 0; i < sizeof doubles / sizeof *doubles; i++)
            ck_assert_str_eq(of_double(&buf, doubles[i].value), doubles[i].text);
        ck_assert_str_eq(of_float(&buf, 0.1F), "0.1");
        leat_buf_clear(&buf);
        leat_put_u64(&buf, 1234567);
        leat_json_cstr(&buf, "I\xC4\xB1\xC4\xB0i");
        ck_assert_str_eq(leat_buf_cstr(&buf), "1234567\"I\xC4\xB1\xC4\xB0i\"");
    }
    setlocale(LC_ALL, "C");
    leat_buf_free(&buf);
}
END_TEST

static Suite *number_suite(void)
{
    Suite *suite = suite_create("number");
    LEAT_TEST_ADD(suite, known_doubles);
    LEAT_TEST_ADD(suite, known_floats);
    LEAT_TEST_ADD(suite, any_double_reads_back_and_has_no_digit_too_many);
    LEAT_TEST_ADD(suite, any_float_reads_back_and_has_no_digit_too_many);
    LEAT_TEST_ADD(suite, neighbours_of_every_power_of_two_and_ten);
    LEAT_TEST_ADD(suite, powers_are_what_they_claim);
    LEAT_TEST_ADD(suite, no_locale_changes_a_byte);
    return suite;
}

LEAT_TEST_MAIN(number_suite)
