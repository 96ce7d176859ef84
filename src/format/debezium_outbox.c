/* The format "debezium": what is settled before rows of outbox tables come: which columns are what, and how a topic is made of a value. */
#include "debezium_outbox_int.h"

#include <ctype.h>
#include <stdlib.h>
#include <strings.h>

#include "base/alloc.h"

static int fail(struct leat_error *err, const char *what, const char *cure)
{
    leat_fail(err, LEAT_E_CONFIG, LEAT_KIND_OPERATOR, "the format debezium: %s", what);
    return leat_cure(err, "%s", cure);
}

/* ---- Topics ---- */

static void add_piece(struct leat_debezium_outbox *outbox, const char *text, size_t size, unsigned group)
{
    if (text && !size)
        return;
    outbox->pieces = leat_realloc(outbox->pieces, (outbox->piece_count + 1) * sizeof *outbox->pieces);
    outbox->pieces[outbox->piece_count++] = (struct outbox_piece){text ? leat_strndup(text, size) : NULL, group};
}

static bool find_group(const struct leat_java_groups *groups, const char *name, size_t size, unsigned *at)
{
    for (unsigned i = 0; i < groups->count; i++)
        if (strlen(groups->list[i].name) == size && strncmp(groups->list[i].name, name, size) == 0) {
            *at = groups->list[i].at;
            return true;
        }
    return false;
}

/* $N: as many digits as still name a group; $0 is the whole. Returns how many bytes it has. */
static size_t numbered(const struct leat_java_groups *groups, const char *text, unsigned *at)
{
    unsigned number = 0;
    size_t size = 0;
    while (isdigit((unsigned char)text[size]) && number * 10 + (unsigned)(text[size] - '0') <= groups->count)
        number = number * 10 + (unsigned)(text[size++] - '0');
    if (size)
        *at = number ? groups->list[number - 1].at : 0;
    return size;
}

/* As Java's replacements: $1, ${name}, and \ before a character that is meant so. */
static bool read_replacement(struct leat_debezium_outbox *outbox, const char *text)
{
    while (*text) {
        size_t size = strcspn(text, "$\\");
        add_piece(outbox, text, size, 0);
        text += size;
        if (*text == '\\') {
            if (!text[1])
                return false;
            add_piece(outbox, text + 1, 1, 0);
            text += 2;
        } else if (*text == '$') {
            unsigned group;
            size_t named = text[1] == '{' ? strcspn(text + 2, "}") : 0, digits = 0;
            if (named ? text[2 + named] != '}' || !find_group(&outbox->groups, text + 2, named, &group)
                      : !(digits = numbered(&outbox->groups, text + 1, &group)))
                return false;
            add_piece(outbox, NULL, 0, group);
            text += named ? named + 3 : digits + 1;
        }
    }
    return true;
}

static int make_topics(struct leat_debezium_outbox *outbox, const struct leat_debezium_outbox_settings *settings, struct leat_error *err)
{
    struct leat_buf text = {0};
    outbox->compiled = leat_java_regex(&text, settings->regex, strlen(settings->regex), &outbox->groups) &&
                       regcomp(&outbox->regex, leat_buf_cstr(&text), REG_EXTENDED) == 0;
    leat_buf_free(&text);
    if (!outbox->compiled)
        return fail(err, "outbox.route.topic.regex is not a regular expression that can be taken here",
                    "POSIX extended expressions are, with \\d, \\w and \\s outside of brackets, (?<name>…) and (?:…); without lazy or possessive quantifiers");
    if (!read_replacement(outbox, settings->replacement))
        return fail(err, "outbox.route.topic.replacement names a group that outbox.route.topic.regex hasn't", "$1 or ${name}; a $ that is meant so is \\$");
    return LEAT_OK;
}

void leat_debezium_outbox_topic(const struct leat_debezium_outbox *outbox, struct leat_buf *topic, const struct leat_buf *value)
{
    enum { MATCHES = JAVA_REGEX_GROUPS_MAX + 2 };
    regmatch_t match[4 * MATCHES]; /* groups without a number count, too */
    const char *text = (const char *)value->data;
    leat_buf_clear(topic);
    if (outbox->groups.matches > sizeof match / sizeof *match || regexec(&outbox->regex, text, sizeof match / sizeof *match, match, 0) != 0) {
        leat_buf_put(topic, value->data, value->size);
        return;
    }
    for (size_t i = 0; i < outbox->piece_count; i++) {
        const struct outbox_piece *piece = &outbox->pieces[i];
        const regmatch_t *found = &match[piece->group];
        if (piece->text)
            leat_buf_puts(topic, piece->text);
        else if (found->rm_so >= 0)
            leat_buf_put(topic, text + found->rm_so, (size_t)(found->rm_eo - found->rm_so));
    }
}

/* ---- Columns that are placed ---- */

static int read_field(struct outbox_field *field, const char *text, struct leat_error *err)
{
    static const char *const places[] = {"header", "envelope", "partition"};
    size_t column = strcspn(text, ":"), place = text[column] ? strcspn(text + column + 1, ":") : 0;
    const char *alias = text[column] && text[column + 1 + place] ? text + column + place + 2 : NULL;
    for (unsigned i = 0; column && place && i < sizeof places / sizeof *places; i++) {
        if (strlen(places[i]) != place || strncasecmp(places[i], text + column + 1, place) != 0 || (alias && (!*alias || strchr(alias, ':'))))
            continue;
        field->place = (enum outbox_place)i;
        field->column = leat_strndup(text, column);
        field->alias = leat_strdup(alias ? alias : field->column);
        return LEAT_OK;
    }
    leat_fail(err, LEAT_E_CONFIG, LEAT_KIND_OPERATOR, "the format debezium: outbox.table.fields.additional.placement can't be \"%.200s\"", text);
    return leat_cure(err, "COLUMN:header, COLUMN:envelope or COLUMN:partition, with :NAME behind it for another name; with commas between");
}

static int read_fields(struct leat_debezium_outbox *outbox, const struct leat_setting_list *placement, struct leat_error *err)
{
    enum { MOST = 48 };
    if (placement->count > MOST)
        return fail(err, "outbox.table.fields.additional.placement has more than 48 columns", "choose fewer");
    outbox->fields = leat_alloc_zero(placement->count + 1, sizeof *outbox->fields);
    for (; outbox->field_count < placement->count; outbox->field_count++) {
        struct outbox_field *field = &outbox->fields[outbox->field_count];
        if (read_field(field, placement->list[outbox->field_count], err))
            return LEAT_FAIL;
        outbox->envelope = outbox->envelope || field->place == OUTBOX_ENVELOPE;
    }
    return LEAT_OK;
}

int leat_debezium_outbox_new(struct leat_debezium *debezium, struct leat_error *err)
{
    const struct leat_debezium_settings *settings = &debezium->settings;
    struct leat_debezium_outbox *outbox = debezium->transforms.router = leat_alloc_zero(1, sizeof *outbox);
    bool raw = settings->key_converter >= DEBEZIUM_CONVERTER_BYTES || settings->value_converter >= DEBEZIUM_CONVERTER_BYTES;
    if (make_topics(outbox, &settings->outbox, err) || read_fields(outbox, &settings->outbox.placement, err))
        return LEAT_FAIL;
    if (settings->value_converter != DEBEZIUM_CONVERTER_JSON && outbox->envelope)
        return fail(err, "value.converter: events with an envelope (outbox.table.fields.additional.placement) are JSON",
                    "place the columns into headers, or leave the converter at JsonConverter");
    if (settings->value_converter != DEBEZIUM_CONVERTER_JSON && settings->outbox.expand)
        return fail(err, "value.converter: what outbox.table.expand.json.payload expands is JSON", "leave the converter at JsonConverter");
    if (raw && settings->binary != DEBEZIUM_BINARY_BYTES)
        return fail(err, "a converter of bytes needs columns that are bytes", "binary.handling.mode: bytes");
    if (settings->outbox.expand)
        outbox->expand = leat_debezium_expand_new(settings->outbox.nulls == OUTBOX_NULLS_OPTIONAL_BYTES);
    return LEAT_OK;
}

void leat_debezium_outbox_free(struct leat_debezium_outbox **out)
{
    struct leat_debezium_outbox *outbox = *out;
    *out = NULL;
    if (!outbox)
        return;
    if (outbox->compiled)
        regfree(&outbox->regex);
    for (size_t i = 0; i < outbox->piece_count; i++)
        free(outbox->pieces[i].text);
    for (size_t i = 0; i < outbox->field_count; i++) {
        free(outbox->fields[i].column);
        free(outbox->fields[i].alias);
    }
    free(outbox->pieces);
    free(outbox->fields);
    leat_debezium_expand_free(&outbox->expand);
    leat_buf_free(&outbox->route);
    leat_buf_free(&outbox->payload);
    leat_buf_free(&outbox->schema);
    leat_buf_free(&outbox->plain);
    free(outbox);
}

/* ---- Once a definition ---- */

static uint32_t find(const struct leat_plan *plan, const char *name)
{
    for (uint32_t i = 0; i < plan->count; i++)
        if (strcmp(plan->view->columns[i].name.bytes, name) == 0)
            return i;
    return OUTBOX_NO_COLUMN;
}

/* A setting without a text asks for no column. */
static int need(const struct leat_plan *plan, uint32_t *column, const char *name, const char *setting, struct leat_error *err)
{
    *column = name && *name ? find(plan, name) : OUTBOX_NO_COLUMN;
    if (*column != OUTBOX_NO_COLUMN || !name || !*name)
        return LEAT_OK;
    leat_fail(err, LEAT_E_DEFINITION, LEAT_KIND_DATA, "%.256s.%.256s has no column \"%.256s\", which outbox.%s names", plan->view->database.bytes,
              plan->view->name.bytes, name, setting);
    return leat_cure(err, "outbox.tables says which tables are outboxes");
}

static int check_time(const struct leat_debezium *debezium, const struct leat_plan *plan, uint32_t column, struct leat_error *err)
{
    if (column == OUTBOX_NO_COLUMN || leat_debezium_time_unit(debezium, &plan->steps[column]))
        return LEAT_OK;
    leat_fail(err, LEAT_E_DEFINITION, LEAT_KIND_DATA, "%.256s.%.256s.%.256s can't be a timestamp (outbox.table.field.event.timestamp)",
              plan->view->database.bytes, plan->view->name.bytes, plan->view->columns[column].name.bytes);
    return leat_cure(err, "a DATETIME can, as a number (time.precision.mode)");
}

int leat_debezium_outbox_plan(struct leat_debezium *debezium, struct leat_plan *plan, struct leat_error *err)
{
    const struct leat_debezium_outbox_settings *settings = &debezium->settings.outbox;
    const struct leat_debezium_outbox *outbox = debezium->transforms.router;
    struct leat_debezium_table *table = plan->own;
    struct leat_debezium_event *event = table->event = leat_alloc_zero(1, sizeof *event);
    event->fields = leat_alloc_zero(outbox->field_count + 1, sizeof *event->fields);
    if (need(plan, &event->id, settings->id, "table.field.event.id", err) || need(plan, &event->key, settings->key, "table.field.event.key", err) ||
        need(plan, &event->payload, settings->payload, "table.field.event.payload", err) ||
        need(plan, &event->route, settings->route_by, "route.by.field", err) ||
        need(plan, &event->time, settings->time, "table.field.event.timestamp", err) ||
        need(plan, &event->version, settings->version, "table.field.event.schema.version", err) || check_time(debezium, plan, event->time, err))
        return LEAT_FAIL;
    for (size_t i = 0; i < outbox->field_count; i++) {
        event->fields[i] = find(plan, outbox->fields[i].column);
        if (settings->missing == OUTBOX_MISSING_ERROR &&
            need(plan, &event->fields[i], outbox->fields[i].column, "table.fields.additional.placement", err))
            return LEAT_FAIL;
    }
    return LEAT_OK;
}

void leat_debezium_event_free(struct leat_debezium_event **event)
{
    if (*event)
        free((*event)->fields);
    free(*event);
    *event = NULL;
}
