/* The wall that the kafka sink is measured against: a producer of librdkafka alone, which sends messages that lie in memory.
 *
 *     kafka_produce fetch FILE TOPIC… -X property=value …    all committed messages of these topics into a file
 *     kafka_produce send FILE TOPIC… -X property=value …     what is in the file, to topics in the same order; waits for all reports
 *
 * The file: a message after another, each u32 topic's number, u32 key size, u32 value size (of this machine's byte order), key, value. */
#include <fcntl.h>
#include <librdkafka/rdkafka.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

enum { TOPICS_MAX = 64, TEXT_MAX = 512, HEAD = 3, QUIET_MS = 10000 };

struct job {
    const char *path;
    const char *topics[TOPICS_MAX];
    int topic_count;
    rd_kafka_conf_t *conf;
    uint64_t reported, failed;
};

__attribute__((format(printf, 1, 2), noreturn)) static void die(const char *format, ...)
{
    va_list list;
    va_start(list, format);
    fprintf(stderr, "kafka_produce: ");
    vfprintf(stderr, format, list);
    fprintf(stderr, "\n");
    va_end(list);
    exit(1);
}

static void set(rd_kafka_conf_t *conf, const char *name, const char *value)
{
    char text[TEXT_MAX];
    if (rd_kafka_conf_set(conf, name, value, text, sizeof text) != RD_KAFKA_CONF_OK)
        die("%s", text);
}

static void set_pair(rd_kafka_conf_t *conf, const char *pair)
{
    char name[TEXT_MAX];
    const char *equals = strchr(pair, '=');
    if (!equals || equals - pair >= TEXT_MAX)
        die("no property: %s", pair);
    snprintf(name, sizeof name, "%.*s", (int)(equals - pair), pair);
    set(conf, name, equals + 1);
}

/* ---- fetch ---- */

static void write_message(FILE *file, uint32_t topic, const rd_kafka_message_t *message)
{
    uint32_t head[HEAD] = {topic, (uint32_t)message->key_len, (uint32_t)message->len};
    if (fwrite(head, sizeof head, 1, file) != 1 || fwrite(message->key, 1, message->key_len, file) != message->key_len ||
        fwrite(message->payload, 1, message->len, file) != message->len)
        die("the file can't be written");
}

static uint32_t number_of(const struct job *job, const char *name)
{
    for (int i = 0; i < job->topic_count; i++)
        if (!strcmp(job->topics[i], name))
            return (uint32_t)i;
    die("a message of topic %s, which wasn't asked for", name);
}

/* Assigns every partition of the topics; how many those are. */
static int assign(rd_kafka_t *handle, const struct job *job)
{
    const rd_kafka_metadata_t *known;
    int count = 0;
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(job->topic_count);
    if (rd_kafka_metadata(handle, 1, NULL, &known, QUIET_MS))
        die("no broker tells of topics");
    for (int i = 0; i < known->topic_cnt; i++)
        for (int k = 0; k < job->topic_count; k++)
            for (int p = 0; !strcmp(known->topics[i].topic, job->topics[k]) && p < known->topics[i].partition_cnt; p++, count++)
                rd_kafka_topic_partition_list_add(list, job->topics[k], p)->offset = RD_KAFKA_OFFSET_BEGINNING;
    rd_kafka_metadata_destroy(known);
    rd_kafka_assign(handle, list);
    rd_kafka_topic_partition_list_destroy(list);
    return count;
}

static void fetch(struct job *job)
{
    char text[TEXT_MAX];
    set(job->conf, "group.id", "kafka_produce");
    set(job->conf, "isolation.level", "read_committed");
    set(job->conf, "enable.partition.eof", "true");
    set(job->conf, "enable.auto.commit", "false");
    rd_kafka_t *handle = rd_kafka_new(RD_KAFKA_CONSUMER, job->conf, text, sizeof text);
    FILE *file = fopen(job->path, "wb");
    if (!handle || !file)
        die("%s", handle ? "the file can't be made" : text);
    rd_kafka_poll_set_consumer(handle);
    uint64_t count = 0;
    for (int open = assign(handle, job); open;) {
        rd_kafka_message_t *message = rd_kafka_consumer_poll(handle, QUIET_MS);
        if (!message)
            die("the brokers give nothing more, and it isn't the end");
        if (message->err == RD_KAFKA_RESP_ERR__PARTITION_EOF)
            open--;
        else if (message->err)
            die("%s", rd_kafka_message_errstr(message));
        else {
            write_message(file, number_of(job, rd_kafka_topic_name(message->rkt)), message);
            count++;
        }
        rd_kafka_message_destroy(message);
    }
    if (fclose(file))
        die("the file can't be written");
    rd_kafka_consumer_close(handle);
    rd_kafka_destroy(handle);
    printf("%llu messages\n", (unsigned long long)count);
}

/* ---- send ---- */

static void on_report(rd_kafka_t *handle, const rd_kafka_message_t *message, void *opaque)
{
    struct job *job = opaque;
    (void)handle;
    job->reported++;
    job->failed += message->err != 0;
}

static void send_one(rd_kafka_t *handle, rd_kafka_topic_t *topic, const uint8_t *key, size_t key_size, const uint8_t *value, size_t size)
{
    while (rd_kafka_produce(topic, RD_KAFKA_PARTITION_UA, RD_KAFKA_MSG_F_COPY, (void *)(uintptr_t)value, size, key_size ? key : NULL, key_size, NULL)) {
        if (rd_kafka_last_error() != RD_KAFKA_RESP_ERR__QUEUE_FULL)
            die("%s", rd_kafka_err2str(rd_kafka_last_error()));
        rd_kafka_poll(handle, 10);
    }
}

static const uint8_t *map(const char *path, size_t *size)
{
    struct stat about;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0 || fstat(fd, &about))
        die("%s can't be read", path);
    *size = (size_t)about.st_size;
    const uint8_t *bytes = mmap(NULL, *size, PROT_READ, MAP_PRIVATE | MAP_POPULATE, fd, 0);
    close(fd);
    if (bytes == MAP_FAILED)
        die("%s can't be mapped", path);
    return bytes;
}

static void send_all(struct job *job)
{
    char text[TEXT_MAX];
    size_t size;
    const uint8_t *at = map(job->path, &size), *end = at + size;
    rd_kafka_conf_set_dr_msg_cb(job->conf, on_report);
    rd_kafka_conf_set_opaque(job->conf, job);
    rd_kafka_t *handle = rd_kafka_new(RD_KAFKA_PRODUCER, job->conf, text, sizeof text);
    if (!handle)
        die("%s", text);
    rd_kafka_topic_t *topics[TOPICS_MAX];
    for (int i = 0; i < job->topic_count; i++) {
        rd_kafka_topic_conf_t *conf = rd_kafka_topic_conf_new();
        rd_kafka_topic_conf_set(conf, "partitioner", "murmur2_random", text, sizeof text);
        topics[i] = rd_kafka_topic_new(handle, job->topics[i], conf);
    }
    uint64_t sent = 0;
    while (at < end) {
        uint32_t head[HEAD];
        memcpy(head, at, sizeof head);
        at += sizeof head;
        send_one(handle, topics[head[0]], at, head[1], at + head[1], head[2]);
        at += head[1] + head[2];
        if (++sent % 1000 == 0)
            rd_kafka_poll(handle, 0);
    }
    while (rd_kafka_flush(handle, QUIET_MS) == RD_KAFKA_RESP_ERR__TIMED_OUT) {}
    if (job->reported != sent || job->failed)
        die("%llu sent, %llu reported, %llu failed", (unsigned long long)sent, (unsigned long long)job->reported, (unsigned long long)job->failed);
    for (int i = 0; i < job->topic_count; i++)
        rd_kafka_topic_destroy(topics[i]);
    rd_kafka_destroy(handle);
    printf("%llu messages\n", (unsigned long long)sent);
}

int main(int argc, char **argv)
{
    struct job job = {.conf = rd_kafka_conf_new()};
    if (argc < 4)
        die("usage: kafka_produce fetch|send FILE TOPIC… -X property=value …");
    job.path = argv[2];
    for (int i = 3; i < argc; i++) {
        if (!strcmp(argv[i], "-X") && i + 1 < argc)
            set_pair(job.conf, argv[++i]);
        else if (job.topic_count < TOPICS_MAX)
            job.topics[job.topic_count++] = argv[i];
    }
    if (!strcmp(argv[1], "fetch"))
        fetch(&job);
    else
        send_all(&job);
    return 0;
}
