/* The file that Kafka Connect's FileOffsetBackingStore keeps: one serialised java.util.HashMap of byte arrays.
 *
 * Source: "Java Object Serialization Specification", chapter 6 (the grammar of the stream), and java.util.HashMap's serialised form: its two fields, then
 * a block of two ints (buckets, how many pairs), then the pairs. Numbers are big-endian. Classes and objects are numbered as they come, and may be
 * referred to later: here that is only done to the class of byte arrays. */
#include "offsets_int.h"

#include <string.h>

enum {
    TC_NULL = 0x70,
    TC_REFERENCE = 0x71,
    TC_CLASSDESC = 0x72,
    TC_OBJECT = 0x73,
    TC_ARRAY = 0x75,
    TC_BLOCKDATA = 0x77,
    TC_ENDBLOCKDATA = 0x78,
    SC_WRITE_METHOD = 1,
    SC_SERIALIZABLE = 2
};
static const uint32_t FIRST_HANDLE = 0x7E0000;
static const unsigned char head[] = {0xAC, 0xED, 0, 5};

struct stream {
    const unsigned char *at, *end;
    uint32_t handles;     /* given out so far */
    uint32_t bytes_class; /* that of byte[]; 0: not met yet */
    const char *wrong;    /* what wasn't as expected */
};

static const unsigned char *take(struct stream *stream, size_t size)
{
    if (stream->wrong)
        return NULL;
    if ((size_t)(stream->end - stream->at) < size) {
        stream->wrong = "it ends too early";
        return NULL;
    }
    const unsigned char *bytes = stream->at;
    stream->at += size;
    return bytes;
}

static uint32_t take_number(struct stream *stream, size_t size)
{
    const unsigned char *bytes = take(stream, size);
    uint32_t number = 0;
    for (size_t i = 0; bytes && i < size; i++)
        number = number << 8 | bytes[i];
    return number;
}

static void expect(struct stream *stream, uint32_t number, size_t size, const char *wrong)
{
    if (take_number(stream, size) != number && !stream->wrong)
        stream->wrong = wrong;
}

static void expect_text(struct stream *stream, const char *text, const char *wrong)
{
    size_t size = take_number(stream, 2);
    const unsigned char *bytes = take(stream, size);
    if (bytes && (size != strlen(text) || memcmp(bytes, text, size) != 0))
        stream->wrong = wrong;
}

static void take_map_class(struct stream *stream)
{
    static const char wrong[] = "it holds something else than a java.util.HashMap";
    expect(stream, TC_OBJECT, 1, wrong);
    expect(stream, TC_CLASSDESC, 1, wrong);
    expect_text(stream, "java.util.HashMap", wrong);
    (void)take(stream, 8); /* serialVersionUID */
    expect(stream, SC_WRITE_METHOD | SC_SERIALIZABLE, 1, wrong);
    expect(stream, 2, 2, wrong);
    expect(stream, 'F', 1, wrong);
    expect_text(stream, "loadFactor", wrong);
    expect(stream, 'I', 1, wrong);
    expect_text(stream, "threshold", wrong);
    expect(stream, TC_ENDBLOCKDATA, 1, wrong);
    expect(stream, TC_NULL, 1, wrong);
    stream->handles = 2; /* the class, the map */
}

static void take_bytes_class(struct stream *stream)
{
    static const char wrong[] = "its keys and values are no byte arrays";
    uint32_t tag = take_number(stream, 1);
    if (tag == TC_REFERENCE) {
        if (!stream->bytes_class)
            stream->wrong = stream->wrong ? stream->wrong : wrong;
        expect(stream, stream->bytes_class, 4, wrong);
        return;
    }
    if (tag != TC_CLASSDESC && !stream->wrong)
        stream->wrong = wrong;
    expect_text(stream, "[B", wrong);
    (void)take(stream, 8);
    expect(stream, SC_SERIALIZABLE, 1, wrong);
    expect(stream, 0, 2, wrong);
    expect(stream, TC_ENDBLOCKDATA, 1, wrong);
    expect(stream, TC_NULL, 1, wrong);
    stream->bytes_class = FIRST_HANDLE + stream->handles++;
}

/* NULL: a null, or wrong. */
static const char *take_bytes(struct stream *stream, size_t *size)
{
    uint32_t tag = take_number(stream, 1);
    *size = 0;
    if (tag == TC_NULL || stream->wrong)
        return NULL;
    if (tag != TC_ARRAY) {
        stream->wrong = "its keys and values are no byte arrays";
        return NULL;
    }
    take_bytes_class(stream);
    stream->handles++;
    *size = take_number(stream, 4);
    return (const char *)take(stream, *size);
}

bool offsets_is_java(const char *bytes, size_t size)
{
    return size >= sizeof head && !memcmp(bytes, head, sizeof head);
}

int offsets_java(const char *bytes, size_t size, const char *origin, int (*each)(void *context, const struct offsets_pair *pair, struct leat_error *err),
                 void *context, struct leat_error *err)
{
    struct stream stream = {.at = (const unsigned char *)bytes, .end = (const unsigned char *)bytes + size};
    (void)take(&stream, sizeof head);
    take_map_class(&stream);
    (void)take(&stream, 8); /* loadFactor, threshold */
    expect(&stream, TC_BLOCKDATA, 1, "it is no java.util.HashMap as Java writes it");
    expect(&stream, 8, 1, "it is no java.util.HashMap as Java writes it");
    (void)take(&stream, 4); /* buckets */
    uint32_t count = take_number(&stream, 4);
    int rc = LEAT_OK;
    for (uint32_t i = 0; i < count && !stream.wrong && rc == LEAT_OK; i++) {
        struct offsets_pair pair;
        pair.key = take_bytes(&stream, &pair.key_size);
        pair.value = take_bytes(&stream, &pair.value_size);
        if (!stream.wrong && pair.key)
            rc = each(context, &pair, err);
    }
    if (rc == LEAT_OK)
        expect(&stream, TC_ENDBLOCKDATA, 1, "something follows its pairs");
    if (stream.wrong)
        return leat_fail(err, LEAT_E_CONFIG, LEAT_KIND_OPERATOR, "%s: no file of offsets as Kafka Connect and Debezium keep it: %s", origin, stream.wrong);
    return rc;
}
