/* What http.c (connections, requests, the server's life) and http_wait.c (requests that wait) share. */
#ifndef LEAT_CONTROL_HTTP_INT_H
#define LEAT_CONTROL_HTTP_INT_H

#include <microhttpd.h>
#include <pthread.h>
#include <stdatomic.h>

#include "control/http.h"

struct http_connection {
    struct leat_http *http;
    struct MHD_Connection *mhd;
    int fd;
    uint64_t since_us;   /* monotonic: when it was opened, or its last request was done */
    atomic_bool waiting; /* suspended: it may take its time */
    struct http_connection *next, *previous;
};

struct leat_http {
    const struct leat_http_config *config;
    struct leat_http_handler handler;
    struct MHD_Daemon *daemon;
    int epoll_fd, stop_fd;
    pthread_t thread;
    bool started;
    char address[LEAT_ADDRESS_TEXT_MAX + 10];
    struct http_connection *connections;
    atomic_uint waits; /* connections that wait */
};

/* Takes the body. */
enum MHD_Result http_answer(struct MHD_Connection *mhd, unsigned status, const char *type, struct leat_buf *body);
/* Whether a request for this Host is answered; NULL: none was given. Pure. */
bool http_host_allowed(const struct leat_http_config *config, const char *host);

/* http_wait.c: /wait, and a request that was suspended and goes on. *request is what goes on; freed when the request is completed. */
enum MHD_Result http_wait(struct leat_http *http, struct MHD_Connection *mhd, void **request);
enum MHD_Result http_go_on(struct leat_http *http, struct MHD_Connection *mhd, void *request);

#endif
