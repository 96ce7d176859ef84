/* The option table: every setting once, with its type, default, limits and what it is for. */
#ifndef LEAT_CONFIG_OPTIONS_INT_H
#define LEAT_CONFIG_OPTIONS_INT_H

#include "config/config.h"
#include "tree_int.h"

enum option_type {
    OPTION_TEXT,     /* char * */
    OPTION_SECRET,   /* char *, masked when printed */
    OPTION_COUNT,    /* unsigned */
    OPTION_BYTES,    /* uint64_t: 100GiB, 64KiB, 1000000 */
    OPTION_TIME_US,  /* uint64_t: 7d, 1h30m, 500ms */
    OPTION_TIME_MS,  /* unsigned */
    OPTION_WORD,     /* an enum or unsigned of int's size: the place of the word in `words` */
    OPTION_TEXTS,    /* struct leat_strings */
    OPTION_POINT,    /* struct leat_point */
    OPTION_WITHIN,   /* struct leat_within */
    OPTION_URL,      /* struct leat_server_config, at the offset */
    OPTION_FREE,     /* unsigned percent at offset, uint64_t bytes at offset2: "10%" or "5GiB" */
    OPTION_PAIRS     /* struct leat_pairs: settings that someone else named; a path below it is one name */
};

enum option_flags {
    OPTION_REQUIRED = 1,
    OPTION_DOTTED = 2 /* pairs: their names have dots, which a variable of the environment writes as _ (and _ as __) */
};

struct option {
    const char *name;
    enum option_type type;
    size_t offset, offset2;
    const char *fallback;     /* the default as it would be written; NULL: none */
    const char *const *words; /* NULL-terminated */
    uint64_t least, most;     /* of numbers; most 0: no limit */
    unsigned flags;
    const char *sink_types;   /* for settings of sinks: " file " … or NULL for all types */
    const char *help;         /* one or more sentences */
};

struct section {
    const char *name;  /* "source"; "" for the top; "sinks.NAME" for sinks */
    const char *intro;
    const struct option *options;
    size_t count;
};

enum { SECTION_TOP, SECTION_SOURCE, SECTION_JOURNAL, SECTION_LOG, SECTION_HTTP, SECTION_SINK, SECTION_COUNT };
extern const struct section option_sections[SECTION_COUNT];

/* By enum leat_ssl_mode; the first is empty. NULL-terminated. */
extern const char *const ssl_mode_words[];

/* What types of sink there are, NULL-terminated; and those that a later version brings. */
extern const char *const sink_types[];
extern const char *const sink_types_to_come[];

/* Whether sinks of that type have it (type NULL: no sink). */
bool option_is_for(const struct option *option, const char *sink_type);
/* Of sinks, by its name if it takes pairs; else NULL. */
const struct option *option_pairs_find(const char *name, size_t size);

/* value.c: one setting into the struct at `base`; node == NULL: its default. */
int option_set(void *base, const struct option *option, struct node *node, struct leat_error *err) LEAT_CHECKED;
void option_free(void *base, const struct option *option);
void option_print(struct leat_buf *buf, const void *base, const struct option *option);

#endif
