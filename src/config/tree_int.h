/* YAML as a tree of nodes that remember where they were written, so that every error can say file, line and column.
 * Trees of several files, the environment and -o are laid over each other: maps merge, all else is replaced. */
#ifndef LEAT_CONFIG_TREE_INT_H
#define LEAT_CONFIG_TREE_INT_H

#include "base/error.h"

enum node_type { NODE_SCALAR, NODE_MAP, NODE_LIST };

struct node {
    enum node_type type;
    char *key;    /* in a map; NULL in a list and at the root */
    char *value;  /* of a scalar; may be empty */
    char *origin; /* "leat.yaml", "-o", "LEAT_SOURCE__URL" */
    unsigned line, column; /* from 1; 0 when the origin has none */
    struct node *children, *next;
};

struct node *tree_new_map(const char *origin);
void tree_free(struct node **node);
int tree_parse(struct node **root, const char *text, size_t size, const char *origin, struct leat_error *err) LEAT_CHECKED;
struct node *tree_find(const struct node *map, const char *key);
/* Lays `over` (which is taken) over *base. */
void tree_merge(struct node **base, struct node **over);
/* Sets a.b.c (parts separated by dots; from `whole` on, a place in path, they are one part; NULL: none are) to a value that is read as
 * YAML, as from `origin`. */
int tree_set(struct node **root, const char *path, const char *whole, const char *value, const char *origin, struct leat_error *err) LEAT_CHECKED;
/* LEAT_E_CONFIG "origin:line:column: text"; returns LEAT_FAIL. */
int tree_fail(const struct node *node, struct leat_error *err, const char *format, ...) LEAT_PRINTF(3, 4);

#endif
