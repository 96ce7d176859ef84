/* The relay: wires the rooms, owns the threads, supervises and shuts down.
 *
 *   source thread → queue (bytes) → journal thread → one thread a sink;   control thread;   main: signals. */
#ifndef LEAT_RELAY_RELAY_H
#define LEAT_RELAY_RELAY_H

#include "config/config.h"

/* Reads the configuration anew, from where it came. The caller frees it. Called by main's thread. */
struct leat_relay_loader {
    void *context;
    int (*load)(void *context, struct leat_config **config, struct leat_error *err);
};

/* Runs until SIGTERM or SIGINT (0) or an error that ends the process. Called by main, before any other thread. */
int leat_relay_run(const struct leat_config *config, const struct leat_relay_loader *loader, struct leat_error *err) LEAT_CHECKED;

#endif
