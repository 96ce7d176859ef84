/* The relay: wires the rooms, owns the threads, supervises and shuts down.
 *
 *   source thread → queue (bytes) → journal thread → one thread a sink;   control thread;   main: signals. */
#ifndef LEAT_RELAY_RELAY_H
#define LEAT_RELAY_RELAY_H

#include "config/config.h"

/* Runs until SIGTERM or SIGINT (0) or an error that ends the process. Called by main, before any other thread. */
int leat_relay_run(const struct leat_config *config, struct leat_error *err) LEAT_CHECKED;

#endif
