/* What a format is to format.c: the functions behind the public ones. */
#ifndef LEAT_FORMAT_FORMAT_INT_H
#define LEAT_FORMAT_FORMAT_INT_H

#include "format/format.h"
#include "settings_int.h"

struct leat_format_class {
    const char *name;
    const struct leat_settings *settings; /* NULL: it has none, and none may be given */
    /* NULL with the error filled, where the options are wrong. */
    struct leat_format *(*make)(const struct leat_format_options *options, const struct leat_filter *filter,
                                const struct leat_format_out *out, struct leat_error *err);
    void (*free)(struct leat_format *format);
    int (*item)(struct leat_format *format, const struct leat_item *item, bool *passed, struct leat_error *err);
    size_t (*open_bytes)(const struct leat_format *format);
    void (*new_file)(struct leat_format *format);
    void (*reset)(struct leat_format *format);
    int (*heartbeat)(struct leat_format *format, uint64_t time_us, struct leat_error *err); /* NULL: it has none */
};

/* The first member of each format's own struct. */
struct leat_format {
    const struct leat_format_class *class;
};

extern const struct leat_format_class leat_format_lines; /* "leat" */
extern const struct leat_format_class leat_format_maxwell;
extern const struct leat_format_class leat_format_canal;
extern const struct leat_format_class leat_format_sql;   /* "sql" */
extern const struct leat_format_class leat_format_debezium;

#endif
