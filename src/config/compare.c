/* What differs between two configurations, setting by setting, out of the option table. Secrets count, and
 * are never shown. Pure. */
#include "options_int.h"

#include <stddef.h>
#include <stdio.h>
#include <string.h>

static bool same_text(const char *a, const char *b)
{
    return a && b ? !strcmp(a, b) : a == b;
}

static bool same_pairs(const struct leat_pairs *a, const struct leat_pairs *b)
{
    if (a->count != b->count)
        return false;
    for (size_t i = 0; i < a->count; i++)
        if (!same_text(a->list[i].name, b->list[i].name) || !same_text(a->list[i].value, b->list[i].value))
            return false;
    return true;
}

/* Everything that has no secret prints the same if it is the same. */
static bool same_printed(const void *a, const void *b, const struct option *option)
{
    struct leat_buf printed_a = {0}, printed_b = {0};
    option_print(&printed_a, a, option);
    option_print(&printed_b, b, option);
    bool same = same_text(leat_buf_cstr(&printed_a), leat_buf_cstr(&printed_b));
    leat_buf_free(&printed_a);
    leat_buf_free(&printed_b);
    return same;
}

static bool same_option(const void *a, const void *b, const struct option *option)
{
    const void *at_a = (const char *)a + option->offset, *at_b = (const char *)b + option->offset;
    switch (option->type) {
    case OPTION_TEXT:
    case OPTION_SECRET:
        return same_text(*(char *const *)at_a, *(char *const *)at_b);
    case OPTION_PAIRS:
        return same_pairs(at_a, at_b);
    default:
        return same_printed(a, b, option);
    }
}

bool leat_config_same_sink(const struct leat_sink_config *a, const struct leat_sink_config *b)
{
    const struct section *section = &option_sections[SECTION_SINK];
    if (!same_text(a->type, b->type))
        return false;
    for (size_t i = 0; i < section->count; i++)
        if (option_is_for(&section->options[i], a->type) && !same_option(a, b, &section->options[i]))
            return false;
    return true;
}

/* Sinks and the log are what a running relay can change. */
static const struct {
    int section;
    size_t offset;
} fixed[] = {{SECTION_TOP, 0},
             {SECTION_SOURCE, offsetof(struct leat_config, source)},
             {SECTION_JOURNAL, offsetof(struct leat_config, journal)},
             {SECTION_HTTP, offsetof(struct leat_config, http)}};

bool leat_config_fixed_differs(char *name, size_t size, const struct leat_config *a,
                               const struct leat_config *b)
{
    for (size_t k = 0; k < sizeof fixed / sizeof *fixed; k++) {
        const struct section *section = &option_sections[fixed[k].section];
        const void *part_a = (const char *)a + fixed[k].offset, *part_b = (const char *)b + fixed[k].offset;
        for (size_t i = 0; i < section->count; i++) {
            if (same_option(part_a, part_b, &section->options[i]))
                continue;
            snprintf(name, size, "%s%s%s", section->name, *section->name ? "." : "",
                     section->options[i].name);
            return true;
        }
    }
    return false;
}
