/* What the fuzz targets share. A target is one function over bytes that may be anything; what it finds wrong it says with
 * FUZZ_CHECK, which ends the process, as the sanitizers do.
 *
 * The same targets are linked twice: with libFuzzer (libfuzzer.c; the preset `fuzz`), which looks for new inputs, and with a
 * driver of our own (replay.c; every build), which runs a corpus again. One thread. */
#ifndef LEAT_FUZZ_FUZZ_H
#define LEAT_FUZZ_FUZZ_H

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "base/cursor.h"
#include "base/error.h"

struct fuzz_target {
    const char *name;
    const char *sources; /* files of the decoder, below src/, as shell patterns: what coverage is measured of */
    void (*run)(const uint8_t *bytes, size_t size);
    bool parts;           /* inputs are lists of parts (parts.h): mutated part by part */
    size_t parts_head;    /* bytes before the first part */
    unsigned size_max;    /* of inputs that are looked for */
    size_t memory_fixed;  /* bytes that may be allocated at once, whatever the input is … */
    size_t memory_factor; /* … and for each byte of it */
};

extern const struct fuzz_target *const fuzz_targets[];
const struct fuzz_target *fuzz_target_find(const char *name); /* NULL: there is none */

/* Runs the target once, and holds what it allocated against its limits. */
void fuzz_run(const struct fuzz_target *target, const uint8_t *bytes, size_t size);

/* More than the input was received: it stands for so many bytes more. */
void fuzz_memory_received(size_t size);
/* This input may have so much once, whatever its size is. */
void fuzz_memory_allow(size_t size);

#define FUZZ_CHECK(condition)                             \
    do {                                                  \
        if (!(condition))                                 \
            fuzz_failed(__FILE__, __LINE__, #condition);  \
    } while (0)
_Noreturn void fuzz_failed(const char *file, int line, const char *what);

/* result 0, or positive, or LEAT_FAIL with an error that says something. */
void fuzz_check_result(int result, const struct leat_error *err);
/* One strict JSON text (RFC 8259): valid UTF-8, no lone surrogates, no control characters in strings, nothing behind it. */
void fuzz_check_json(const void *bytes, size_t size);

/* SQL in which every text and name that was begun is ended, and whose last character outside of them is a semicolon. For what is
 * written of rows; statements are as their users wrote them. */
void fuzz_check_sql(const void *bytes, size_t size);

#endif
