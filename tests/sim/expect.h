/* What a sink has to deliver: the lines that one pass of decoding and formatting gives, without journal, disk
 * and crashes, and without lines of definitions (which files repeat). Immutable once made. */
#ifndef LEAT_SIM_EXPECT_H
#define LEAT_SIM_EXPECT_H

#include "config/config.h"
#include "history.h"

struct sim_expected {
    struct leat_buf text; /* whole lines */
    size_t *ends;         /* owned: of each transaction, where its lines end in text */
    size_t count;
};

/* Fails where decoding or formatting does: then this history is none for this build. */
int sim_expected_new(struct sim_expected *expected, const struct sim_history *history,
                     const struct leat_sink_config *sink, struct leat_error *err) LEAT_CHECKED;
void sim_expected_free(struct sim_expected *expected);
/* Where the lines of transaction `index` begin. */
size_t sim_expected_start(const struct sim_expected *expected, size_t index);

/* Whether it is a line about a definition. */
bool sim_is_schema_line(const uint8_t *line, size_t size);

#endif
