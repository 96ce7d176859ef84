/* The control socket's two ends. The listening end serves one connection at a time in its own thread: commands are rare
 * and short, and each step has a deadline, so that a slow sender holds up others for 5 seconds at most. */
#include "control_int.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "base/clock.h"

enum { REQUEST_MAX = 64 << 10, REPLY_MAX = 64 << 20, SLOW_MS = 5000, BACKLOG = 1024 };

struct leat_control {
    struct leat_control_handler handler;
    int listen_fd, stop_fd;
    char path[sizeof(((struct sockaddr_un *)0)->sun_path)];
    pthread_t thread;
};

/* ---- Shared by both ends ---- */

static int socket_address(struct sockaddr_un *address, const char *folder, struct leat_error *err)
{
    *address = (struct sockaddr_un){.sun_family = AF_UNIX};
    int length = snprintf(address->sun_path, sizeof address->sun_path, "%s/control.sock", folder);
    if (length < 0 || (size_t)length >= sizeof address->sun_path) {
        (void)leat_fail(err, LEAT_E_CONFIG, LEAT_KIND_OPERATOR,
                        "the path of the control socket, %.200s/control.sock, is longer than the %zu bytes that the system allows",
                        folder, sizeof address->sun_path - 1);
        return leat_cure(err, "give journal.dir a shorter path");
    }
    return LEAT_OK;
}

/* Reads one line; LEAT_END when the other end closed before one byte came. */
static int read_line(int fd, int stop_fd, size_t limit, unsigned timeout_ms, struct leat_buf *line, struct leat_error *err)
{
    uint64_t deadline = leat_monotonic_us(leat_clock_real()) + (uint64_t)timeout_ms * 1000;
    for (;;) {
        uint64_t now = leat_monotonic_us(leat_clock_real());
        struct pollfd polled[2] = {{fd, POLLIN, 0}, {stop_fd, POLLIN, 0}};
        int ready = now < deadline ? poll(polled, stop_fd >= 0 ? 2 : 1, (int)((deadline - now) / 1000) + 1) : 0;
        if (ready < 0 && errno == EINTR)
            continue;
        if (stop_fd >= 0 && polled[1].revents)
            return LEAT_STOPPED;
        if (ready <= 0)
            return leat_fail(err, LEAT_E_TIMEOUT, LEAT_KIND_RETRY, "the other end of the control socket says nothing");
        ssize_t got = read(fd, leat_buf_reserve(line, 4096), 4096);
        if (got < 0 && (errno == EINTR || errno == EAGAIN))
            continue;
        if (got < 0)
            return leat_fail_errno(err, errno, LEAT_KIND_RETRY, "reading from the control socket");
        if (got == 0)
            return line->size ? leat_fail(err, LEAT_E_MALFORMED, LEAT_KIND_RETRY, "the control connection ended in mid-line")
                              : LEAT_END;
        leat_buf_commit(line, (size_t)got);
        if (line->data[line->size - 1] == '\n')
            return LEAT_OK;
        if (line->size > limit)
            return leat_fail(err, LEAT_E_TOO_LARGE, LEAT_KIND_OPERATOR, "a control message above %zu bytes", limit);
    }
}

static int write_all(int fd, const char *bytes, size_t size, struct leat_error *err)
{
    while (size) {
        ssize_t put = send(fd, bytes, size, MSG_NOSIGNAL);
        if (put < 0 && errno == EINTR)
            continue;
        if (put <= 0)
            return leat_fail_errno(err, errno, LEAT_KIND_RETRY, "writing to the control socket");
        bytes += put;
        size -= (size_t)put;
    }
    return LEAT_OK;
}

/* One object on one line, and gives the object up. */
static int write_object(int fd, json_t *object, struct leat_error *err)
{
    char *text = json_dumps(object, JSON_COMPACT | JSON_ENSURE_ASCII);
    json_decref(object);
    if (!text)
        return leat_fail(err, LEAT_E_INTERNAL, LEAT_KIND_RETRY, "a control message could not be written as JSON");
    size_t size = strlen(text);
    text[size] = '\n'; /* in place of the NUL */
    int rc = write_all(fd, text, size + 1, err);
    free(text);
    return rc;
}

static void set_send_deadline(int fd, unsigned ms)
{
    struct timeval time = {ms / 1000, (suseconds_t)(ms % 1000) * 1000};
    (void)setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &time, sizeof time);
}

/* ---- The relay's end ---- */

static bool is_allowed(int fd)
{
    struct ucred peer;
    socklen_t size = sizeof peer;
    return !getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) && (peer.uid == geteuid() || peer.uid == 0);
}

/* A connection whose answer comes later: it isn't the control thread's any more. */
struct waiting {
    struct leat_wait wait; /* first */
};

static void answer_waiting(struct leat_wait *wait, int result, const struct leat_error *err)
{
    /* A line of some hundred bytes into an empty buffer: it doesn't block. */
    struct leat_error ignored = {0};
    if (write_object(wait->fd, control_wait_reply(result, err), &ignored) == LEAT_FAIL)
        (void)ignored; /* whoever asked is gone */
    close(wait->fd);
    free(wait);
}

/* Whether the line was a request to wait; then the connection is taken care of. */
static bool take_wait(struct leat_control *control, int fd, const struct leat_buf *line)
{
    struct leat_wait_request request;
    json_t *keep = NULL;
    bool taken = control->handler.wait && control_asks_to_wait(line->data, line->size, &request, &keep);
    if (taken) {
        struct leat_error err = {0};
        struct waiting *waiting = leat_alloc_zero(1, sizeof *waiting);
        waiting->wait = (struct leat_wait){answer_waiting, fd};
        int rc = control->handler.wait(control->handler.context, &waiting->wait, &request, &err);
        if (rc != LEAT_AGAIN)
            answer_waiting(&waiting->wait, rc, &err);
    }
    json_decref(keep);
    return taken;
}

/* Closes the connection, now or when a wait is over. */
static int serve(struct leat_control *control, int fd)
{
    struct leat_buf line = {0};
    struct leat_error err = {0};
    set_send_deadline(fd, SLOW_MS);
    int rc = read_line(fd, control->stop_fd, REQUEST_MAX, SLOW_MS, &line, &err);
    json_t *reply = NULL;
    if (rc == LEAT_OK && take_wait(control, fd, &line)) {
        leat_buf_free(&line);
        return LEAT_OK;
    }
    if (rc == LEAT_OK)
        reply = control_answer(&control->handler, line.data, line.size);
    else if (rc == LEAT_FAIL)
        reply = control_error_reply(&err);
    leat_buf_free(&line);
    /* Whoever asked may be gone by now: that is their business. */
    struct leat_error ignored = {0};
    bool gone = reply && write_object(fd, reply, &ignored) == LEAT_FAIL;
    close(fd);
    return rc == LEAT_STOPPED && !gone ? rc : LEAT_OK;
}

static void *control_thread(void *context)
{
    struct leat_control *control = context;
    for (;;) {
        struct pollfd polled[2] = {{control->listen_fd, POLLIN, 0}, {control->stop_fd, POLLIN, 0}};
        if (poll(polled, 2, -1) < 0 && errno != EINTR)
            return NULL;
        if (polled[1].revents)
            return NULL;
        int fd = accept4(control->listen_fd, NULL, NULL, SOCK_CLOEXEC);
        if (fd < 0) {
            /* Out of descriptors: don't spin. */
            struct timespec pause = {0, 10000000};
            if (errno != EINTR && errno != EAGAIN)
                nanosleep(&pause, NULL);
            continue;
        }
        int rc = LEAT_OK;
        if (is_allowed(fd))
            rc = serve(control, fd);
        else
            close(fd);
        if (rc == LEAT_STOPPED)
            return NULL;
    }
}

static int listen_on(struct leat_control *control, const struct sockaddr_un *address, struct leat_error *err)
{
    control->listen_fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (control->listen_fd < 0)
        return leat_fail_errno(err, errno, LEAT_KIND_FATAL, "the control socket");
    unlink(address->sun_path);
    mode_t before = umask(0177);
    int rc = bind(control->listen_fd, (const struct sockaddr *)address, sizeof *address);
    int number = errno;
    umask(before);
    if (rc || listen(control->listen_fd, BACKLOG))
        return leat_fail_errno(err, rc ? number : errno, LEAT_KIND_FATAL, "the control socket %s", address->sun_path);
    memcpy(control->path, address->sun_path, sizeof control->path);
    return LEAT_OK;
}

int leat_control_start(struct leat_control **out, const char *folder, const struct leat_control_handler *handler,
                       struct leat_error *err)
{
    struct sockaddr_un address;
    if (socket_address(&address, folder, err))
        return LEAT_FAIL;
    struct leat_control *control = leat_alloc_zero(1, sizeof *control);
    control->handler = *handler;
    control->listen_fd = -1;
    control->stop_fd = eventfd(0, EFD_CLOEXEC);
    int rc = listen_on(control, &address, err);
    if (rc == LEAT_OK) {
        int number = pthread_create(&control->thread, NULL, control_thread, control);
        rc = number ? leat_fail_errno(err, number, LEAT_KIND_FATAL, "starting a thread") : LEAT_OK;
    }
    if (rc) {
        if (control->listen_fd >= 0)
            close(control->listen_fd);
        close(control->stop_fd);
        free(control);
        return rc;
    }
    *out = control;
    return LEAT_OK;
}

void leat_control_stop(struct leat_control **control)
{
    struct leat_control *at = *control;
    *control = NULL;
    if (!at)
        return;
    uint64_t one = 1;
    while (write(at->stop_fd, &one, sizeof one) < 0 && errno == EINTR)
        ;
    pthread_join(at->thread, NULL);
    unlink(at->path);
    close(at->listen_fd);
    close(at->stop_fd);
    free(at);
}

/* ---- The command line's end ---- */

static int connect_to(const char *folder, int *fd, struct leat_error *err)
{
    struct sockaddr_un address;
    if (socket_address(&address, folder, err))
        return LEAT_FAIL;
    *fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (*fd < 0)
        return leat_fail_errno(err, errno, LEAT_KIND_RETRY, "a socket");
    if (!connect(*fd, (const struct sockaddr *)&address, sizeof address))
        return LEAT_OK;
    int number = errno;
    close(*fd);
    if (number == EACCES || number == EPERM)
        return leat_fail_errno(err, number, LEAT_KIND_OPERATOR, "the control socket %s", address.sun_path);
    (void)leat_fail(err, LEAT_E_CONNECT, LEAT_KIND_OPERATOR, "no leat is running on the journal in %s", folder);
    return leat_cure(err, "start it with `leat run`, or name its configuration with -c");
}

static int read_reply(int fd, json_t **reply, unsigned timeout_ms, struct leat_error *err)
{
    struct leat_buf line = {0};
    int rc = read_line(fd, -1, REPLY_MAX, timeout_ms, &line, err);
    if (rc == LEAT_END)
        rc = leat_fail(err, LEAT_E_CONNECT, LEAT_KIND_RETRY, "the relay closed the control connection without an answer");
    if (rc == LEAT_OK) {
        *reply = json_loadb((const char *)line.data, line.size, 0, NULL);
        if (!json_is_object(*reply))
            rc = leat_fail(err, LEAT_E_MALFORMED, LEAT_KIND_OPERATOR, "the relay's answer is not a JSON object");
    }
    leat_buf_free(&line);
    return rc;
}

static int take_error(const json_t *reply, struct leat_error *err)
{
    const char *message = json_string_value(json_object_get(reply, "message"));
    const char *cure = json_string_value(json_object_get(reply, "cure"));
    const char *code = json_string_value(json_object_get(reply, "code"));
    bool late = code && !strcmp(code, leat_code_name(LEAT_E_TIMEOUT));
    (void)leat_fail(err, late ? LEAT_E_TIMEOUT : LEAT_E_SERVER, LEAT_KIND_OPERATOR, "%s", message ? message : "the relay refused");
    return leat_cure(err, "%s", cure ? cure : "");
}

int leat_control_ask(const char *folder, const json_t *request, json_t **reply, unsigned timeout_ms, struct leat_error *err)
{
    int fd;
    *reply = NULL;
    if (connect_to(folder, &fd, err))
        return LEAT_FAIL;
    set_send_deadline(fd, timeout_ms);
    int rc = write_object(fd, json_deep_copy(request), err);
    if (rc == LEAT_OK)
        rc = read_reply(fd, reply, timeout_ms, err);
    close(fd);
    if (rc == LEAT_OK && !json_is_true(json_object_get(*reply, "ok")))
        rc = take_error(*reply, err);
    if (rc) {
        json_decref(*reply);
        *reply = NULL;
    }
    return rc;
}
