/* Templates and rules into topics' names (kafka_names_int.h).
 *
 * A pattern of a rule is written as `tables` are (database.table, `*` and `?`), or as /regular expression/ over "database.table"; either
 * becomes POSIX expressions when the settings are read. A name is made once per definition, so none of this is in a hurry. */
#include "kafka_names_int.h"

#include <regex.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/json.h"
#include "kafka_int.h"

enum { PARTS_MAX = 32, GROUPS_MAX = 9, PATTERN_BYTES_MAX = 1000 };

enum part_kind { PART_TEXT, PART_DATABASE, PART_TABLE, PART_GROUP };

struct part {
    enum part_kind kind;
    char *text; /* owned; PART_TEXT */
    unsigned group;
};

struct template {
    struct part parts[PARTS_MAX];
    size_t count;
};

struct rule {
    bool whole;          /* one expression over both names */
    bool compiled, compiled_table;
    regex_t database, table;
    struct template topic;
};

struct kafka_names {
    struct template topic, statements; /* the second has no parts: nowhere */
    struct rule *rules; /* owned */
    size_t rule_count;
};

/* ---- What a topic's name may hold ---- */

static bool is_legal(char byte)
{
    return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') || (byte >= '0' && byte <= '9') || (byte && strchr("._-", byte));
}

bool leat_kafka_name_is_legal(const char *name, size_t size)
{
    for (size_t i = 0; i < size; i++)
        if (!is_legal(name[i]))
            return false;
    return size && size <= KAFKA_TOPIC_BYTES_MAX && strcmp(name, ".") != 0 && strcmp(name, "..") != 0;
}

/* A character that isn't legal becomes `_`, and one outside of Unicode's first plane two: Debezium, whose consumers know the names, counts in
 * UTF-16. */
static void put_legal(struct leat_buf *buf, const char *bytes, size_t size)
{
    for (size_t at = 0; at < size;) {
        size_t length = leat_utf8_character(bytes + at, size - at);
        length = length ? length : 1;
        if (length == 1 && is_legal(bytes[at]))
            leat_buf_u8(buf, (uint8_t)bytes[at]);
        else
            leat_buf_puts(buf, length == 4 ? "__" : "_");
        at += length;
    }
}

static int check_name(struct leat_buf *topic, const char *about, struct leat_error *err)
{
    const char *name = leat_buf_cstr(topic);
    if (topic->size && topic->size <= KAFKA_TOPIC_BYTES_MAX && strcmp(name, ".") != 0 && strcmp(name, "..") != 0)
        return LEAT_OK;
    if (topic->size > KAFKA_TOPIC_BYTES_MAX)
        (void)leat_fail(err, LEAT_E_CONFIG, LEAT_KIND_OPERATOR, "the topic of %s would be named %s: %zu characters, and Kafka takes at most %d", about,
                        name, topic->size, KAFKA_TOPIC_BYTES_MAX);
    else
        (void)leat_fail(err, LEAT_E_CONFIG, LEAT_KIND_OPERATOR, "the topic of %s would be named \"%s\", which Kafka doesn't take", about, name);
    return leat_cure(err, "give the table a topic of its own with `topics`, or change `topic`");
}

/* ---- Templates ---- */

static void free_template(struct template *template)
{
    for (size_t i = 0; i < template->count; i++)
        free(template->parts[i].text);
    template->count = 0;
}

static int bad_template(const char *setting, const char *text, const char *why, struct leat_error *err)
{
    (void)leat_fail(err, LEAT_E_CONFIG, LEAT_KIND_OPERATOR, "%s: \"%.300s\": %s", setting, text, why);
    return leat_cure(err, "write letters, digits, `.`, `_`, `-`, and {name}, {sink}%s", strcmp(setting, "a topic's name") ? ", {database}, {table}" : "");
}

static void add_text(struct template *template, const char *text, size_t size)
{
    template->parts[template->count++] = (struct part){.kind = PART_TEXT, .text = leat_strndup(text, size)};
}

/* "{database}" at `at`; *end is behind it. */
static const char *add_placeholder(struct template *template, const struct leat_sink_env *env, const char *at, const char **end)
{
    const char *from = at + 1 + (*at == '%');
    size_t size = strcspn(from, "}");
    if (from[size] != '}')
        return "a brace is not closed";
    *end = from + size + 1;
    struct part *part = &template->parts[template->count];
    if (size == 4 && !memcmp(from, "name", 4))
        add_text(template, env->relay_name, strlen(env->relay_name));
    else if (size == 4 && !memcmp(from, "sink", 4))
        add_text(template, env->config->name, strlen(env->config->name));
    else if (size == 8 && !memcmp(from, "database", 8))
        part->kind = PART_DATABASE, template->count++;
    else if (size == 5 && !memcmp(from, "table", 5))
        part->kind = PART_TABLE, template->count++;
    else
        return "in braces stand name, sink, database or table";
    return NULL;
}

static const char *add_part(struct template *template, const struct leat_sink_env *env, const char *at, const char **end)
{
    if (*at == '{' || (*at == '%' && at[1] == '{'))
        return add_placeholder(template, env, at, end);
    if (*at == '$' && at[1] >= '1' && at[1] <= '9') {
        template->parts[template->count++] = (struct part){.kind = PART_GROUP, .group = (unsigned)(at[1] - '0')};
        *end = at + 2;
        return NULL;
    }
    if (!is_legal(*at))
        return "a topic's name has only letters, digits, `.`, `_` and `-`";
    for (*end = at; is_legal(**end);)
        ++*end;
    add_text(template, at, (size_t)(*end - at));
    return NULL;
}

static int parse_template(struct template *template, const struct leat_sink_env *env, const char *setting, const char *text,
                          struct leat_error *err)
{
    if (!*text)
        return bad_template(setting, text, "it is empty", err);
    for (const char *at = text; *at;) {
        if (template->count == PARTS_MAX)
            return bad_template(setting, text, "it has too many parts", err);
        const char *why = add_part(template, env, at, &at);
        if (why)
            return bad_template(setting, text, why, err);
    }
    return LEAT_OK;
}

static unsigned groups_of(const struct template *template)
{
    unsigned most = 0;
    for (size_t i = 0; i < template->count; i++)
        if (template->parts[i].kind == PART_GROUP && template->parts[i].group > most)
            most = template->parts[i].group;
    return most;
}

static bool is_of_tables(const struct template *template)
{
    for (size_t i = 0; i < template->count; i++)
        if (template->parts[i].kind != PART_TEXT)
            return true;
    return false;
}

char *leat_kafka_topic_name(const struct leat_sink_env *env, const char *pattern, struct leat_error *err)
{
    struct template template = {0};
    struct leat_buf topic = {0};
    char *name = NULL;
    int rc = parse_template(&template, env, "a topic's name", pattern, err);
    if (rc == LEAT_OK && is_of_tables(&template))
        rc = bad_template("a topic's name", pattern, "only `topic`, `topics` and `schema_topic` may have {database} and {table}", err);
    for (size_t i = 0; rc == LEAT_OK && i < template.count; i++)
        leat_buf_puts(&topic, template.parts[i].text);
    if (rc == LEAT_OK && check_name(&topic, pattern, err) == LEAT_OK)
        name = leat_strdup(leat_buf_cstr(&topic));
    leat_buf_free(&topic);
    free_template(&template);
    return name;
}

/* ---- Rules ---- */

static int bad_rule(const char *rule, const char *why, struct leat_error *err)
{
    (void)leat_fail(err, LEAT_E_CONFIG, LEAT_KIND_OPERATOR, "topics: \"%.300s\": %s", rule, why);
    return leat_cure(err, "write `shop.order_* -> shop.orders`, or with a regular expression `/shop\\.(order|cart)_\\d+/ -> shop.$1`");
}

static int compile(regex_t *to, struct leat_buf *expression, const char *rule, struct leat_error *err)
{
    char why[200];
    int code = regcomp(to, leat_buf_cstr(expression), REG_EXTENDED);
    if (!code)
        return LEAT_OK;
    regerror(code, to, why, sizeof why);
    return bad_rule(rule, why, err);
}

/* One part of a pattern with `*` and `?`, as an expression; *at is moved behind it. */
static const char *put_glob(struct leat_buf *to, const char **at, const char *end)
{
    bool quoted = *at < end && **at == '`';
    *at += quoted;
    leat_buf_puts(to, "^");
    for (; *at < end; ++*at) {
        char byte = **at;
        if (quoted ? byte == '`' && (*at + 1 == end || (*at)[1] != '`') : byte == '.')
            break;
        if (quoted && byte == '`')
            ++*at;
        if (!quoted && byte == '*')
            leat_buf_puts(to, "(.*)");
        else if (!quoted && byte == '?')
            leat_buf_puts(to, "[^\x80-\xBF][\x80-\xBF]*");
        else if (strchr("\\^$.[]|()*+?{}", byte))
            leat_buf_printf(to, "\\%c", byte);
        else
            leat_buf_u8(to, (uint8_t)byte);
    }
    leat_buf_puts(to, "$");
    if (quoted && *at == end)
        return "a backquote is not closed";
    *at += quoted;
    return NULL;
}

static int compile_glob(struct rule *rule, const char *text, const char *end, struct leat_error *err)
{
    struct leat_buf expression = {0};
    const char *at = text, *why = put_glob(&expression, &at, end);
    int rc = why ? bad_rule(text, why, err) : at == end || *at != '.' ? bad_rule(text, "database.table is expected", err) : LEAT_OK;
    if (rc == LEAT_OK) {
        rc = compile(&rule->database, &expression, text, err);
        rule->compiled = rc == LEAT_OK;
    }
    leat_buf_clear(&expression);
    at++;
    why = rc == LEAT_OK ? put_glob(&expression, &at, end) : NULL;
    if (why || (rc == LEAT_OK && at != end))
        rc = bad_rule(text, why ? why : "a name with a dot needs backquotes", err);
    if (rc == LEAT_OK) {
        rc = compile(&rule->table, &expression, text, err);
        rule->compiled_table = rc == LEAT_OK;
    }
    leat_buf_free(&expression);
    return rc;
}

/* POSIX has no \d. */
static void put_expression(struct leat_buf *to, const char *from, const char *end)
{
    bool in_brackets = false;
    leat_buf_puts(to, "^(");
    for (; from < end; from++) {
        if (*from == '\\' && from + 1 < end) {
            from++;
            if (*from == 'd')
                leat_buf_puts(to, in_brackets ? "0-9" : "[0-9]");
            else
                leat_buf_printf(to, "\\%c", *from);
            continue;
        }
        in_brackets = *from == '[' ? true : *from == ']' ? false : in_brackets;
        leat_buf_u8(to, (uint8_t)*from);
    }
    leat_buf_puts(to, ")$");
}

static int compile_expression(struct rule *rule, const char *text, const char *end, struct leat_error *err)
{
    if (end - text < 2 || end[-1] != '/')
        return bad_rule(text, "a regular expression ends with /", err);
    struct leat_buf expression = {0};
    put_expression(&expression, text + 1, end - 1);
    int rc = strstr(leat_buf_cstr(&expression), "(?") ? bad_rule(text, "`(?` is not known to POSIX expressions", err)
                                                      : compile(&rule->database, &expression, text, err);
    rule->whole = true;
    rule->compiled = rc == LEAT_OK;
    leat_buf_free(&expression);
    return rc;
}

static int parse_rule(struct rule *rule, const struct leat_sink_env *env, const char *text, struct leat_error *err)
{
    const char *arrow = NULL;
    for (const char *at = text; (at = strstr(at, "->")) != NULL; at += 2)
        arrow = at;
    if (!arrow || strlen(text) > PATTERN_BYTES_MAX)
        return bad_rule(text, arrow ? "it is too long" : "`pattern -> topic` is expected", err);
    const char *from = text + strspn(text, " "), *end = arrow, *topic = arrow + 2 + strspn(arrow + 2, " ");
    while (end > from && end[-1] == ' ')
        end--;
    if (*from == '/' ? compile_expression(rule, from, end, err) : compile_glob(rule, from, end, err))
        return LEAT_FAIL;
    if (parse_template(&rule->topic, env, "topics", topic, err))
        return LEAT_FAIL;
    size_t groups = rule->whole ? rule->database.re_nsub - 1 : rule->database.re_nsub + rule->table.re_nsub;
    return groups_of(&rule->topic) > groups ? bad_rule(text, "it refers to a group that the pattern doesn't have", err) : LEAT_OK;
}

/* ---- All of them ---- */

int leat_kafka_names_new(struct kafka_names **out, const struct leat_sink_env *env, struct leat_error *err)
{
    const struct leat_sink_config *config = env->config;
    struct kafka_names *names = leat_alloc_zero(1, sizeof *names);
    int rc = parse_template(&names->topic, env, "topic", config->topic ? config->topic : "{name}.{database}.{table}", err);
    if (rc == LEAT_OK && groups_of(&names->topic))
        rc = bad_template("topic", config->topic, "$1 is for `topics`", err);
    if (rc == LEAT_OK && config->schema_topic && *config->schema_topic)
        rc = parse_template(&names->statements, env, "schema_topic", config->schema_topic, err);
    if (rc == LEAT_OK && groups_of(&names->statements))
        rc = bad_template("schema_topic", config->schema_topic, "$1 is for `topics`", err);
    names->rules = leat_alloc_zero(config->topics.count + 1, sizeof *names->rules);
    for (size_t i = 0; rc == LEAT_OK && i < config->topics.count; i++)
        rc = parse_rule(&names->rules[names->rule_count++], env, config->topics.list[i], err);
    if (rc)
        leat_kafka_names_free(&names);
    *out = names;
    return rc;
}

void leat_kafka_names_free(struct kafka_names **names)
{
    struct kafka_names *at = *names;
    *names = NULL;
    if (!at)
        return;
    for (size_t i = 0; i < at->rule_count; i++) {
        free_template(&at->rules[i].topic);
        if (at->rules[i].compiled)
            regfree(&at->rules[i].database);
        if (at->rules[i].compiled_table)
            regfree(&at->rules[i].table);
    }
    free(at->rules);
    free_template(&at->topic);
    free_template(&at->statements);
    free(at);
}

struct group {
    const char *bytes;
    size_t size;
};

static unsigned take_groups(struct group *groups, unsigned count, const char *text, const regmatch_t *matches, size_t match_count, size_t from)
{
    for (size_t i = from; i < match_count && count < GROUPS_MAX; i++) {
        bool there = matches[i].rm_so >= 0;
        groups[count++] = (struct group){there ? text + matches[i].rm_so : "", there ? (size_t)(matches[i].rm_eo - matches[i].rm_so) : 0};
    }
    return count;
}

static bool matches(const struct rule *rule, const struct leat_text *database, const struct leat_text *table, struct leat_buf *both,
                    struct group *groups)
{
    regmatch_t found[GROUPS_MAX + 2];
    if (rule->whole) {
        leat_buf_clear(both);
        leat_buf_printf(both, "%s.%s", database->bytes, table->bytes);
        if (regexec(&rule->database, leat_buf_cstr(both), GROUPS_MAX + 2, found, 0))
            return false;
        (void)take_groups(groups, 0, (const char *)both->data, found, rule->database.re_nsub < GROUPS_MAX + 1 ? rule->database.re_nsub + 1 : GROUPS_MAX + 2, 2);
        return true;
    }
    if (regexec(&rule->database, database->bytes, GROUPS_MAX + 1, found, 0))
        return false;
    unsigned count = take_groups(groups, 0, database->bytes, found, rule->database.re_nsub < GROUPS_MAX ? rule->database.re_nsub + 1 : GROUPS_MAX + 1, 1);
    if (regexec(&rule->table, table->bytes, GROUPS_MAX + 1, found, 0))
        return false;
    (void)take_groups(groups, count, table->bytes, found, rule->table.re_nsub < GROUPS_MAX ? rule->table.re_nsub + 1 : GROUPS_MAX + 1, 1);
    return true;
}

static void put_variable(struct leat_buf *topic, struct leat_buf *purpose, const char *bytes, size_t size)
{
    put_legal(topic, bytes, size);
    leat_buf_string(purpose, bytes, size);
}

static void expand(const struct template *template, const struct leat_text *database, const struct leat_text *table,
                   const struct group *groups, struct leat_buf *topic, struct leat_buf *purpose)
{
    for (size_t i = 0; i < template->count; i++) {
        const struct part *part = &template->parts[i];
        if (part->kind == PART_TEXT)
            leat_buf_puts(topic, part->text);
        else if (part->kind == PART_GROUP)
            put_variable(topic, purpose, groups[part->group - 1].bytes, groups[part->group - 1].size);
        else if (part->kind == PART_DATABASE)
            put_variable(topic, purpose, database->bytes, database->size);
        else
            put_variable(topic, purpose, table->bytes, table->size);
    }
}

int leat_kafka_names_table(const struct kafka_names *names, const struct leat_text *database, const struct leat_text *table,
                           struct leat_buf *topic, struct leat_buf *purpose, bool *by_rule, struct leat_error *err)
{
    struct leat_buf both = {0};
    struct group groups[GROUPS_MAX] = {{"", 0}};
    const struct rule *rule = NULL;
    for (size_t i = 0; !rule && i < names->rule_count; i++)
        if (matches(&names->rules[i], database, table, &both, groups))
            rule = &names->rules[i];
    leat_buf_clear(topic);
    leat_buf_clear(purpose);
    expand(rule ? &rule->topic : &names->topic, database, table, groups, topic, purpose);
    *by_rule = rule != NULL;
    leat_buf_clear(&both);
    leat_buf_printf(&both, "%s.%s", database->bytes, table->bytes);
    int rc = check_name(topic, leat_buf_cstr(&both), err);
    leat_buf_free(&both);
    return rc;
}

bool leat_kafka_names_statements_vary(const struct kafka_names *names)
{
    return is_of_tables(&names->statements);
}

int leat_kafka_names_statement(const struct kafka_names *names, const struct leat_text *database, const struct leat_text *table,
                               struct leat_buf *topic, struct leat_error *err)
{
    static const struct leat_text none = {"", 0};
    struct leat_buf purpose = {0};
    leat_buf_clear(topic);
    expand(&names->statements, database ? database : &none, table ? table : &none, NULL, topic, &purpose);
    leat_buf_free(&purpose);
    return check_name(topic, "a statement", err);
}
