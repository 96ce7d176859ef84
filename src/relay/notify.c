/* What systemd is told (sd_notify(3)): READY once everything runs, STATUS with one line of what is going on,
 * WATCHDOG from real progress, STOPPING. Datagrams to the socket that NOTIFY_SOCKET names; without one
 * nothing is sent. Main thread. */
#include "relay_int.h"

#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/log.h"

enum { READY_INTERVAL_MS = 50, STATUS_INTERVAL_US = 5000000, LINE_BYTES_MAX = 1024 };

static uint64_t environment_number(const char *name)
{
    const char *text = getenv(name);
    return text ? strtoull(text, NULL, 10) : 0;
}

/* An abstract address begins with '@' in the variable and with a zero byte on the wire. */
static bool fill_address(struct sockaddr_un *address, socklen_t *size, const char *path)
{
    size_t length = strlen(path);
    if ((path[0] != '/' && path[0] != '@') || length < 2 || length >= sizeof address->sun_path)
        return false;
    *address = (struct sockaddr_un){.sun_family = AF_UNIX};
    memcpy(address->sun_path, path, length);
    if (path[0] == '@')
        address->sun_path[0] = '\0';
    *size = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + length);
    return true;
}

void relay_notify_open(struct relay_notify *notify)
{
    *notify = (struct relay_notify){.fd = -1};
    const char *path = getenv("NOTIFY_SOCKET");
    if (!path)
        return;
    if (!fill_address(&notify->address, &notify->address_size, path)) {
        leat_log(LEAT_LOG_WARN, "relay", NULL,
                 "NOTIFY_SOCKET is \"%.120s\", which is no address that can be used: systemd is told nothing",
                 path);
        return;
    }
    notify->fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    uint64_t pid = environment_number("WATCHDOG_PID");
    if (!pid || pid == (uint64_t)getpid())
        notify->watchdog_us = environment_number("WATCHDOG_USEC");
}

void relay_notify_close(struct relay_notify *notify)
{
    if (notify->fd >= 0)
        close(notify->fd);
    notify->fd = -1;
}

/* Not sent when the socket is full: the next one is soon enough. */
static void send_line(const struct relay_notify *notify, const char *line)
{
    if (notify->fd < 0)
        return;
    ssize_t sent = sendto(notify->fd, line, strlen(line), MSG_NOSIGNAL,
                          (const struct sockaddr *)&notify->address, notify->address_size);
    if (sent < 0 && errno != EAGAIN)
        leat_log(LEAT_LOG_DEBUG, "relay", NULL, "telling systemd: %s", strerror(errno));
}

/* "streaming at binlog.000003:1234; 2 of 3 sinks run, 0.4 s behind". */
static void put_status(struct relay *relay, char *line, size_t size)
{
    struct leat_source_status source;
    leat_source_status(relay->source, &source);
    size_t running = 0;
    uint64_t lag_us = 0;
    for (size_t i = 0; i < relay->sink_count; i++) {
        struct leat_runner_status sink;
        leat_runner_status(relay->sinks[i].runner, &sink);
        running += sink.state == LEAT_RUNNER_RUNNING;
        lag_us = sink.lag_us > lag_us ? sink.lag_us : lag_us;
    }
    snprintf(line, size, "STATUS=%s at %s:%llu; %zu of %zu sinks running, %.1f s behind",
             leat_source_state_name(source.state), source.file, (unsigned long long)source.pos, running,
             relay->sink_count, (double)lag_us / 1e6);
}

/* The journal is recovered when this is called first. A primary that can't be reached must not keep a machine
 * from booting: the first attempt's end is enough, whichever it is; the states say the rest. */
static void tell_ready(struct relay *relay)
{
    struct leat_source_status source;
    leat_source_status(relay->source, &source);
    if (source.state == LEAT_SOURCE_CONNECTING || source.state == LEAT_SOURCE_CHECKING)
        return;
    send_line(&relay->notify, "READY=1");
    relay->notify.ready = true;
}

void relay_notify_stopping(struct relay *relay, const char *why)
{
    char line[LINE_BYTES_MAX];
    snprintf(line, sizeof line, "STOPPING=1\nSTATUS=stopping: %.900s", why);
    send_line(&relay->notify, line);
}

int relay_notify_interval_ms(const struct relay *relay)
{
    if (relay->notify.fd < 0)
        return -1;
    if (!relay->notify.ready)
        return READY_INTERVAL_MS;
    uint64_t us = relay->notify.watchdog_us / 4;
    return (int)((us && us < STATUS_INTERVAL_US ? us : STATUS_INTERVAL_US) / 1000) + 1;
}

void relay_notify_tick(struct relay *relay)
{
    if (relay->notify.fd < 0)
        return;
    if (!relay->notify.ready)
        tell_ready(relay);
    struct leat_error why = {0};
    char line[LINE_BYTES_MAX] = "";
    bool alive = relay_alive(relay, &why);
    if (!alive)
        snprintf(line, sizeof line, "STATUS=stuck: %.900s", why.message);
    else
        put_status(relay, line, sizeof line);
    send_line(&relay->notify, line);
    if (alive && relay->notify.watchdog_us)
        send_line(&relay->notify, "WATCHDOG=1");
}
