/* One setting: text into its member by type, and back. Defaults go the same way as what is written in a file. */
#include "options_int.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/json.h"

static void *member(void *base, size_t offset)
{
    return (char *)base + offset;
}

/* ---- Numbers with units ---- */

struct unit {
    const char *name;
    uint64_t factor;
};

static const struct unit byte_units[] = {{"", 1},          {"B", 1},           {"KiB", 1u << 10},    {"MiB", 1u << 20},
                                         {"GiB", 1u << 30}, {"TiB", 1ull << 40}, {"kB", 1000},         {"MB", 1000000},
                                         {"GB", 1000000000}, {"TB", 1000000000000}, {NULL, 0}};
static const struct unit time_units[] = {{"us", 1},           {"ms", 1000},        {"s", 1000000}, {"m", 60000000},
                                         {"h", 3600000000u}, {"d", 86400000000u}, {"w", 604800000000u}, {NULL, 0}};

static const struct unit *find_unit(const struct unit *units, const char *text, size_t length)
{
    for (; units->name; units++)
        if (strlen(units->name) == length && !strncmp(units->name, text, length))
            return units;
    return NULL;
}

/* "1h30m": a sum of numbers with units; *end_unit tells whether the last had one. */
static bool parse_quantity(const char *text, const struct unit *units, uint64_t *value)
{
    *value = 0;
    if (!*text)
        return false;
    while (*text) {
        char *end;
        if (!isdigit((unsigned char)*text))
            return false;
        errno = 0;
        uint64_t number = strtoull(text, &end, 10);
        size_t length = 0;
        while (isalpha((unsigned char)end[length]))
            length++;
        const struct unit *unit = find_unit(units, end, length);
        uint64_t product, sum;
        bool zero = number == 0 && !length; /* "0" needs no unit */
        if (errno || (!unit && !zero) || __builtin_mul_overflow(number, unit ? unit->factor : 1, &product) ||
            __builtin_add_overflow(*value, product, &sum))
            return false;
        *value = sum;
        text = end + length;
    }
    return true;
}

bool leat_config_size(uint64_t *bytes, const char *text)
{
    return parse_quantity(text, byte_units, bytes);
}

static int check_limits(const struct option *option, const struct node *node, uint64_t value, const char *shown,
                        struct leat_error *err)
{
    if (value < option->least)
        return tree_fail(node, err, "%s: %s is too small", option->name, shown);
    if (option->most && value > option->most)
        return tree_fail(node, err, "%s: %s is too large", option->name, shown);
    return LEAT_OK;
}

/* ---- By type ---- */

static int set_bytes(const struct option *option, const struct node *node, uint64_t *to, struct leat_error *err)
{
    if (!parse_quantity(node->value, byte_units, to)) {
        (void)tree_fail(node, err, "%s: \"%s\" is not a size", option->name, node->value);
        return leat_cure(err, "write a number with B, KiB, MiB, GiB, TiB, kB, MB, GB or TB, such as 100GiB");
    }
    return check_limits(option, node, *to, node->value, err);
}

static int set_time(const struct option *option, const struct node *node, uint64_t unit_us, uint64_t *to,
                    struct leat_error *err)
{
    if (!parse_quantity(node->value, time_units, to)) {
        (void)tree_fail(node, err, "%s: \"%s\" is not a length of time", option->name, node->value);
        return leat_cure(err, "write numbers with us, ms, s, m, h, d or w, such as 7d or 1h30m");
    }
    *to /= unit_us;
    return check_limits(option, node, *to, node->value, err);
}

static int set_count(const struct option *option, const struct node *node, unsigned *to, struct leat_error *err)
{
    char *end;
    errno = 0;
    unsigned long long value = strtoull(node->value, &end, 10);
    if (errno || *end || end == node->value || !isdigit((unsigned char)*node->value) || value > 0xFFFFFFFFu)
        return tree_fail(node, err, "%s: \"%s\" is not a whole number", option->name, node->value);
    *to = (unsigned)value;
    return check_limits(option, node, value, node->value, err);
}

static void list_words(struct leat_buf *buf, const char *const *words)
{
    for (; *words; words++)
        if (**words)
            leat_buf_printf(buf, "%s%s", buf->size ? ", " : "", *words);
}

static int find_word(const struct option *option, const struct node *node, unsigned *to, struct leat_error *err)
{
    for (unsigned i = 0; option->words[i]; i++) {
        if (*option->words[i] && !strcasecmp(option->words[i], node->value)) {
            *to = i;
            return LEAT_OK;
        }
    }
    struct leat_buf words = {0};
    list_words(&words, option->words);
    (void)tree_fail(node, err, "%s: \"%s\" is not one of: %s", option->name, node->value, leat_buf_cstr(&words));
    leat_buf_free(&words);
    return LEAT_FAIL;
}

static int set_texts(const struct option *option, const struct node *node, struct leat_strings *to, struct leat_error *err)
{
    size_t count = 0;
    for (const struct node *child = node->children; child; child = child->next) {
        if (child->type != NODE_SCALAR)
            return tree_fail(child, err, "%s: a list of texts is expected", option->name);
        count++;
    }
    to->list = leat_alloc_zero(count + 1, sizeof *to->list);
    for (const struct node *child = node->children; child; child = child->next)
        to->list[to->count++] = leat_strdup(child->value);
    return LEAT_OK;
}

/* One pair: a list is written with commas between, as those who named the settings do. */
static int set_pair(const struct option *option, const struct node *node, struct leat_pair *to, struct leat_error *err)
{
    struct leat_buf value = {0};
    int rc = LEAT_OK;
    if (node->type == NODE_SCALAR)
        leat_buf_puts(&value, node->value);
    for (const struct node *child = node->children; child && rc == LEAT_OK; child = child->next) {
        if (node->type != NODE_LIST || child->type != NODE_SCALAR)
            rc = tree_fail(child, err, "%s: a name and a text are expected; a name with dots is written in one, as in \"%s.%s\"",
                           option->name, node->key, child->key ? child->key : "x");
        else
            leat_buf_printf(&value, "%s%s", child == node->children ? "" : ",", child->value);
    }
    to->name = leat_strdup(node->key);
    to->value = leat_strdup(leat_buf_cstr(&value));
    leat_buf_free(&value);
    return rc;
}

static int set_pairs(const struct option *option, const struct node *node, struct leat_pairs *to, struct leat_error *err)
{
    size_t count = 0;
    for (const struct node *child = node->children; child; child = child->next)
        count++;
    to->list = leat_alloc_zero(count + 1, sizeof *to->list);
    for (const struct node *child = node->children; child; child = child->next)
        if (set_pair(option, child, &to->list[to->count++], err))
            return LEAT_FAIL;
    return LEAT_OK;
}

static int set_free(void *base, const struct option *option, const struct node *node, struct leat_error *err)
{
    unsigned *percent = member(base, option->offset);
    uint64_t *bytes = member(base, option->offset2);
    size_t length = strlen(node->value);
    *percent = 0;
    *bytes = 0;
    if (!length || node->value[length - 1] != '%')
        return set_bytes(option, node, bytes, err);
    char *end;
    unsigned long value = strtoul(node->value, &end, 10);
    if (end != node->value + length - 1 || !isdigit((unsigned char)*node->value) || value > 90)
        return tree_fail(node, err, "%s: \"%s\" is not a share between 0%% and 90%%", option->name, node->value);
    *percent = (unsigned)value;
    return LEAT_OK;
}

/* Errors of parsers that know no line get the place in front. */
static int place(const struct option *option, const struct node *node, int rc, struct leat_error *err)
{
    if (rc == LEAT_FAIL) {
        err->code = LEAT_E_CONFIG;
        err->kind = LEAT_KIND_OPERATOR;
        if (node->line)
            return leat_error_prefix(err, "%s:%u:%u: %s", node->origin, node->line, node->column, option->name);
        return leat_error_prefix(err, "%s: %s", node->origin, option->name);
    }
    return rc;
}

static int set_scalar(void *base, const struct option *option, const struct node *node, struct leat_error *err)
{
    void *to = member(base, option->offset);
    uint64_t wide = 0;
    unsigned ignored;
    int rc = LEAT_OK;
    switch (option->type) {
    case OPTION_TEXT:
    case OPTION_SECRET:
        if (option->words && find_word(option, node, &ignored, err))
            return LEAT_FAIL;
        free(*(char **)to); /* a password may have stood in the URL */
        *(char **)to = leat_strdup(node->value);
        return LEAT_OK;
    case OPTION_COUNT:
        return set_count(option, node, to, err);
    case OPTION_BYTES:
        return set_bytes(option, node, to, err);
    case OPTION_TIME_US:
        return set_time(option, node, 1, to, err);
    case OPTION_TIME_MS:
        rc = set_time(option, node, 1000, &wide, err);
        *(unsigned *)to = (unsigned)wide;
        return rc;
    case OPTION_WORD:
        return find_word(option, node, to, err);
    case OPTION_POINT:
        return place(option, node, leat_point_parse(to, node->value, err), err);
    case OPTION_WITHIN:
        return place(option, node, leat_within_parse(to, node->value, err), err);
    case OPTION_URL:
        return place(option, node, leat_server_config_url(to, node->value, err), err);
    case OPTION_FREE:
        return set_free(base, option, node, err);
    case OPTION_PAIRS:
        return tree_fail(node, err, "%s: names and their values are expected, one a line", option->name);
    case OPTION_TEXTS:
        break;
    }
    return tree_fail(node, err, "%s: a list is expected: [\"a.*\", \"b.c\"]", option->name);
}

int option_set(void *base, const struct option *option, struct node *node, struct leat_error *err)
{
    if (!node) {
        if (!option->fallback)
            return LEAT_OK;
        struct node fallback = {.type = NODE_SCALAR, .origin = (char[]){"default"}, .value = leat_strdup(option->fallback)};
        int rc = set_scalar(base, option, &fallback, err);
        free(fallback.value);
        return rc;
    }
    if (option->type == OPTION_TEXTS && node->type == NODE_LIST)
        return set_texts(option, node, member(base, option->offset), err);
    if (option->type == OPTION_PAIRS && node->type == NODE_MAP)
        return set_pairs(option, node, member(base, option->offset), err);
    if (option->type == OPTION_PAIRS && node->type == NODE_SCALAR && !*node->value)
        return LEAT_OK; /* "kafka:" with nothing behind it */
    if (node->type != NODE_SCALAR)
        return tree_fail(node, err, "%s: a single value is expected", option->name);
    if (option->type == OPTION_TEXTS) { /* one text is a list of one */
        struct leat_strings *to = member(base, option->offset);
        to->list = leat_alloc_zero(2, sizeof *to->list);
        to->list[to->count++] = leat_strdup(node->value);
        return LEAT_OK;
    }
    return set_scalar(base, option, node, err);
}

void option_free(void *base, const struct option *option)
{
    void *at = member(base, option->offset);
    struct leat_strings *texts = at;
    struct leat_pairs *pairs = at;
    switch (option->type) {
    case OPTION_PAIRS:
        for (size_t i = 0; i < pairs->count; i++) {
            free(pairs->list[i].name);
            free(pairs->list[i].value);
        }
        free(pairs->list);
        *pairs = (struct leat_pairs){0};
        break;
    case OPTION_TEXT:
    case OPTION_SECRET:
        free(*(char **)at);
        *(char **)at = NULL;
        break;
    case OPTION_TEXTS:
        for (size_t i = 0; i < texts->count; i++)
            free(texts->list[i]);
        free(texts->list);
        *texts = (struct leat_strings){0};
        break;
    case OPTION_POINT:
        leat_point_free(at);
        break;
    case OPTION_URL: /* shares its members with password, ssl_ca …: they are freed by their own lines */
    default:
        break;
    }
}

const struct leat_pairs *leat_config_format_settings(const struct leat_sink_config *sink)
{
    const struct option *option = sink->format ? option_pairs_find(sink->format, strlen(sink->format)) : NULL;
    return option ? (const struct leat_pairs *)(const void *)((const char *)sink + option->offset) : NULL;
}

/* ---- Back to text ---- */

static void print_quantity(struct leat_buf *buf, uint64_t value, const struct unit *units, const char *smallest)
{
    const struct unit *best = NULL;
    for (const struct unit *unit = units; unit->name; unit++)
        if (value && value % unit->factor == 0 && (!best || unit->factor > best->factor))
            best = unit;
    if (!value)
        leat_buf_printf(buf, "0%s", smallest);
    else
        leat_buf_printf(buf, "%llu%s", (unsigned long long)(value / best->factor), best->name);
}

/* Code points that YAML does not take as they are, or takes for the end of a line. */
static bool is_special(uint32_t point)
{
    return point < 0x20 || (point >= 0x7F && point < 0xA0) || point == 0x2028 || point == 0x2029 || point == 0xFEFF ||
           point == 0xFFFE || point == 0xFFFF;
}

static uint32_t code_point(const char *text, size_t size)
{
    const uint8_t *bytes = (const uint8_t *)text;
    uint32_t point = size < 2 ? bytes[0] : bytes[0] & (0x7Fu >> size);
    for (size_t i = 1; i < size; i++)
        point = point << 6 | (bytes[i] & 0x3F);
    return point;
}

static void print_quoted(struct leat_buf *buf, const char *text)
{
    leat_buf_u8(buf, '"');
    for (size_t size; *text; text += size) {
        size = leat_utf8_character(text, strlen(text));
        size = size ? size : 1; /* a byte that is no text, from -o or the environment: shown as that of latin1 */
        uint32_t point = code_point(text, size);
        if (*text == '"' || *text == '\\')
            leat_buf_u8(buf, '\\');
        if (is_special(point) || (size == 1 && point >= 0x80))
            leat_buf_printf(buf, "\\u%04X", point);
        else
            leat_buf_put(buf, text, size);
    }
    leat_buf_u8(buf, '"');
}

static void print_texts(struct leat_buf *buf, const struct leat_strings *texts)
{
    leat_buf_puts(buf, "[");
    for (size_t i = 0; i < texts->count; i++) {
        leat_buf_puts(buf, i ? ", " : "");
        print_quoted(buf, texts->list[i]);
    }
    leat_buf_puts(buf, "]");
}

static void print_pairs(struct leat_buf *buf, const struct leat_pairs *pairs)
{
    leat_buf_puts(buf, "{");
    for (size_t i = 0; i < pairs->count; i++) {
        leat_buf_puts(buf, i ? ", " : "");
        print_quoted(buf, pairs->list[i].name);
        leat_buf_puts(buf, ": ");
        print_quoted(buf, leat_config_secret(pairs->list[i].name) ? "********" : pairs->list[i].value);
    }
    leat_buf_puts(buf, "}");
}

static void print_point(struct leat_buf *buf, const struct leat_point *point)
{
    struct leat_buf text = {0};
    leat_point_put(&text, point);
    print_quoted(buf, point->type ? leat_buf_cstr(&text) : "");
    leat_buf_free(&text);
}

static void print_within(struct leat_buf *buf, const struct leat_within *within)
{
    struct leat_buf text = {0};
    leat_within_put(&text, within);
    print_quoted(buf, leat_buf_cstr(&text));
    leat_buf_free(&text);
}

void option_print(struct leat_buf *buf, const void *base, const struct option *option)
{
    const void *at = (const char *)base + option->offset;
    const char *text = NULL;
    switch (option->type) {
    case OPTION_TEXT:
        text = *(char *const *)at;
        print_quoted(buf, text ? text : "");
        break;
    case OPTION_SECRET:
        text = *(char *const *)at;
        print_quoted(buf, text ? "********" : "");
        break;
    case OPTION_COUNT:
        leat_buf_printf(buf, "%u", *(const unsigned *)at);
        break;
    case OPTION_BYTES:
        print_quantity(buf, *(const uint64_t *)at, byte_units, "");
        break;
    case OPTION_TIME_US:
        print_quantity(buf, *(const uint64_t *)at, time_units, "s");
        break;
    case OPTION_TIME_MS:
        print_quantity(buf, (uint64_t)*(const unsigned *)at * 1000, time_units, "s");
        break;
    case OPTION_WORD:
        print_quoted(buf, option->words[*(const unsigned *)at]);
        break;
    case OPTION_TEXTS:
        print_texts(buf, at);
        break;
    case OPTION_PAIRS:
        print_pairs(buf, at);
        break;
    case OPTION_POINT:
        print_point(buf, at);
        break;
    case OPTION_WITHIN:
        print_within(buf, at);
        break;
    case OPTION_URL:
        print_quoted(buf, ((const struct leat_server_config *)at)->url);
        break;
    case OPTION_FREE:
        if (*(const unsigned *)at)
            leat_buf_printf(buf, "%u%%", *(const unsigned *)at);
        else
            print_quantity(buf, *(const uint64_t *)(const void *)((const char *)base + option->offset2), byte_units, "");
        break;
    }
}
