/* What the translators share.
 *
 * read.c: a file's text into settings. pattern.c: regular expressions into our patterns. write.c: YAML, and what is said about settings.
 * debezium.c (and debezium_transforms.c), maxwell.c, canal.c: one tool each. offsets.c: where each stands. kafka.c: properties of Kafka's Java clients, as all three have them. */
#ifndef LEAT_IMPORT_IMPORT_INT_H
#define LEAT_IMPORT_IMPORT_INT_H

#include "base/pairs.h"
#include "import/import.h"

struct import_setting {
    char *name, *value; /* owned */
    bool used;
};

struct import {
    struct import_setting *settings; /* owned */
    size_t count, room;
    const char *format; /* "debezium" … */
    char *relay;        /* owned; our name */
    bool has_offsets;   /* where to begin is told apart */
    bool counts_annotations; /* offsets of Debezium's count MariaDB's ANNOTATE_ROWS events, too */
    /* YAML of the parts, and what is said behind it. */
    struct leat_buf source, sink, section, kafka, columns, notes;
};

/* read.c */
int import_read(struct import *import, const char *text, size_t size, const char *origin, struct leat_error *err);
void import_free(struct import *import);

/* A setting that isn't empty, or NULL. */
struct import_setting *import_find(struct import *import, const char *name);
/* The value of a setting, which counts as used from now on; NULL: it isn't there (or empty). */
const char *import_take(struct import *import, const char *name);
/* The number that a text begins with; 0: none, or more than 10^9. */
unsigned long import_number(const char *text);
bool import_has_prefix(const struct import *import, const char *prefix);
/* Goes through the settings not used yet whose name begins so; *rest is what follows. Begin with *at = 0. */
struct import_setting *import_next(struct import *import, const char *prefix, size_t *at, const char **rest);

/* write.c: `  key: "value"`, at so many spaces. */
void import_put(struct leat_buf *buf, unsigned indent, const char *key, const char *value);
void import_put_word(struct leat_buf *buf, unsigned indent, const char *key, const char *word);
/* A list: begun at the first. */
struct import_list {
    struct leat_buf *buf;
    unsigned indent;
    const char *key;
    bool begun;
};
void import_list_put(struct import_list *list, const char *value);
/* A comment at the end. */
void import_note(struct import *import, const struct import_setting *setting, const char *format, ...) LEAT_PRINTF(3, 4);
void import_say(struct import *import, const char *format, ...) LEAT_PRINTF(2, 3);
/* url and what belongs to it. */
void import_server(struct import *import, const char *host, const char *port, const char *user);
void import_ssl_mode(struct import *import, const char *mode);
/* A setting of the format, if the format says that it has it. */
void import_format_setting(struct import *import, struct import_setting *setting, const char *name);
/* A name that ends in * stands for all that begin so. */
struct import_reason {
    const char *name, *why;
};
/* NULL: none. */
const char *import_reason_of(const char *name, const struct import_reason *reasons, size_t count);
/* All that is left, each with its reason. */
void import_leave(struct import *import, const struct import_reason *reasons, size_t count);
void import_finish(struct leat_buf *buf, const struct import *import, const char *origin);

/* pattern.c: a regular expression of names with dots between as one or more of our patterns, given one by one; false: it has none (and
 * nothing was given). ignore_case doesn't matter to us: said by whoever calls. */
bool import_pattern(const char *regex, unsigned parts, void (*give)(void *context, const char *pattern), void *context);
/* Calls `each` for the texts between commas, spaces around them left out. */
void import_split(const char *text, void (*each)(void *context, const char *part), void *context);

/* kafka.c: properties of a Java producer: those that librdkafka has, and reasons for the others. */
void import_java_kafka(struct import *import, const char *prefix);

/* debezium_transforms.c: those that the format has; import->relay is the prefix of topics. */
void import_debezium_transforms(struct import *import);

void import_debezium(struct import *import);
void import_maxwell(struct import *import);
void import_canal(struct import *import);

#endif
