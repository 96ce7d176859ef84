/* A format's settings: one table, from which they are read, checked, defaulted and documented. Any thread.
 *
 * Names and words are those of whoever defined the format. Values arrive as text. */
#ifndef LEAT_FORMAT_SETTINGS_INT_H
#define LEAT_FORMAT_SETTINGS_INT_H

#include <stdint.h>

#include "base/buf.h"
#include "base/pairs.h"

enum leat_setting_kind {
    LEAT_SETTING_BOOL,   /* bool: "true", "false" */
    LEAT_SETTING_WORD,   /* unsigned: the place of the word in `words`; case doesn't count */
    LEAT_SETTING_NUMBER, /* uint64_t, from least to most */
    LEAT_SETTING_TEXT,   /* char *, owned; NULL: not given and no default. "" is a text */
    LEAT_SETTING_LIST    /* struct leat_setting_list; texts with commas between; where there are words, each is one of them */
};

struct leat_setting_list {
    char **list; /* owned */
    size_t count;
};

struct leat_setting {
    const char *name;
    enum leat_setting_kind kind;
    size_t offset;            /* in the format's struct */
    const char *fallback;     /* the default as it would be written; NULL: false, the first word, 0, no text, an empty list */
    const char *const *words; /* NULL-terminated */
    uint64_t least, most;     /* of numbers; most 0: no limit */
    const char *help;         /* Markdown, without line breaks and without `|` */
};

struct leat_settings {
    const char *format; /* for messages */
    const struct leat_setting *list;
    size_t count;
};

/* Fills the struct at `base`, which is zero before; pairs may be NULL. Fails with LEAT_E_CONFIG at an unknown name (the cure
 * names the nearest), at one that is there twice, and at a value that isn't one (the cure says what is); then, too,
 * leat_settings_free is called by who called this. */
int leat_settings_read(void *base, const struct leat_settings *settings, const struct leat_pairs *pairs,
                       struct leat_error *err) LEAT_CHECKED;
void leat_settings_free(void *base, const struct leat_settings *settings);
/* As a Markdown table: name, what it may be, default, help. */
void leat_settings_print(struct leat_buf *buf, const struct leat_settings *settings);

#endif
