/* leat schema's parts: what changed between two definitions, and how entries are shown. Not for other rooms. */
#ifndef LEAT_CLI_SCHEMA_INT_H
#define LEAT_CLI_SCHEMA_INT_H

#include "cli_int.h"
#include "journal/definitions.h"

/* One change. `from` and `to` are as in CREATE TABLE; empty where there is none. */
struct schema_change {
    const char *what; /* "column_added", "column_dropped", "column_changed", "column_renamed", "columns_reordered", "key_added" … */
    const char *name; /* of the column or key; of a renamed one, the new one */
    const char *old_name;
    const char *from, *to;
};

/* Calls each with what differs; before may be NULL: everything is new. */
void schema_compare(const struct leat_table_view *before, const struct leat_table_view *after,
                    void (*each)(void *context, const struct schema_change *change), void *context);

enum schema_format { SCHEMA_TEXT, SCHEMA_SQL, SCHEMA_JSON };

struct schema_printer {
    enum schema_format format;
    struct leat_buf out;
    struct leat_table *before; /* of the entry shown last; owned */
    uint64_t shown;
};
/* The table's name, then each entry, then the end. compared: with the one before. */
void schema_print_begin(struct schema_printer *printer, const char *database, const char *name);
int schema_print_entry(struct schema_printer *printer, const struct leat_definition_entry *entry, bool compared,
                       struct leat_error *err) LEAT_CHECKED;
void schema_print_end(struct schema_printer *printer);
void schema_print_free(struct schema_printer *printer);
/* An entry that isn't shown, but is what the next one is compared with. */
void schema_print_pass(struct schema_printer *printer, const struct leat_definition_entry *entry);

#endif
