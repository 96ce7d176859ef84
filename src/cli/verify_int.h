/* leat decode --verify: whether files are whole, a line each. */
#ifndef LEAT_CLI_VERIFY_INT_H
#define LEAT_CLI_VERIFY_INT_H

#include "inputs_int.h"

/* LEAT_FAIL with a message if any isn't: LEAT_E_MALFORMED where something is damaged or can't be decoded. */
int verify(const struct inputs *inputs, uint64_t event_bytes_max, struct leat_error *err) LEAT_CHECKED;

#endif
