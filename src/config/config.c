/* Loading: files, environment and overrides into one tree, the tree through the option table into one struct, then the
 * checks that concern several settings at once. */
#include "options_int.h"

#include <assert.h>
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/fs.h"
#include "base/nearest.h"

extern char **environ;

enum { FILE_BYTES_MAX = 4 << 20, SINKS_MAX = 64, SINK_NAME_MAX = 64, OPTIONS_MAX = 128 };

/* ---- Sections out of the tree ---- */

bool option_is_for(const struct option *option, const char *sink_type)
{
    char word[SINK_NAME_MAX];
    snprintf(word, sizeof word, " %s ", sink_type ? sink_type : "");
    return !option->sink_types || strstr(option->sink_types, word);
}

static bool is_among(const char *word, const char *const *names, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (!strcmp(names[i], word))
            return true;
    return false;
}

/* Before anything is read: a misspelt name is a better message than the setting that is missing for it. */
static int refuse_unknown(const struct section *section, struct node *map, const char *sink_type, struct leat_error *err)
{
    const char *names[OPTIONS_MAX];
    size_t count = 0;
    assert(section->count + SECTION_COUNT <= OPTIONS_MAX);
    for (size_t i = 0; i < section->count; i++)
        if (option_is_for(&section->options[i], sink_type))
            names[count++] = section->options[i].name;
    if (section == &option_sections[SECTION_TOP])
        for (int i = SECTION_SOURCE; i < SECTION_COUNT; i++)
            names[count++] = i == SECTION_SINK ? "sinks" : option_sections[i].name;
    for (const struct node *child = map->children; child; child = child->next) {
        if (is_among(child->key, names, count))
            continue;
        const char *nearest = leat_nearest(child->key, names, count);
        if (sink_type)
            (void)tree_fail(child, err, "unknown setting \"%.60s\" of a sink of type %s", child->key, sink_type);
        else
            (void)tree_fail(child, err, "unknown setting \"%.60s\"%s%s", child->key, *section->name ? " in " : "", section->name);
        if (nearest)
            (void)leat_cure(err, "did you mean \"%s\"? `leat config reference` lists all settings", nearest);
        else
            (void)leat_cure(err, "`leat config reference` lists all settings");
        return LEAT_FAIL;
    }
    return LEAT_OK;
}

static int read_section(const struct section *section, struct node *map, void *base, const char *sink_type,
                        struct leat_error *err)
{
    if (map->type != NODE_MAP)
        return tree_fail(map, err, "%s: settings are expected, one a line", *section->name ? section->name : "the file");
    if (refuse_unknown(section, map, sink_type, err))
        return LEAT_FAIL;
    for (size_t i = 0; i < section->count; i++) {
        const struct option *option = &section->options[i];
        if (!option_is_for(option, sink_type))
            continue;
        struct node *node = tree_find(map, option->name);
        if (!node && option->flags & OPTION_REQUIRED) {
            (void)tree_fail(map, err, "%s%s%s is missing", map->key ? map->key : "", map->key ? "." : "", option->name);
            return leat_cure(err, "%s", option->help);
        }
        if (option_set(base, option, node, err))
            return LEAT_FAIL;
    }
    return LEAT_OK;
}

static bool in_list(const char *const *list, const char *word)
{
    for (; *list; list++)
        if (!strcmp(*list, word))
            return true;
    return false;
}

static int check_sink_type(struct node *sink, const char **type, struct leat_error *err)
{
    struct node *node = sink->type == NODE_MAP ? tree_find(sink, "type") : NULL;
    if (!node || node->type != NODE_SCALAR)
        return tree_fail(sink, err, "sink %s needs a type", sink->key);
    *type = node->value;
    if (in_list(sink_types, *type))
        return LEAT_OK;
    if (in_list(sink_types_to_come, *type)) {
        (void)tree_fail(node, err, "sink %s: this build of leat has no sinks of type %s", sink->key, *type);
        return leat_cure(err, "it has: file, kafka, mysql");
    }
    const char *nearest = leat_nearest(*type, sink_types, 2);
    (void)tree_fail(node, err, "sink %s: \"%s\" is not a type of sink", sink->key, *type);
    return nearest ? leat_cure(err, "did you mean \"%s\"?", nearest) : leat_cure(err, "there are: file, kafka, mysql");
}

/* A sink's name goes into file names, topics and metrics. */
static bool name_is_plain(const char *name)
{
    size_t length = strlen(name);
    for (size_t i = 0; i < length; i++)
        if (!isalnum((unsigned char)name[i]) && !strchr(i ? "_-." : "_", name[i]))
            return false;
    return length && length <= SINK_NAME_MAX;
}

static int read_sink(struct leat_sink_config *sink, struct node *node, struct leat_error *err)
{
    const char *type = NULL;
    if (!name_is_plain(node->key))
        return tree_fail(node, err, "\"%.80s\" can't be a sink's name: up to 64 letters, digits, _ - . are", node->key);
    if (check_sink_type(node, &type, err))
        return LEAT_FAIL;
    sink->name = leat_strdup(node->key);
    return read_section(&option_sections[SECTION_SINK], node, sink, type, err);
}

static int read_sinks(struct leat_config *config, struct node *root, struct leat_error *err)
{
    struct node *sinks = tree_find(root, "sinks");
    if (!sinks)
        return LEAT_OK;
    if (sinks->type == NODE_SCALAR && !*sinks->value)
        return LEAT_OK;
    if (sinks->type != NODE_MAP)
        return tree_fail(sinks, err, "sinks: one entry a sink is expected, by its name");
    size_t count = 0;
    for (const struct node *node = sinks->children; node; node = node->next)
        count++;
    if (count > SINKS_MAX)
        return tree_fail(sinks, err, "%zu sinks are more than %d", count, SINKS_MAX);
    config->sinks = leat_alloc_zero(count + 1, sizeof *config->sinks);
    for (struct node *node = sinks->children; node; node = node->next)
        if (read_sink(&config->sinks[config->sink_count++], node, err))
            return LEAT_FAIL;
    return LEAT_OK;
}

static int read_part(int which, struct node *root, void *base, struct leat_error *err)
{
    const struct section *section = &option_sections[which];
    struct node *map = tree_find(root, section->name);
    struct node empty = {.type = NODE_MAP, .key = (char *)(uintptr_t)section->name, .origin = root->origin};
    /* "log:" with nothing behind it is an empty section. */
    bool blank = map && map->type == NODE_SCALAR && !*map->value;
    struct node *at = map && !blank ? map : &empty;
    return read_section(section, at, base, NULL, err);
}

/* ---- Checks that concern several settings ---- */

static int check_file_paths(const struct leat_config *config, struct leat_error *err)
{
    for (size_t i = 0; i < config->sink_count; i++) {
        const struct leat_sink_config *sink = &config->sinks[i];
        if (sink->path && !strcmp(sink->path, config->journal.dir))
            return leat_fail(err, LEAT_E_CONFIG, LEAT_KIND_OPERATOR, "sink %s: its path is the journal's folder, %s", sink->name,
                             sink->path);
    }
    return LEAT_OK;
}

static int check(struct leat_config *config, struct node *root, struct leat_error *err)
{
    if (config->source.server.password && config->source.server.password_file)
        return tree_fail(root, err, "source: password and password_file exclude each other");
    if (config->source.backoff_min_ms > config->source.backoff_max_ms)
        return tree_fail(root, err, "source: backoff_min is above backoff_max");
    if (config->source.start_within.set && config->source.start.type != LEAT_POINT_FILE && config->source.start.type != LEAT_POINT_GTIDS)
        return tree_fail(root, err, "source: start_within says how much of a transaction is done, and start (a FILE:POS or a GTID set) which one that is");
    if (config->journal.max_bytes && config->journal.max_bytes < 2 * config->journal.segment_bytes)
        return tree_fail(root, err, "journal: max_size must hold two segments at least (segment_size)");
    char address[LEAT_ADDRESS_TEXT_MAX];
    unsigned port;
    if (config->http.listen && *config->http.listen && leat_config_listen(address, &port, config->http.listen, err))
        return LEAT_FAIL;
    if (!name_is_plain(config->name))
        return tree_fail(root, err, "name: up to 64 letters, digits, _ - . are taken");
    return check_file_paths(config, err);
}

static int build(struct leat_config **out, struct node *root, struct leat_error *err)
{
    struct leat_config *config = leat_alloc_zero(1, sizeof *config);
    int rc = LEAT_FAIL;
    if (read_section(&option_sections[SECTION_TOP], root, config, NULL, err) ||
        read_part(SECTION_SOURCE, root, &config->source, err) || read_part(SECTION_JOURNAL, root, &config->journal, err) ||
        read_part(SECTION_LOG, root, &config->log, err) || read_part(SECTION_HTTP, root, &config->http, err) || read_sinks(config, root, err) ||
        check(config, root, err))
        goto out;
    *out = config;
    config = NULL;
    rc = LEAT_OK;
out:
    leat_config_free(&config);
    return rc;
}

/* ---- Files, environment, overrides ---- */

static int load_file(struct node **root, const char *path, bool may_miss, struct leat_error *err)
{
    char *text;
    size_t size;
    int rc = leat_fs_read_all(leat_fs_real(), path, FILE_BYTES_MAX, &text, &size, err);
    if (rc == LEAT_END && may_miss)
        return LEAT_END;
    if (rc == LEAT_END)
        return leat_fail(err, LEAT_E_CONFIG, LEAT_KIND_OPERATOR, "%s: there is no such file", path);
    if (rc) {
        err->code = LEAT_E_CONFIG;
        err->kind = LEAT_KIND_OPERATOR;
        return LEAT_FAIL;
    }
    struct node *tree = NULL;
    rc = tree_parse(&tree, text, size, path, err);
    free(text);
    if (rc == LEAT_OK)
        tree_merge(root, &tree);
    return rc;
}

static int load_files(struct node **root, const char *const *files, size_t count, struct leat_error *err)
{
    for (size_t i = 0; i < count; i++)
        if (load_file(root, files[i], false, err))
            return LEAT_FAIL;
    if (count)
        return LEAT_OK;
    int rc = load_file(root, "leat.yaml", true, err);
    if (rc == LEAT_END)
        rc = load_file(root, "/etc/leat/leat.yaml", true, err);
    if (rc == LEAT_END) {
        (void)leat_fail(err, LEAT_E_CONFIG, LEAT_KIND_OPERATOR, "no configuration: neither ./leat.yaml nor /etc/leat/leat.yaml is there");
        return leat_cure(err, "give one with -c FILE");
    }
    return rc;
}

/* In "sinks.NAME.kafka.REST", and wherever else a sink's settings are pairs: where REST begins, with the option in *option; else NULL. */
static const char *rest_of_pairs(const char *path, const struct option **option)
{
    if (strncmp(path, "sinks.", 6))
        return NULL;
    const char *at = strchr(path + 6, '.');
    for (const char *end = at ? strchr(at + 1, '.') : NULL; end; at = end, end = strchr(at + 1, '.')) {
        *option = option_pairs_find(at + 1, (size_t)(end - at - 1));
        if (*option)
            return end + 1;
    }
    return NULL;
}

/* A name of pairs as the environment writes it. */
static void put_pair_name(struct leat_buf *path, const char *name, const struct option *option)
{
    bool as_it_is = false;
    for (const char *at = name; *at; at++)
        as_it_is = as_it_is || islower((unsigned char)*at);
    if (as_it_is) {
        leat_buf_puts(path, name);
        return;
    }
    for (const char *at = name; *at; at++) {
        bool pair = at[0] == '_' && at[1] == '_';
        bool dot = *at == '_' && !pair && option->flags & OPTION_DOTTED;
        leat_buf_u8(path, dot ? '.' : (uint8_t)tolower((unsigned char)*at));
        at += pair && option->flags & OPTION_DOTTED;
    }
}

/* SOURCE__PASSWORD_FILE → source.password_file */
static void put_path(struct leat_buf *path, const char *name)
{
    for (const char *at = name; *at; at++) {
        bool split = at[0] == '_' && at[1] == '_';
        leat_buf_u8(path, split ? '.' : (uint8_t)tolower((unsigned char)*at));
        at += split;
        const struct option *option = NULL;
        const char *rest = split ? rest_of_pairs(leat_buf_cstr(path), &option) : NULL;
        if (rest && !*rest) {
            put_pair_name(path, at + 1, option);
            return;
        }
    }
}

/* A variable without "__" counts only if it names a setting of the top: others may belong to somebody else. */
static int load_variable(struct node **root, const char *name, const char *value, struct leat_error *err)
{
    struct leat_buf buf = {0};
    int rc = LEAT_OK;
    put_path(&buf, name + strlen("LEAT_"));
    const char *path = leat_buf_cstr(&buf);
    const struct option *option = NULL;
    if (strstr(name + strlen("LEAT_"), "__") || !strcmp(path, "name") || !strcmp(path, "shutdown_timeout"))
        rc = tree_set(root, path, rest_of_pairs(path, &option), value, name, err);
    leat_buf_free(&buf);
    return rc;
}

static int load_environment(struct node **root, struct leat_error *err)
{
    for (char **at = environ; *at; at++) {
        const char *equals = strchr(*at, '=');
        if (strncmp(*at, "LEAT_", 5) || !equals || equals - *at > 250)
            continue;
        char *name = leat_strndup(*at, (size_t)(equals - *at));
        int rc = load_variable(root, name, equals + 1, err);
        free(name);
        if (rc)
            return rc;
    }
    return LEAT_OK;
}

static int load_overrides(struct node **root, const char *const *overrides, size_t count, struct leat_error *err)
{
    for (size_t i = 0; i < count; i++) {
        const char *equals = strchr(overrides[i], '=');
        if (!equals || equals == overrides[i]) {
            (void)leat_fail(err, LEAT_E_USAGE, LEAT_KIND_OPERATOR, "-o %.200s: a setting and a value are expected", overrides[i]);
            return leat_cure(err, "for example: -o sinks.archive.path=/data/changes");
        }
        char *path = leat_strndup(overrides[i], (size_t)(equals - overrides[i]));
        char origin[300];
        snprintf(origin, sizeof origin, "-o %.200s", path);
        const struct option *option = NULL;
        int rc = tree_set(root, path, rest_of_pairs(path, &option), equals + 1, origin, err);
        free(path);
        if (rc)
            return rc;
    }
    return LEAT_OK;
}

int leat_config_load(struct leat_config **out, const char *const *files, size_t file_count, const char *const *overrides,
                     size_t override_count, struct leat_error *err)
{
    struct node *root = NULL;
    int rc = load_files(&root, files, file_count, err);
    if (rc == LEAT_OK)
        rc = load_environment(&root, err);
    if (rc == LEAT_OK)
        rc = load_overrides(&root, overrides, override_count, err);
    if (rc == LEAT_OK)
        rc = build(out, root, err);
    tree_free(&root);
    return rc;
}

int leat_config_parse(struct leat_config **out, const char *text, size_t size, const char *origin, struct leat_error *err)
{
    struct node *root = NULL;
    int rc = tree_parse(&root, text, size, origin, err);
    if (rc == LEAT_OK)
        rc = build(out, root, err);
    tree_free(&root);
    return rc;
}

static void free_section(const struct section *section, void *base)
{
    for (size_t i = 0; i < section->count; i++)
        option_free(base, &section->options[i]);
}

void leat_config_free(struct leat_config **config)
{
    struct leat_config *at = *config;
    *config = NULL;
    if (!at)
        return;
    free_section(&option_sections[SECTION_TOP], at);
    free_section(&option_sections[SECTION_SOURCE], &at->source);
    leat_server_config_free(&at->source.server);
    free_section(&option_sections[SECTION_JOURNAL], &at->journal);
    free_section(&option_sections[SECTION_LOG], &at->log);
    free_section(&option_sections[SECTION_HTTP], &at->http);
    for (size_t i = 0; i < at->sink_count; i++) {
        free_section(&option_sections[SECTION_SINK], &at->sinks[i]);
        leat_server_config_free(&at->sinks[i].target);
        free(at->sinks[i].name);
    }
    free(at->sinks);
    free(at);
}
