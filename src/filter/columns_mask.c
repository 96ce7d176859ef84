/* Values, masked. */
#include <openssl/evp.h>
#include <openssl/params.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/cursor.h"
#include "binlog/charset.h"
#include "columns_int.h"

enum { DIGEST_SIZE = 32 };

struct column_masker {
    EVP_MAC_CTX *mac; /* with the key; NULL: no rule hashes */
    struct leat_buf text;
};

static int mac_fail(struct leat_error *err)
{
    return leat_fail(err, LEAT_E_INTERNAL, LEAT_KIND_OPERATOR, "libcrypto can't do HMAC-SHA-256");
}

int column_masker_new(struct column_masker **masker, const void *key, size_t key_size, struct leat_error *err)
{
    *masker = leat_alloc_zero(1, sizeof **masker);
    if (!key_size)
        return LEAT_OK;
    char digest[] = "SHA256";
    const OSSL_PARAM params[] = {OSSL_PARAM_construct_utf8_string("digest", digest, 0), OSSL_PARAM_construct_end()};
    EVP_MAC *mac = EVP_MAC_fetch(NULL, "HMAC", NULL);
    (*masker)->mac = mac ? EVP_MAC_CTX_new(mac) : NULL;
    EVP_MAC_free(mac);
    if (!(*masker)->mac || !EVP_MAC_init((*masker)->mac, key, key_size, params))
        return mac_fail(err);
    return LEAT_OK;
}

void column_masker_free(struct column_masker **masker)
{
    if (!*masker)
        return;
    EVP_MAC_CTX_free((*masker)->mac);
    leat_buf_free(&(*masker)->text);
    free(*masker);
    *masker = NULL;
}

/* The value as text, where it is text: then columns of several character sets, and sizes of integers, agree. */
static bool as_text(struct leat_buf *text, const struct leat_column *column, const uint8_t *bytes, uint32_t size)
{
    struct leat_error not_text = {0};
    enum leat_charset charset = leat_charset_of(column->collation);
    leat_buf_clear(text);
    switch ((int)column->type) {
    case LEAT_TYPE_TINY:
    case LEAT_TYPE_SHORT:
    case LEAT_TYPE_INT24:
    case LEAT_TYPE_LONG:
    case LEAT_TYPE_LONGLONG: {
        uint64_t value = leat_le(bytes, size);
        unsigned unused = 64 - 8 * size;
        if (column->flags & LEAT_COLUMN_UNSIGNED)
            leat_buf_printf(text, "%llu", (unsigned long long)value);
        else
            leat_buf_printf(text, "%lld", (long long)((int64_t)(value << unused) >> unused));
        return true;
    }
    case LEAT_TYPE_VARCHAR:
    case LEAT_TYPE_STRING:
    case LEAT_TYPE_VAR_STRING:
    case LEAT_TYPE_BLOB:
    case LEAT_TYPE_BLOB_COMPRESSED:
    case LEAT_TYPE_VARCHAR_COMPRESSED:
        return column->collation != LEAT_COLLATION_UNKNOWN && charset != LEAT_CHARSET_UNKNOWN && charset != LEAT_CHARSET_BINARY &&
               leat_charset_to_utf8(text, charset, bytes, size, &not_text) == LEAT_OK;
    default:
        return false;
    }
}

static int hash(struct column_masker *masker, struct leat_buf *buf, const struct leat_column *column, const uint8_t *bytes, uint32_t size,
                struct leat_error *err)
{
    static const char hexadecimal[] = "0123456789abcdef";
    unsigned char digest[DIGEST_SIZE];
    size_t digest_size = 0;
    if (as_text(&masker->text, column, bytes, size)) {
        bytes = masker->text.data;
        size = (uint32_t)masker->text.size;
    }
    if (!EVP_MAC_init(masker->mac, NULL, 0, NULL) || !EVP_MAC_update(masker->mac, size ? bytes : (const uint8_t *)"", size) ||
        !EVP_MAC_final(masker->mac, digest, &digest_size, sizeof digest) || digest_size != DIGEST_SIZE)
        return mac_fail(err);
    for (size_t i = 0; i < DIGEST_SIZE; i++) {
        leat_buf_u8(buf, (uint8_t)hexadecimal[digest[i] >> 4]);
        leat_buf_u8(buf, (uint8_t)hexadecimal[digest[i] & 15]);
    }
    return LEAT_OK;
}

static bool starts_character(uint8_t byte)
{
    return (byte & 0xC0) != 0x80;
}

/* Bytes that are no text are one star: how many characters they would be isn't known. */
static void star_or_cut(struct column_masker *masker, struct leat_buf *buf, const struct column_rule *rule, const struct leat_column *column,
                        const uint8_t *bytes, uint32_t size)
{
    if (!as_text(&masker->text, column, bytes, size)) {
        leat_buf_u8(buf, '*');
        return;
    }
    const uint8_t *text = masker->text.data, *end = text + masker->text.size;
    size_t characters = 0, at = 0;
    for (const uint8_t *from = text; from < end; from++)
        characters += starts_character(*from);
    size_t shown_from = rule->mask == MASK_LAST && characters > rule->count ? characters - rule->count : 0;
    size_t shown_to = rule->mask == MASK_TRUNCATE && characters > rule->count ? rule->count : characters;
    for (const uint8_t *from = text; from < end; from++) {
        at += starts_character(*from);
        if (at > shown_to)
            break;
        if (at > shown_from)
            leat_buf_u8(buf, *from);
        else if (starts_character(*from))
            leat_buf_u8(buf, '*');
    }
}

int column_mask(struct column_masker *masker, struct leat_buf *buf, const struct column_rule *rule, const struct leat_column *column,
                const uint8_t *bytes, uint32_t size, struct leat_error *err)
{
    switch (rule->mask) {
    case MASK_HASH:
        return hash(masker, buf, column, bytes, size, err);
    case MASK_REDACT:
        leat_buf_put(buf, "***", REDACTED_SIZE);
        return LEAT_OK;
    case MASK_LAST:
    case MASK_TRUNCATE:
        star_or_cut(masker, buf, rule, column, bytes, size);
        return LEAT_OK;
    case MASK_NONE:
        break;
    }
    return LEAT_OK;
}
