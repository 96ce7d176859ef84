/* See tree_int.h. YAML is read by libyaml's events; anchors, aliases and tags are refused: a configuration needs none,
 * and an alias is how a small file becomes a huge tree. */
#include "tree_int.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <yaml.h>

#include "base/alloc.h"
#include "base/buf.h"

enum { DEPTH_MAX = 16, NODES_MAX = 20000 };

static struct node *node_new(enum node_type type, const char *origin, unsigned line, unsigned column)
{
    struct node *node = leat_alloc_zero(1, sizeof *node);
    node->type = type;
    node->origin = leat_strdup(origin);
    node->line = line;
    node->column = column;
    return node;
}

struct node *tree_new_map(const char *origin)
{
    return node_new(NODE_MAP, origin, 0, 0);
}

void tree_free(struct node **node)
{
    struct node *at = *node;
    *node = NULL;
    while (at) {
        struct node *next = at->next;
        tree_free(&at->children);
        free(at->key);
        free(at->value);
        free(at->origin);
        free(at);
        at = next;
    }
}

int tree_fail(const struct node *node, struct leat_error *err, const char *format, ...)
{
    char text[900];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    if (!node->line)
        return leat_fail(err, LEAT_E_CONFIG, LEAT_KIND_OPERATOR, "%s: %s", node->origin, text);
    return leat_fail(err, LEAT_E_CONFIG, LEAT_KIND_OPERATOR, "%s:%u:%u: %s", node->origin, node->line, node->column, text);
}

/* ---- Reading ---- */

struct reading {
    yaml_parser_t parser;
    const char *origin;
    unsigned nodes;
    struct leat_error *err;
};

static int fail_at(struct reading *reading, const yaml_mark_t *mark, const char *text)
{
    return leat_fail(reading->err, LEAT_E_CONFIG, LEAT_KIND_OPERATOR, "%s:%zu:%zu: %s", reading->origin, mark->line + 1,
                     mark->column + 1, text);
}

static int next_event(struct reading *reading, yaml_event_t *event)
{
    if (yaml_parser_parse(&reading->parser, event))
        return LEAT_OK;
    char text[300];
    snprintf(text, sizeof text, "%s%s%s", reading->parser.problem ? reading->parser.problem : "not YAML",
             reading->parser.context ? ", " : "", reading->parser.context ? reading->parser.context : "");
    return fail_at(reading, &reading->parser.problem_mark, text);
}

static int read_node(struct reading *reading, const yaml_event_t *first, unsigned depth, struct node **out);

static void append(struct node *parent, struct node ***end, struct node *child)
{
    if (!*end)
        *end = &parent->children;
    **end = child;
    *end = &child->next;
}

static int read_map_entry(struct reading *reading, struct node *map, const yaml_event_t *key, unsigned depth,
                          struct node ***end)
{
    if (key->type != YAML_SCALAR_EVENT)
        return fail_at(reading, &key->start_mark, "a setting's name must be plain text");
    const char *name = (const char *)key->data.scalar.value;
    if (tree_find(map, name)) {
        char text[200];
        snprintf(text, sizeof text, "\"%.100s\" is set twice", name);
        return fail_at(reading, &key->start_mark, text);
    }
    yaml_event_t event;
    if (next_event(reading, &event))
        return LEAT_FAIL;
    struct node *child = NULL;
    int rc = read_node(reading, &event, depth + 1, &child);
    if (rc == LEAT_OK) {
        child->key = leat_strdup(name);
        /* An unknown name is shown where the name stands, not its value. */
        child->line = (unsigned)key->start_mark.line + 1;
        child->column = (unsigned)key->start_mark.column + 1;
        append(map, end, child);
    }
    yaml_event_delete(&event);
    return rc;
}

static int read_children(struct reading *reading, struct node *node, unsigned depth)
{
    yaml_event_type_t last = node->type == NODE_MAP ? YAML_MAPPING_END_EVENT : YAML_SEQUENCE_END_EVENT;
    struct node **end = NULL;
    for (;;) {
        yaml_event_t event;
        if (next_event(reading, &event))
            return LEAT_FAIL;
        int rc = LEAT_END;
        if (event.type != last) {
            struct node *child = NULL;
            if (node->type == NODE_MAP) {
                rc = read_map_entry(reading, node, &event, depth, &end);
            } else {
                rc = read_node(reading, &event, depth + 1, &child);
                if (rc == LEAT_OK)
                    append(node, &end, child);
            }
        }
        yaml_event_delete(&event);
        if (rc != LEAT_OK)
            return rc == LEAT_END ? LEAT_OK : rc;
    }
}

static int read_node(struct reading *reading, const yaml_event_t *first, unsigned depth, struct node **out)
{
    if (depth > DEPTH_MAX || ++reading->nodes > NODES_MAX)
        return fail_at(reading, &first->start_mark, "too deep or too large for a configuration");
    unsigned line = (unsigned)first->start_mark.line + 1, column = (unsigned)first->start_mark.column + 1;
    switch (first->type) {
    case YAML_SCALAR_EVENT:
        if (first->data.scalar.anchor)
            return fail_at(reading, &first->start_mark, "anchors are not used here");
        *out = node_new(NODE_SCALAR, reading->origin, line, column);
        (*out)->value = leat_strndup((const char *)first->data.scalar.value, first->data.scalar.length);
        return LEAT_OK;
    case YAML_MAPPING_START_EVENT:
    case YAML_SEQUENCE_START_EVENT:
        *out = node_new(first->type == YAML_MAPPING_START_EVENT ? NODE_MAP : NODE_LIST, reading->origin, line, column);
        if (read_children(reading, *out, depth)) {
            tree_free(out);
            return LEAT_FAIL;
        }
        return LEAT_OK;
    default:
        return fail_at(reading, &first->start_mark, "anchors and aliases are not used here");
    }
}

static int read_document(struct reading *reading, struct node **root)
{
    for (;;) {
        yaml_event_t event;
        if (next_event(reading, &event))
            return LEAT_FAIL;
        int rc = LEAT_OK;
        bool end = event.type == YAML_STREAM_END_EVENT;
        bool content = event.type == YAML_SCALAR_EVENT || event.type == YAML_MAPPING_START_EVENT ||
                       event.type == YAML_SEQUENCE_START_EVENT || event.type == YAML_ALIAS_EVENT;
        if (content && *root)
            rc = fail_at(reading, &event.start_mark, "one document only");
        else if (content)
            rc = read_node(reading, &event, 0, root);
        yaml_event_delete(&event);
        if (rc || end)
            return rc;
    }
}

int tree_parse(struct node **root, const char *text, size_t size, const char *origin, struct leat_error *err)
{
    struct reading reading = {.origin = origin, .err = err};
    *root = NULL;
    if (!yaml_parser_initialize(&reading.parser))
        return leat_fail(err, LEAT_E_INTERNAL, LEAT_KIND_FATAL, "libyaml could not be started");
    yaml_parser_set_input_string(&reading.parser, (const unsigned char *)text, size);
    int rc = read_document(&reading, root);
    yaml_parser_delete(&reading.parser);
    if (rc == LEAT_OK && !*root)
        *root = tree_new_map(origin);
    if (rc)
        tree_free(root);
    return rc;
}

/* ---- Looking and laying over ---- */

struct node *tree_find(const struct node *map, const char *key)
{
    for (struct node *child = map->type == NODE_MAP ? map->children : NULL; child; child = child->next)
        if (!strcmp(child->key, key))
            return child;
    return NULL;
}

static void replace_contents(struct node *at, struct node *from)
{
    tree_free(&at->children);
    free(at->value);
    free(at->origin);
    at->type = from->type;
    at->value = from->value;
    at->origin = from->origin;
    at->line = from->line;
    at->column = from->column;
    at->children = from->children;
    free(from->key);
    free(from);
}

void tree_merge(struct node **base, struct node **over)
{
    struct node *top = *over;
    *over = NULL;
    if (!*base) {
        *base = top;
        return;
    }
    if ((*base)->type != NODE_MAP || top->type != NODE_MAP) {
        replace_contents(*base, top);
        return;
    }
    struct node **end = &(*base)->children;
    while (*end)
        end = &(*end)->next;
    struct node *child = top->children;
    top->children = NULL;
    tree_free(&top);
    while (child) {
        struct node *next = child->next;
        child->next = NULL;
        struct node *there = tree_find(*base, child->key);
        if (there) {
            tree_merge(&there, &child);
        } else {
            *end = child;
            end = &child->next;
        }
        child = next;
    }
}

int tree_set(struct node **root, const char *path, const char *whole, const char *value, const char *origin, struct leat_error *err)
{
    struct node *leaf = NULL;
    if (tree_parse(&leaf, value, strlen(value), origin, err))
        return LEAT_FAIL;
    if (leaf->type == NODE_MAP && !leaf->children) { /* an empty value */
        leaf->type = NODE_SCALAR;
        leaf->value = leat_strdup("");
    }
    leaf->line = 0;
    /* From the inside out: a.b.c=v is {a: {b: {c: v}}}. */
    const char *end = path + strlen(path);
    const char *whole_at = whole ? whole : end;
    while (end > path) {
        const char *start = end;
        while (start > path && (start[-1] != '.' || start > whole_at))
            start--;
        leaf->key = leat_strndup(start, (size_t)(end - start));
        struct node *map = tree_new_map(origin);
        map->children = leaf;
        leaf = map;
        end = start > path ? start - 1 : path;
    }
    tree_merge(root, &leaf);
    return LEAT_OK;
}
