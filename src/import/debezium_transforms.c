/* Debezium's own transforms: settings of the format debezium, behind "unwrap." and "outbox.". A predicate is a list of tables. */
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "format/format.h"
#include "import_int.h"

static const char unwrap_class[] = "io.debezium.transforms.ExtractNewRecordState", outbox_class[] = "io.debezium.transforms.outbox.EventRouter";

/* One of the transforms that are here. */
struct transform {
    struct import *import;
    const char *alias, *ours;
    struct leat_buf *taken; /* names of ours, with commas between */
};

static struct import_setting *find(struct import *import, const char *prefix, const char *alias, const char *name)
{
    struct leat_buf whole = {0};
    leat_buf_printf(&whole, "%s.%s.%s", prefix, alias, name);
    struct import_setting *setting = import_find(import, leat_buf_cstr(&whole));
    leat_buf_free(&whole);
    return setting;
}

static const char *take(struct import *import, const char *prefix, const char *alias, const char *name)
{
    struct import_setting *setting = find(import, prefix, alias, name);
    if (setting)
        setting->used = true;
    return setting ? setting->value : NULL;
}

/* ---- Tables ---- */

struct tables {
    struct leat_buf list;
    const char *prefix; /* of topics */
    bool whole;         /* all of it could be said */
};

/* "PREFIX.DATABASE.TABLE" */
static void give_table(void *context, const char *pattern)
{
    struct tables *tables = context;
    size_t size = strcspn(pattern, ".");
    bool ours = (strlen(tables->prefix) == size && strncmp(tables->prefix, pattern, size) == 0) || (size == 1 && *pattern == '*');
    tables->whole = tables->whole && ours && pattern[size];
    if (!ours || !pattern[size])
        return;
    leat_buf_puts(&tables->list, tables->list.size ? "," : "");
    leat_buf_puts(&tables->list, pattern + size + 1);
}

/* Whether an outbox has this predicate: unwrap leaves its tables alone by itself. */
static bool is_an_outboxs(struct import *import, const char *predicate)
{
    static const char head[] = "transforms.", tail[] = ".type";
    for (size_t i = 0; i < import->count; i++) {
        const struct import_setting *setting = &import->settings[i];
        size_t size = strlen(setting->name), around = strlen(head) + strlen(tail);
        if (size <= around || strncmp(setting->name, head, strlen(head)) != 0 || strcmp(setting->name + size - strlen(tail), tail) != 0 ||
            strcmp(setting->value, outbox_class) != 0)
            continue;
        struct leat_buf alias = {0};
        leat_buf_put(&alias, setting->name + strlen(head), size - around);
        struct import_setting *its = find(import, "transforms", leat_buf_cstr(&alias), "predicate");
        leat_buf_free(&alias);
        if (its && strcmp(its->value, predicate) == 0)
            return true;
    }
    return false;
}

static void take_predicate(struct transform *transform)
{
    enum { PARTS = 3 };
    struct import *import = transform->import;
    struct import_setting *predicate = find(import, "transforms", transform->alias, "predicate");
    if (!predicate)
        return;
    struct import_setting *type = find(import, "predicates", predicate->value, "type"), *regex = find(import, "predicates", predicate->value, "pattern");
    const char *pattern = regex ? regex->value : NULL;
    struct tables tables = {.prefix = import->relay, .whole = true};
    struct import_setting *negate = find(import, "transforms", transform->alias, "negate");
    bool known = type && strcmp(type->value, "org.apache.kafka.connect.transforms.predicates.TopicNameMatches") == 0 && pattern &&
                 !(negate && strcasecmp(negate->value, "true") == 0) && import_pattern(pattern, PARTS, give_table, &tables) && tables.whole;
    predicate->used = true;
    if (negate && strcmp(transform->ours, "unwrap") == 0 && is_an_outboxs(import, predicate->value)) {
        negate->used = true;
        import_note(import, predicate, "outboxes aren't unwrapped anyway");
    } else if (known) {
        char name[32];
        snprintf(name, sizeof name, "%s.tables", transform->ours);
        import_put(&import->section, 6, name, leat_buf_cstr(&tables.list));
        import_note(import, predicate, "%s says the same", name);
    } else {
        import_note(import, predicate, "its predicate%s%s has no list of tables that says the same: write %s.tables", pattern ? " " : "", pattern ? pattern : "",
                    transform->ours);
    }
    leat_buf_free(&tables.list);
}

/* ---- Settings ---- */

/* What 2.x had in two settings. */
static void take_old_deletes(struct transform *transform)
{
    static const struct {
        const char *mode;
        bool drops;
        const char *ours;
    } modes[] = {{"drop", true, "drop"},        {"drop", false, "tombstone"}, {"rewrite", true, "rewrite"}, {"rewrite", false, "rewrite-with-tombstone"},
                 {"none", true, "delete-to-tombstone"}, {"none", false, "delete-to-tombstone"}};
    struct import *import = transform->import;
    const char *mode = take(import, "transforms", transform->alias, "delete.handling.mode"),
               *drops = take(import, "transforms", transform->alias, "drop.tombstones");
    if (!mode && !drops)
        return;
    for (size_t i = 0; i < sizeof modes / sizeof *modes; i++)
        if (strcasecmp(modes[i].mode, mode ? mode : "drop") == 0 && modes[i].drops == (!drops || strcasecmp(drops, "true") == 0)) {
            import_put(&import->section, 6, "unwrap.delete.tombstone.handling.mode", modes[i].ours);
            return;
        }
}

static int check(const char *transform, const char *name, const char *value, struct leat_error *err)
{
    struct leat_pair pairs[] = {{(char *)(uintptr_t) "transforms", (char *)(uintptr_t)transform}, {(char *)(uintptr_t)name, (char *)(uintptr_t)value}};
    const struct leat_pairs both = {pairs, 2};
    return leat_format_check("debezium", &both, err);
}

/* A list of which some may not be there. */
struct list {
    struct transform *transform;
    struct import_setting *setting;
    const char *name;
    struct leat_buf good;
};

static void take_element(void *context, const char *element)
{
    struct list *list = context;
    struct leat_error err = {0};
    if (check(list->transform->ours, list->name, element, &err) != LEAT_OK) {
        import_note(list->transform->import, list->setting, "%s", err.message);
        return;
    }
    leat_buf_puts(&list->good, list->good.size ? "," : "");
    leat_buf_puts(&list->good, element);
}

static void take_list(struct transform *transform, struct import_setting *setting, const char *ours)
{
    struct list list = {.transform = transform, .setting = setting, .name = ours};
    import_split(setting->value, take_element, &list);
    if (list.good.size)
        import_put(&transform->import->section, 6, ours, leat_buf_cstr(&list.good));
    leat_buf_free(&list.good);
}

static void take_setting(struct transform *transform, struct import_setting *setting, const char *name)
{
    static const struct import_reason reasons[] = {
        {"negate", "tables say which"},
        {"drop.fields.*", "another transform would have to put that header: columns leaves columns out"},
        {"tracing.*", "there is no tracing"},
        {"replace.null.with.default", "NULL stays null, whatever this says"},
    };
    struct leat_buf ours = {0};
    struct leat_error err = {0};
    const char *why = import_reason_of(name, reasons, sizeof reasons / sizeof *reasons);
    leat_buf_printf(&ours, "%s.%s", transform->ours, name);
    setting->used = true;
    if (why)
        import_note(transform->import, setting, "%s", why);
    else if (strcmp(name, "add.fields") == 0 || strcmp(name, "add.headers") == 0)
        take_list(transform, setting, leat_buf_cstr(&ours));
    else if (check(transform->ours, leat_buf_cstr(&ours), setting->value, &err) == LEAT_OK)
        import_put(&transform->import->section, 6, leat_buf_cstr(&ours), setting->value);
    else
        import_note(transform->import, setting, "%s", err.message);
    leat_buf_free(&ours);
}

/* Two that are only right together. */
static void take_topics(struct transform *transform)
{
    static const char regex_name[] = "outbox.route.topic.regex", replacement_name[] = "outbox.route.topic.replacement";
    struct import *import = transform->import;
    struct import_setting *regex = find(import, "transforms", transform->alias, "route.topic.regex"),
                          *replacement = find(import, "transforms", transform->alias, "route.topic.replacement");
    if (!regex || !replacement)
        return; /* each as any other */
    struct leat_pair pairs[] = {{(char *)(uintptr_t) "transforms", (char *)(uintptr_t) "outbox"},
                                {(char *)(uintptr_t)regex_name, regex->value},
                                {(char *)(uintptr_t)replacement_name, replacement->value}};
    const struct leat_pairs all = {pairs, sizeof pairs / sizeof *pairs};
    struct leat_error err = {0};
    regex->used = replacement->used = true;
    if (leat_format_check("debezium", &all, &err) != LEAT_OK) {
        import_note(import, regex, "%s", err.message);
        import_note(import, replacement, "see route.topic.regex");
        return;
    }
    import_put(&import->section, 6, regex_name, regex->value);
    import_put(&import->section, 6, replacement_name, replacement->value);
}

static void take_transform(void *context, const char *alias)
{
    struct transform *all = context;
    struct import *import = all->import;
    struct import_setting *type = find(import, "transforms", alias, "type"), *setting;
    bool unwrap = type && strcmp(type->value, unwrap_class) == 0, outbox = type && strcmp(type->value, outbox_class) == 0;
    if (!unwrap && !outbox)
        return; /* it is left, and spoken of */
    struct transform transform = {import, alias, unwrap ? "unwrap" : "outbox", all->taken};
    leat_buf_puts(all->taken, all->taken->size ? "," : "");
    leat_buf_puts(all->taken, transform.ours);
    type->used = true;
    import_note(import, type, "its settings stand behind %s.", transform.ours);
    take_predicate(&transform);
    if (unwrap)
        take_old_deletes(&transform);
    else
        take_topics(&transform);
    struct leat_buf prefix = {0};
    const char *name;
    leat_buf_printf(&prefix, "transforms.%s.", alias);
    for (size_t at = 0; (setting = import_next(import, leat_buf_cstr(&prefix), &at, &name));)
        take_setting(&transform, setting, name);
    leat_buf_free(&prefix);
}

/* Of an outbox's events alone. */
static void take_converters(struct import *import, bool outbox)
{
    static const char *const names[] = {"key.converter", "value.converter"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        struct import_setting *setting = import_find(import, names[i]);
        if (setting && outbox && strcmp(setting->value, "org.apache.kafka.connect.json.JsonConverter") != 0) {
            struct leat_error err = {0};
            if (check("outbox", names[i], setting->value, &err) != LEAT_OK)
                continue; /* it is left, and spoken of */
            setting->used = true;
            import_put(&import->section, 6, names[i], setting->value);
        }
    }
}

void import_debezium_transforms(struct import *import)
{
    struct import_setting *transforms = import_find(import, "transforms");
    struct leat_buf taken = {0};
    struct transform all = {.import = import, .taken = &taken};
    if (transforms)
        import_split(transforms->value, take_transform, &all);
    if (taken.size) {
        import_put(&import->section, 6, "transforms", leat_buf_cstr(&taken));
        transforms->used = true;
        import_note(import, transforms, "what else is among them isn't there");
    }
    take_converters(import, taken.size && strstr(leat_buf_cstr(&taken), "outbox"));
    leat_buf_free(&taken);
}
