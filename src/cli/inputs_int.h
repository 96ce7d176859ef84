/* Which binlog files are to be read, and in which order: files as they are named, folders and index files as their servers
 * numbered them. */
#ifndef LEAT_CLI_INPUTS_INT_H
#define LEAT_CLI_INPUTS_INT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

struct input {
    char *path; /* "-": standard input */
    char *name; /* as its server called it: no folder, no .zst or .gz; "stdin" */
    uint64_t size; /* on disk; 0 when that isn't known */
};

struct inputs {
    struct input *items;
    size_t count;
    uint64_t size;
    bool size_known; /* of all */
};

/* Adds what a command line argument stands for. A folder must hold one series of binlogs, by its index or by their names.
 * Fails where that can't be told; a plain file is looked at only when it is read. */
int inputs_add(struct inputs *inputs, const char *argument, struct leat_error *err) LEAT_CHECKED;
void inputs_free(struct inputs *inputs);

/* "binlog.000123" is number 123 of series "binlog"; false: the name has no number. */
bool inputs_number(const char *name, size_t *series_length, uint64_t *number);
/* Binlogs of one server sort by number, which may have outgrown six digits. */
int inputs_compare_names(const char *a, const char *b);

#endif
