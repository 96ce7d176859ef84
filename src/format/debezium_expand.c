/* The format "debezium": JSON documents as Connect's structs (debezium_expand_int.h).
 *
 * A text is parsed into nodes, a schema is inferred from them by Debezium's rules, and the document is written by that schema: its members in
 * the schema's order, null where a row of an array has none. Nodes and schemas lie in arrays that are kept from one text to the next. All that is
 * read comes from outside: what isn't JSON, is nested too deeply or has too many parts isn't expanded. */
#include "debezium_expand_int.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/json.h"
#include "debezium_int.h"

enum { DEPTH_MAX = 100, NODES_MAX = 500000, MEMBERS_MAX = 1024, NONE = -1 };

enum type { NOTHING, BOOLEAN, INT32, INT64, DOUBLE, STRING, ARRAY, OBJECT, BYTES };

struct node {
    enum type type;
    const uint8_t *text; /* of scalars */
    uint32_t size;
    const uint8_t *name; /* of members: a JSON string */
    uint32_t name_size;
    int32_t first, next;
};

struct schema {
    enum type type;
    bool optional;
    size_t path; /* of structs: their name, in `paths` */
    const uint8_t *field; /* of members: their name */
    uint32_t field_size;
    int32_t first, next; /* of structs: members; of arrays: first is what they hold */
};

struct leat_debezium_expand {
    bool nulls;
    struct node *nodes;
    struct schema *schemas;
    int32_t node_count, node_room, schema_count, schema_room;
    struct leat_buf paths; /* names of structs, NUL behind each */
    const uint8_t *at, *end;
    struct leat_buf json;
};

struct leat_debezium_expand *leat_debezium_expand_new(bool nulls)
{
    struct leat_debezium_expand *expand = leat_alloc_zero(1, sizeof *expand);
    expand->nulls = nulls;
    return expand;
}

void leat_debezium_expand_free(struct leat_debezium_expand **expand)
{
    if (!*expand)
        return;
    free((*expand)->nodes);
    free((*expand)->schemas);
    leat_buf_free(&(*expand)->paths);
    leat_buf_free(&(*expand)->json);
    free(*expand);
    *expand = NULL;
}

static bool same(const uint8_t *a, size_t a_size, const uint8_t *b, size_t b_size)
{
    return a_size == b_size && memcmp(a, b, a_size) == 0;
}

/* ---- The text ---- */

static int32_t new_node(struct leat_debezium_expand *expand, enum type type)
{
    if (expand->node_count == NODES_MAX)
        return NONE;
    if (expand->node_count == expand->node_room) {
        expand->node_room = expand->node_room ? 2 * expand->node_room : 64;
        expand->nodes = leat_realloc(expand->nodes, (size_t)expand->node_room * sizeof *expand->nodes);
    }
    expand->nodes[expand->node_count] = (struct node){.type = type, .first = NONE, .next = NONE};
    return expand->node_count++;
}

static void skip_blanks(struct leat_debezium_expand *expand)
{
    while (expand->at < expand->end && strchr(" \t\r\n", *expand->at) && *expand->at)
        expand->at++;
}

static bool take(struct leat_debezium_expand *expand, char byte)
{
    skip_blanks(expand);
    if (expand->at == expand->end || *expand->at != (uint8_t)byte)
        return false;
    expand->at++;
    return true;
}

/* A JSON string with its quotes. */
static bool take_string(struct leat_debezium_expand *expand, const uint8_t **text, uint32_t *size)
{
    const uint8_t *at = expand->at;
    if (at == expand->end || *at++ != '"')
        return false;
    for (; at < expand->end && *at != '"'; at++) {
        if (*at < ' ')
            return false;
        if (*at != '\\')
            continue;
        if (++at == expand->end || !*at || !strchr("\"\\/bfnrtu", *at))
            return false;
        for (unsigned i = 0, digits = *at == 'u' ? 4 : 0; i < digits; i++)
            if (++at == expand->end || !((*at >= '0' && *at <= '9') || ((*at | 0x20) >= 'a' && (*at | 0x20) <= 'f')))
                return false;
    }
    if (at == expand->end)
        return false;
    *text = expand->at;
    *size = (uint32_t)(at + 1 - expand->at);
    expand->at = at + 1;
    return true;
}

static size_t digits(const uint8_t *at, const uint8_t *end)
{
    size_t count = 0;
    while (at + count < end && at[count] >= '0' && at[count] <= '9')
        count++;
    return count;
}

/* A whole number of 64 bits, or one with a fraction that a double holds; anything else has no schema. */
static int32_t parse_number(struct leat_debezium_expand *expand)
{
    enum { NUMBER_MAX = 64 };
    const uint8_t *at = expand->at, *end = expand->end;
    bool fraction = false;
    char text[NUMBER_MAX];
    at += *at == '-';
    size_t whole = digits(at, end);
    if (!whole || (whole > 1 && *at == '0'))
        return NONE;
    at += whole;
    if (at < end && *at == '.') {
        size_t count = digits(at + 1, end);
        fraction = true;
        if (!count)
            return NONE;
        at += 1 + count;
    }
    if (at < end && (*at | 0x20) == 'e') {
        at++;
        at += at < end && (*at == '+' || *at == '-');
        size_t count = digits(at, end);
        fraction = true;
        if (!count)
            return NONE;
        at += count;
    }
    size_t size = (size_t)(at - expand->at);
    if (size >= NUMBER_MAX)
        return NONE;
    memcpy(text, expand->at, size);
    text[size] = 0;
    errno = 0;
    enum type type = DOUBLE;
    if (!fraction) {
        long long value = strtoll(text, NULL, 10);
        if (errno)
            return NONE;
        type = value >= INT32_MIN && value <= INT32_MAX ? INT32 : INT64;
    } else if (!isfinite(strtod(text, NULL))) {
        return NONE;
    }
    int32_t node = new_node(expand, type);
    if (node == NONE)
        return NONE;
    expand->nodes[node].text = expand->at;
    expand->nodes[node].size = (uint32_t)size;
    expand->at = at;
    return node;
}

static int32_t parse_word(struct leat_debezium_expand *expand)
{
    static const struct {
        const char *word;
        enum type type;
    } words[] = {{"null", NOTHING}, {"true", BOOLEAN}, {"false", BOOLEAN}};
    for (unsigned i = 0; i < sizeof words / sizeof *words; i++) {
        size_t size = strlen(words[i].word);
        if ((size_t)(expand->end - expand->at) < size || memcmp(expand->at, words[i].word, size) != 0)
            continue;
        int32_t node = new_node(expand, words[i].type);
        if (node == NONE)
            return NONE;
        expand->nodes[node].text = expand->at;
        expand->nodes[node].size = (uint32_t)size;
        expand->at += size;
        return node;
    }
    return NONE;
}

static int32_t parse(struct leat_debezium_expand *expand, unsigned depth);

/* Puts a member behind the last one; one of a name that is there takes that one's place. */
static bool add_member(struct leat_debezium_expand *expand, int32_t object, int32_t *last, int32_t member, unsigned *count)
{
    struct node *nodes = expand->nodes, *new = &nodes[member];
    for (int32_t i = nodes[object].first; i != NONE; i = nodes[i].next)
        if (same(nodes[i].name, nodes[i].name_size, new->name, new->name_size)) {
            new->next = nodes[i].next;
            nodes[i] = *new;
            return true;
        }
    if (*last == NONE)
        nodes[object].first = member;
    else
        nodes[*last].next = member;
    *last = member;
    return ++*count <= MEMBERS_MAX;
}

static int32_t parse_object(struct leat_debezium_expand *expand, unsigned depth)
{
    int32_t object = new_node(expand, OBJECT), last = NONE;
    unsigned count = 0;
    expand->at++;
    if (object == NONE || take(expand, '}'))
        return object;
    do {
        const uint8_t *name;
        uint32_t size;
        skip_blanks(expand);
        if (!take_string(expand, &name, &size) || !take(expand, ':'))
            return NONE;
        int32_t member = parse(expand, depth + 1);
        if (member == NONE)
            return NONE;
        expand->nodes[member].name = name;
        expand->nodes[member].name_size = size;
        if (!add_member(expand, object, &last, member, &count))
            return NONE;
    } while (take(expand, ','));
    return take(expand, '}') ? object : NONE;
}

static int32_t parse_array(struct leat_debezium_expand *expand, unsigned depth)
{
    int32_t array = new_node(expand, ARRAY), last = NONE;
    expand->at++;
    if (array == NONE || take(expand, ']'))
        return array;
    do {
        int32_t element = parse(expand, depth + 1);
        if (element == NONE)
            return NONE;
        if (last == NONE)
            expand->nodes[array].first = element;
        else
            expand->nodes[last].next = element;
        last = element;
    } while (take(expand, ','));
    return take(expand, ']') ? array : NONE;
}

/* NONE: it isn't JSON, or not for this. */
static int32_t parse(struct leat_debezium_expand *expand, unsigned depth)
{
    skip_blanks(expand);
    if (depth > DEPTH_MAX || expand->at == expand->end)
        return NONE;
    if (*expand->at == '{')
        return parse_object(expand, depth);
    if (*expand->at == '[')
        return parse_array(expand, depth);
    if (*expand->at == '"') {
        int32_t node = new_node(expand, STRING);
        if (node == NONE || !take_string(expand, &expand->nodes[node].text, &expand->nodes[node].size))
            return NONE;
        return node;
    }
    return *expand->at == '-' || (*expand->at >= '0' && *expand->at <= '9') ? parse_number(expand) : parse_word(expand);
}

/* ---- Its schema ---- */

static int32_t new_schema(struct leat_debezium_expand *expand, enum type type)
{
    if (expand->schema_count == expand->schema_room) {
        expand->schema_room = expand->schema_room ? 2 * expand->schema_room : 64;
        expand->schemas = leat_realloc(expand->schemas, (size_t)expand->schema_room * sizeof *expand->schemas);
    }
    expand->schemas[expand->schema_count] = (struct schema){.type = type, .optional = true, .first = NONE, .next = NONE};
    return expand->schema_count++;
}

static bool equal(const struct leat_debezium_expand *expand, int32_t a, int32_t b)
{
    if (a == b)
        return true;
    if (a == NONE || b == NONE)
        return false;
    const struct schema *one = &expand->schemas[a], *two = &expand->schemas[b];
    if (one->type != two->type || one->optional != two->optional)
        return false;
    if (one->type == ARRAY)
        return equal(expand, one->first, two->first);
    if (one->type != OBJECT)
        return true;
    int32_t i = one->first, k = two->first;
    for (; i != NONE && k != NONE; i = expand->schemas[i].next, k = expand->schemas[k].next)
        if (!same(expand->schemas[i].field, expand->schemas[i].field_size, expand->schemas[k].field, expand->schemas[k].field_size) ||
            !equal(expand, i, k))
            return false;
    return i == k;
}

/* Adds the other struct's members: those that are new, and those whose type isn't only that of nulls. */
static bool merge(struct leat_debezium_expand *expand, int32_t into, int32_t other)
{
    unsigned count = 0;
    for (int32_t i = expand->schemas[other].first; i != NONE; i = expand->schemas[i].next) {
        int32_t last = NONE, found = expand->schemas[into].first;
        for (; found != NONE; last = found, found = expand->schemas[found].next)
            if (same(expand->schemas[found].field, expand->schemas[found].field_size, expand->schemas[i].field, expand->schemas[i].field_size))
                break;
        if (found != NONE && expand->schemas[found].type == BYTES && expand->schemas[i].type != BYTES) {
            int32_t next = expand->schemas[found].next;
            expand->schemas[found] = expand->schemas[i];
            expand->schemas[found].next = next;
        } else if (found == NONE) {
            int32_t copy = new_schema(expand, NOTHING);
            expand->schemas[copy] = expand->schemas[i];
            expand->schemas[copy].next = NONE;
            if (last == NONE)
                expand->schemas[into].first = copy;
            else
                expand->schemas[last].next = copy;
        }
        if (++count > MEMBERS_MAX)
            return false;
    }
    return true;
}

static bool infer(struct leat_debezium_expand *expand, int32_t node, size_t path, int32_t *schema);

/* Of an array's objects: one for all. */
static bool infer_rows(struct leat_debezium_expand *expand, int32_t array, size_t path, int32_t *schema)
{
    int32_t first = NONE, merged = NONE;
    for (int32_t i = expand->nodes[array].first; i != NONE; i = expand->nodes[i].next) {
        int32_t row;
        if (expand->nodes[i].type != OBJECT)
            continue;
        if (!infer(expand, i, path, &row))
            return false;
        if (first == NONE) {
            first = row;
        } else if (!equal(expand, first, row)) {
            if (merged == NONE) {
                merged = new_schema(expand, OBJECT);
                expand->schemas[merged].path = path;
                expand->schemas[merged].optional = false;
                if (!merge(expand, merged, first))
                    return false;
            }
            if (!merge(expand, merged, row))
                return false;
        }
    }
    *schema = merged == NONE ? first : merged;
    return true;
}

static bool is_number(enum type type)
{
    return type == INT32 || type == INT64 || type == DOUBLE;
}

/* Its elements must be of one type, nulls apart; whole numbers of 32 and of 64 bits are two. */
static bool infer_array(struct leat_debezium_expand *expand, int32_t array, size_t path, int32_t *schema)
{
    int32_t some = NONE, items = NONE;
    *schema = NONE;
    if (expand->nodes[array].first == NONE)
        return true;
    for (int32_t i = expand->nodes[array].first; i != NONE; i = expand->nodes[i].next) {
        if (expand->nodes[i].type == NOTHING)
            continue;
        if (some != NONE && expand->nodes[i].type != expand->nodes[some].type)
            return false;
        some = some == NONE ? i : some;
    }
    if (some == NONE && !expand->nulls)
        return false;
    if (some == NONE)
        items = new_schema(expand, BYTES);
    else if (expand->nodes[some].type == OBJECT ? !infer_rows(expand, array, path, &items) : !infer(expand, some, path, &items))
        return false;
    if (items == NONE)
        return false;
    *schema = new_schema(expand, ARRAY);
    expand->schemas[*schema].first = items;
    return true;
}

/* The name of a struct within another: the path to it. */
static size_t path_of(struct leat_debezium_expand *expand, size_t path, const struct node *node)
{
    struct leat_buf *paths = &expand->paths;
    size_t made = paths->size, length = strlen((const char *)paths->data + path);
    leat_buf_reserve(paths, length + node->name_size + 2);
    leat_buf_put(paths, paths->data + path, length);
    leat_buf_u8(paths, '.');
    leat_buf_put(paths, node->name + 1, node->name_size - 2);
    leat_buf_u8(paths, 0);
    return made;
}

static bool infer_object(struct leat_debezium_expand *expand, int32_t object, size_t path, int32_t *schema)
{
    int32_t made = *schema = new_schema(expand, OBJECT), last = NONE;
    expand->schemas[made].path = path;
    for (int32_t i = expand->nodes[object].first; i != NONE; i = expand->nodes[i].next) {
        enum type type = expand->nodes[i].type;
        size_t inner = type == OBJECT || type == ARRAY ? path_of(expand, path, &expand->nodes[i]) : path;
        int32_t member;
        if (!infer(expand, i, inner, &member))
            return false;
        if (member == NONE)
            continue;
        expand->schemas[member].field = expand->nodes[i].name;
        expand->schemas[member].field_size = expand->nodes[i].name_size;
        if (last == NONE)
            expand->schemas[made].first = member;
        else
            expand->schemas[last].next = member;
        last = member;
    }
    return true;
}

/* *schema NONE: the node has no type, and is left out. False: the document has no schema. */
static bool infer(struct leat_debezium_expand *expand, int32_t node, size_t path, int32_t *schema)
{
    enum type type = expand->nodes[node].type;
    if (type == OBJECT)
        return infer_object(expand, node, path, schema);
    if (type == ARRAY)
        return infer_array(expand, node, path, schema);
    *schema = type == NOTHING && !expand->nulls ? NONE : new_schema(expand, type == NOTHING ? BYTES : type);
    return true;
}

/* ---- Both as text ---- */

static void put_schema(const struct leat_debezium_expand *expand, struct leat_buf *buf, int32_t at)
{
    static const char *const names[] = {[BOOLEAN] = "boolean", [INT32] = "int32", [INT64] = "int64", [DOUBLE] = "double",
                                        [STRING] = "string", [ARRAY] = "array", [OBJECT] = "struct", [BYTES] = "bytes"};
    const struct schema *schema = &expand->schemas[at];
    leat_buf_printf(buf, "{\"type\":\"%s\"", names[schema->type]);
    if (schema->type == ARRAY) {
        leat_buf_puts(buf, ",\"items\":");
        put_schema(expand, buf, schema->first);
        leat_buf_u8(buf, '}');
    } else if (schema->type == OBJECT) {
        leat_buf_puts(buf, ",\"fields\":[");
        for (int32_t i = schema->first; i != NONE; i = expand->schemas[i].next) {
            put_schema(expand, buf, i);
            leat_buf_puts(buf, ",\"field\":");
            leat_buf_put(buf, expand->schemas[i].field, expand->schemas[i].field_size);
            leat_buf_puts(buf, expand->schemas[i].next == NONE ? "}" : "},");
        }
        leat_buf_u8(buf, ']');
    }
    leat_buf_puts(buf, schema->optional ? ",\"optional\":true" : ",\"optional\":false");
    if (schema->type != OBJECT)
        return;
    leat_buf_puts(buf, ",\"name\":\"");
    leat_buf_puts(buf, (const char *)expand->paths.data + schema->path);
    leat_buf_u8(buf, '"');
}

static void put_number(struct leat_buf *buf, const struct node *node)
{
    char text[80];
    memcpy(text, node->text, node->size);
    text[node->size] = 0;
    if (node->type == DOUBLE)
        leat_debezium_put_double(buf, strtod(text, NULL));
    else
        leat_put_i64(buf, strtoll(text, NULL, 10));
}

static bool put_value(const struct leat_debezium_expand *expand, struct leat_buf *buf, int32_t at, int32_t schema);

/* The member of that name; the search begins where the last one ended, since both are mostly in one order. */
static int32_t find_member(const struct leat_debezium_expand *expand, int32_t object, int32_t *hint, const struct schema *schema)
{
    for (unsigned round = 0; round < 2; round++)
        for (int32_t i = round ? expand->nodes[object].first : *hint; i != NONE; i = expand->nodes[i].next)
            if (same(expand->nodes[i].name, expand->nodes[i].name_size, schema->field, schema->field_size)) {
                *hint = expand->nodes[i].next;
                return i;
            }
    return NONE;
}

static bool put_object(const struct leat_debezium_expand *expand, struct leat_buf *buf, int32_t at, int32_t schema)
{
    int32_t hint = expand->nodes[at].first;
    leat_buf_u8(buf, '{');
    for (int32_t i = expand->schemas[schema].first; i != NONE; i = expand->schemas[i].next) {
        int32_t member = find_member(expand, at, &hint, &expand->schemas[i]);
        leat_buf_put(buf, expand->schemas[i].field, expand->schemas[i].field_size);
        leat_buf_u8(buf, ':');
        if (member == NONE)
            leat_buf_puts(buf, "null");
        else if (!put_value(expand, buf, member, i))
            return false;
        if (expand->schemas[i].next != NONE)
            leat_buf_u8(buf, ',');
    }
    leat_buf_u8(buf, '}');
    return true;
}

static bool put_array(const struct leat_debezium_expand *expand, struct leat_buf *buf, int32_t at, int32_t schema)
{
    leat_buf_u8(buf, '[');
    for (int32_t i = expand->nodes[at].first; i != NONE; i = expand->nodes[i].next) {
        if (!put_value(expand, buf, i, expand->schemas[schema].first))
            return false;
        if (expand->nodes[i].next != NONE)
            leat_buf_u8(buf, ',');
    }
    leat_buf_u8(buf, ']');
    return true;
}

/* False: the value isn't what the schema, which others made, says. */
static bool put_value(const struct leat_debezium_expand *expand, struct leat_buf *buf, int32_t at, int32_t schema)
{
    const struct node *node = &expand->nodes[at];
    if (node->type == NOTHING) {
        leat_buf_puts(buf, "null");
        return expand->schemas[schema].optional;
    }
    if (node->type != expand->schemas[schema].type)
        return false;
    if (node->type == OBJECT)
        return put_object(expand, buf, at, schema);
    if (node->type == ARRAY)
        return put_array(expand, buf, at, schema);
    if (is_number(node->type))
        put_number(buf, node);
    else
        leat_buf_put(buf, node->text, node->size);
    return true;
}

bool leat_debezium_expand(struct leat_debezium_expand *expand, const struct leat_buf *text, const char *name, struct leat_buf *json,
                          struct leat_buf *schema)
{
    int32_t root, made;
    expand->node_count = expand->schema_count = 0;
    expand->at = text->data;
    expand->end = text->data + text->size;
    leat_buf_clear(&expand->paths);
    leat_buf_clear(&expand->json);
    leat_json_escape(&expand->paths, name, strlen(name));
    leat_buf_u8(&expand->paths, 0);
    if (!text->size || (*text->data != '{' && *text->data != '['))
        return false;
    root = parse(expand, 0);
    skip_blanks(expand);
    if (root == NONE || expand->at != expand->end || !infer(expand, root, 0, &made) || made == NONE ||
        !put_value(expand, &expand->json, root, made))
        return false;
    leat_buf_put(json, expand->json.data, expand->json.size);
    put_schema(expand, schema, made);
    return true;
}
