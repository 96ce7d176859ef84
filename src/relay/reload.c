/* The configuration anew while the relay runs: sinks (with their filters, columns, formats), the log. In one
 * step: everything that can be wrong is found before anything is touched, and then nothing is; a sink whose
 * settings are the same isn't disturbed. What a new sink finds when it runs (a broker that is down, a start
 * that is missing) is its state, as at any start.
 *
 * A sink that changed is made anew: its old runner is stopped first, at its checkpoint, since both would
 * write to one place; the new one goes on there. Main thread, but for relay_ask_reload. */
#include "relay_int.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/log.h"

/* The sinks as they will be, before they are. */
struct plan {
    struct relay_sink *sinks; /* new runners, or the running sink's own part */
    size_t count, kept, made;
    struct relay_loaded *loaded;
};

static struct relay_sink *find_running(struct relay *relay, const char *name)
{
    for (size_t i = 0; i < relay->sink_count; i++)
        if (relay->sinks[i].config && !strcmp(relay->sinks[i].config->name, name))
            return &relay->sinks[i];
    return NULL;
}

/* The key of a mask lies in a file, which may have changed. */
static bool may_stay(const struct relay_sink *running, const struct leat_sink_config *config)
{
    return running && !config->mask_key_file && leat_config_same_sink(running->config, config);
}

static void drop_plan(struct plan *plan)
{
    for (size_t i = 0; i < plan->count; i++)
        if (plan->sinks[i].loaded == plan->loaded)
            leat_runner_free(&plan->sinks[i].runner);
    free(plan->sinks);
    leat_config_free(&plan->loaded->config);
    free(plan->loaded);
}

static int check_fixed(struct relay *relay, const struct leat_config *next, struct leat_error *err)
{
    char name[200];
    if (!leat_config_fixed_differs(name, sizeof name, relay->config, next))
        return LEAT_OK;
    (void)leat_fail(err, LEAT_E_CONFIG, LEAT_KIND_OPERATOR,
                    "%s has changed, which takes a restart: nothing was reloaded", name);
    return leat_cure(err, "restart leat (it loses nothing), or put %s back and reload", name);
}

/* Makes what is new, touching nothing outside. */
static int make_plan(struct relay *relay, struct plan *plan, struct leat_error *err)
{
    const struct leat_config *next = plan->loaded->config;
    plan->sinks = leat_alloc_zero(next->sink_count + 1, sizeof *plan->sinks);
    for (; plan->count < next->sink_count; plan->count++) {
        const struct leat_sink_config *config = &next->sinks[plan->count];
        struct relay_sink *running = find_running(relay, config->name);
        if (may_stay(running, config)) {
            plan->sinks[plan->count] = *running;
            plan->kept++;
            continue;
        }
        if (relay_make_sink(relay, &plan->sinks[plan->count], config, err))
            return LEAT_FAIL;
        plan->sinks[plan->count].loaded = plan->loaded;
        plan->loaded->users++;
        plan->made++;
    }
    return LEAT_OK;
}

static int start_new(struct relay *relay, const struct plan *plan, struct leat_error *err)
{
    for (size_t i = 0; i < relay->sink_count; i++) {
        struct relay_sink *sink = &relay->sinks[i];
        if (sink->loaded != plan->loaded)
            continue;
        if (leat_runner_attach(sink->runner, relay->journal, err) || relay_start_sink(relay, sink, err))
            return LEAT_FAIL;
    }
    return LEAT_OK;
}

/* Nothing that a sink still needs may be deleted between its old runner's end and its new one's begin. */
static int hold_journal(struct relay *relay, struct leat_hold **hold, struct leat_error *err)
{
    struct leat_journal_status status;
    leat_journal_status(relay->journal, &status);
    return leat_hold_new(hold, relay->journal, "reload", status.first_seq, false, err);
}

/* Errors here end the process: the old runners are gone. */
static int carry_out(struct relay *relay, struct plan *plan, struct leat_error *err)
{
    /* Those that end stay in the list until the new one is in place: others may look at them. */
    relay_stop_sinks(relay, plan->sinks, plan->count);
    struct relay_sink *old = relay->sinks;
    size_t old_count = relay->sink_count;
    pthread_rwlock_wrlock(&relay->sinks_lock);
    relay->sinks = plan->sinks;
    relay->sink_count = plan->count;
    pthread_rwlock_unlock(&relay->sinks_lock);
    for (size_t i = 0; i < old_count; i++) {
        if (!find_running(relay, old[i].config->name))
            waits_drop(old[i].waits);
        if (!relay_has_runner(plan->sinks, plan->count, old[i].runner))
            relay_free_sink(&old[i]);
    }
    free(old);
    return start_new(relay, plan, err);
}

static int apply(struct relay *relay, struct plan *plan, struct leat_error *err)
{
    struct leat_hold *hold = NULL;
    if (check_fixed(relay, plan->loaded->config, err) || make_plan(relay, plan, err) ||
        hold_journal(relay, &hold, err)) {
        drop_plan(plan);
        return LEAT_FAIL;
    }
    const struct leat_log_config *log = &plan->loaded->config->log;
    leat_log_setup((enum leat_log_level)log->level, (enum leat_log_form)log->form);
    size_t before = relay->sink_count;
    int rc = carry_out(relay, plan, err);
    leat_hold_release(&hold);
    if (rc) {
        relay_fatal(relay, err);
        return rc;
    }
    leat_log(LEAT_LOG_INFO, "relay", NULL,
             "reloaded: %zu sinks go on undisturbed, %zu begin or changed, %zu ended or changed", plan->kept,
             plan->made, before - plan->kept);
    if (!plan->made) {
        leat_config_free(&plan->loaded->config);
        free(plan->loaded);
    }
    return LEAT_OK;
}

int relay_reload(struct relay *relay, struct leat_error *err)
{
    struct plan plan = {.loaded = leat_alloc_zero(1, sizeof *plan.loaded)};
    if (relay->loader.load(relay->loader.context, &plan.loaded->config, err)) {
        free(plan.loaded);
        return leat_error_prefix(err, "nothing was reloaded");
    }
    return apply(relay, &plan, err);
}

/* ---- Between threads ---- */

void relay_reload_if_asked(struct relay *relay)
{
    pthread_mutex_lock(&relay->mutex);
    bool asked = relay->reload == RELAY_RELOAD_ASKED;
    pthread_mutex_unlock(&relay->mutex);
    if (!asked)
        return;
    struct leat_error err = {0};
    int rc = relay_reload(relay, &err);
    pthread_mutex_lock(&relay->mutex);
    relay->reload = RELAY_RELOAD_DONE;
    relay->reload_rc = rc;
    relay->reload_error = err;
    pthread_cond_broadcast(&relay->reloaded);
    pthread_mutex_unlock(&relay->mutex);
}

void relay_reload_never(struct relay *relay)
{
    pthread_mutex_lock(&relay->mutex);
    relay->reload = RELAY_RELOAD_NEVER;
    pthread_cond_broadcast(&relay->reloaded);
    pthread_mutex_unlock(&relay->mutex);
}

int relay_ask_reload(struct relay *relay, struct leat_error *err)
{
    pthread_mutex_lock(&relay->mutex);
    if (relay->reload != RELAY_RELOAD_NEVER) {
        relay->reload = RELAY_RELOAD_ASKED;
        relay_wake(relay);
        while (relay->reload == RELAY_RELOAD_ASKED)
            pthread_cond_wait(&relay->reloaded, &relay->mutex);
    }
    int rc = relay->reload_rc;
    if (relay->reload == RELAY_RELOAD_NEVER)
        rc = leat_fail(err, LEAT_E_CONNECT, LEAT_KIND_RETRY, "leat is stopping: nothing is reloaded");
    else if (rc)
        *err = relay->reload_error;
    pthread_mutex_unlock(&relay->mutex);
    return rc;
}
