/* The option table as text: the effective configuration as YAML, and the reference page. */
#include "options_int.h"

#include <string.h>

static bool is_unset(const void *base, const struct option *option)
{
    const void *at = (const char *)base + option->offset;
    switch (option->type) {
    case OPTION_TEXT:
    case OPTION_SECRET:
        return !*(char *const *)at;
    case OPTION_TEXTS:
        return !((const struct leat_strings *)at)->count;
    case OPTION_PAIRS:
        return !((const struct leat_pairs *)at)->count;
    case OPTION_POINT:
        return !((const struct leat_point *)at)->type;
    case OPTION_WITHIN:
        return !((const struct leat_within *)at)->set;
    case OPTION_WORD:
        return !*option->words[*(const unsigned *)at];
    default:
        return false;
    }
}

static void print_section(struct leat_buf *buf, const struct section *section, const void *base, const char *indent)
{
    for (size_t i = 0; i < section->count; i++) {
        if (is_unset(base, &section->options[i]))
            continue;
        leat_buf_printf(buf, "%s%s: ", indent, section->options[i].name);
        option_print(buf, base, &section->options[i]);
        leat_buf_puts(buf, "\n");
    }
}


static void print_sink(struct leat_buf *buf, const struct leat_sink_config *sink)
{
    leat_buf_printf(buf, "  %s:\n", sink->name);
    const struct section *section = &option_sections[SECTION_SINK];
    for (size_t i = 0; i < section->count; i++) {
        const struct option *option = &section->options[i];
        if (!option_is_for(option, sink->type) || is_unset(sink, option))
            continue;
        leat_buf_printf(buf, "    %s: ", option->name);
        option_print(buf, sink, option);
        leat_buf_puts(buf, "\n");
    }
}

void leat_config_print(struct leat_buf *buf, const struct leat_config *config)
{
    print_section(buf, &option_sections[SECTION_TOP], config, "");
    leat_buf_puts(buf, "source:\n");
    print_section(buf, &option_sections[SECTION_SOURCE], &config->source, "  ");
    leat_buf_puts(buf, "journal:\n");
    print_section(buf, &option_sections[SECTION_JOURNAL], &config->journal, "  ");
    leat_buf_puts(buf, "log:\n");
    print_section(buf, &option_sections[SECTION_LOG], &config->log, "  ");
    leat_buf_puts(buf, "http:\n");
    print_section(buf, &option_sections[SECTION_HTTP], &config->http, "  ");
    leat_buf_puts(buf, config->sink_count ? "sinks:\n" : "sinks: {}\n");
    for (size_t i = 0; i < config->sink_count; i++)
        print_sink(buf, &config->sinks[i]);
}

static const char *type_text(const struct option *option)
{
    switch (option->type) {
    case OPTION_TEXT:
    case OPTION_SECRET:
        return "text";
    case OPTION_COUNT:
        return "number";
    case OPTION_BYTES:
        return "size";
    case OPTION_TIME_US:
    case OPTION_TIME_MS:
        return "time";
    case OPTION_WORD:
        return "word";
    case OPTION_TEXTS:
        return "list";
    case OPTION_POINT:
        return "position";
    case OPTION_WITHIN:
        return "part of a transaction";
    case OPTION_URL:
        return "URL";
    case OPTION_FREE:
        return "share or size";
    case OPTION_PAIRS:
        return "settings";
    }
    return "";
}

static void reference_option(struct leat_buf *buf, const struct option *option)
{
    leat_buf_printf(buf, "- `%s` (%s", option->name, type_text(option));
    if (option->words) {
        leat_buf_puts(buf, ":");
        for (const char *const *word = option->words; *word; word++)
            if (**word)
                leat_buf_printf(buf, " `%s`", *word);
    }
    if (option->flags & OPTION_REQUIRED)
        leat_buf_puts(buf, "; required");
    if (option->fallback)
        leat_buf_printf(buf, "; default `%s`", option->fallback);
    if (option->sink_types)
        leat_buf_printf(buf, "; only for type%s", option->sink_types);
    if (buf->data[buf->size - 1] == ' ')
        buf->size--;
    leat_buf_printf(buf, "): %s\n", option->help);
}

void leat_config_reference(struct leat_buf *buf)
{
    leat_buf_puts(buf,
                  "# Configuration\n\n"
                  "This page is printed by `leat config reference`; the option table in `src/config/options.c` is its source.\n\n"
                  "leat reads `./leat.yaml`, else `/etc/leat/leat.yaml`, or the files given with `-c` (later ones win). Then the\n"
                  "environment counts (`LEAT_SOURCE__PASSWORD_FILE=…` is `source.password_file`), then `-o source.heartbeat=1s`.\n"
                  "In the parts of a sink that hold others' settings the rest of a path is one name: `-o sinks.events.kafka.bootstrap.servers=k1:9092`,\n"
                  "and in the environment, where their names have dots, `LEAT_SINKS__EVENTS__KAFKA__BOOTSTRAP_SERVERS=…` (`__` is `_` there; a name\n"
                  "with small letters in it is taken as it is). A list for one of them is joined with commas.\n"
                  "`leat config check` checks, `leat config print` shows what is in force, secrets masked.\n\n"
                  "Sizes are written with B, KiB, MiB, GiB, TiB (or kB, MB, GB, TB), times with us, ms, s, m, h, d, w (`1h30m`).\n"
                  "A position is `now`, `earliest`, `FILE:POS`, a GTID set, or an ISO 8601 time.\n");
    for (int i = 0; i < SECTION_COUNT; i++) {
        const struct section *section = &option_sections[i];
        leat_buf_printf(buf, "\n## %s%s%s\n\n%s\n\n", *section->name ? "`" : "", *section->name ? section->name : "Top level",
                        *section->name ? "`" : "", section->intro);
        for (size_t k = 0; k < section->count; k++)
            reference_option(buf, &section->options[k]);
    }
}
