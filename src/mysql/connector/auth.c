/* Authentication: a caching_sha2_password of our own, in place of the client library's plugin, and the gate
 * before it.
 *
 * The library (Connector/C 3.3) doesn't keep our promises by itself: asked for TLS, it goes on without when
 * the server says that it has none, user name, password hash and all; and its caching_sha2_password sends the
 * password in clear text over such a connection, because TLS was *asked* for. Ours is registered under the
 * plugin's name and set as the one to begin with, so it runs on every connection, before the first byte of
 * ours is sent, whatever the server proposes.
 *
 * Facts: "caching_sha2_password" in MySQL's "Pluggable authentication" documentation and protocol
 * documentation. */
#include "../mysql_int.h"

#include <errmsg.h>
#include <mysql/plugin_auth.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <pthread.h>
#include <stdio.h>

const char mysql_auth_first[] = "caching_sha2_password";
/* Whatever else a server asks for (clear text, the old password, dialogs, Kerberos) is refused. */
const char mysql_auth_allowed[] = "caching_sha2_password,mysql_native_password,client_ed25519";

enum { SCRAMBLE_SIZE = 20, SHA256_SIZE = 32, PASSWORD_MAX = 512, RSA_MAX = 2048 };
enum { PACKET_OK = 0, REPLY_FAST_OK = 3, REPLY_FULL = 4, REQUEST_KEY = 2 };

/* What mysql/client_plugin.h calls st_mysql_client_plugin_AUTHENTICATION; Debian's package lacks a header it
 * needs. */
enum { AUTHENTICATION_PLUGIN = 2, AUTHENTICATION_INTERFACE = 0x0100 };
struct auth_plugin {
    MYSQL_CLIENT_PLUGIN_HEADER
    int (*authenticate_user)(MYSQL_PLUGIN_VIO *vio, MYSQL *handle);
};

static int refuse(MYSQL *handle, unsigned number, const char *why)
{
    handle->net.last_errno = number;
    snprintf(handle->net.last_error, sizeof handle->net.last_error, "%s", why);
    snprintf(handle->net.sqlstate, sizeof handle->net.sqlstate, "HY000");
    return CR_ERROR;
}

/* SHA256(password) xor SHA256(SHA256(SHA256(password)), scramble) */
static bool prove(uint8_t proof[SHA256_SIZE], const char *password, const uint8_t scramble[SCRAMBLE_SIZE])
{
    uint8_t once[SHA256_SIZE], mixed[SHA256_SIZE + SCRAMBLE_SIZE], salted[SHA256_SIZE];
    const EVP_MD *sha = EVP_sha256();
    bool done = EVP_Digest(password, strlen(password), once, NULL, sha, NULL) &&
                EVP_Digest(once, sizeof once, mixed, NULL, sha, NULL);
    memcpy(mixed + SHA256_SIZE, scramble, SCRAMBLE_SIZE);
    done = done && EVP_Digest(mixed, sizeof mixed, salted, NULL, sha, NULL);
    for (size_t i = 0; done && i < SHA256_SIZE; i++)
        proof[i] = once[i] ^ salted[i];
    explicit_bzero(once, sizeof once);
    return done;
}

static size_t encrypt(uint8_t *out, size_t out_size, const uint8_t *pem, size_t pem_size, const uint8_t *text,
                      size_t size)
{
    size_t written = 0;
    BIO *bio = BIO_new_mem_buf(pem, (int)pem_size);
    EVP_PKEY *key = bio ? PEM_read_bio_PUBKEY(bio, NULL, NULL, NULL) : NULL;
    EVP_PKEY_CTX *context = key ? EVP_PKEY_CTX_new(key, NULL) : NULL;
    if (context && EVP_PKEY_encrypt_init(context) > 0 &&
        EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_OAEP_PADDING) > 0) {
        written = out_size;
        if (EVP_PKEY_encrypt(context, out, &written, text, size) <= 0)
            written = 0;
    }
    EVP_PKEY_CTX_free(context);
    EVP_PKEY_free(key);
    BIO_free(bio);
    return written;
}

static int send_encrypted(MYSQL_PLUGIN_VIO *vio, MYSQL *handle, const uint8_t scramble[SCRAMBLE_SIZE])
{
    const uint8_t request = REQUEST_KEY;
    uint8_t *pem;
    if (vio->write_packet(vio, &request, 1))
        return CR_ERROR;
    int pem_size = vio->read_packet(vio, &pem);
    if (pem_size <= 0)
        return CR_ERROR;
    uint8_t mixed[PASSWORD_MAX], sealed[RSA_MAX];
    size_t size = strlen(handle->passwd) + 1; /* with its NUL */
    for (size_t i = 0; i < size; i++)
        mixed[i] = (uint8_t)handle->passwd[i] ^ scramble[i % SCRAMBLE_SIZE];
    size_t sealed_size = encrypt(sealed, sizeof sealed, pem, (size_t)pem_size, mixed, size);
    explicit_bzero(mixed, sizeof mixed);
    if (!sealed_size)
        return refuse(handle, CR_AUTH_PLUGIN_ERR, "the server's RSA key can't be used to send the password");
    return vio->write_packet(vio, sealed, (int)sealed_size) ? CR_ERROR : CR_OK;
}

static int send_password(MYSQL_PLUGIN_VIO *vio, struct leat_mysql *mysql,
                         const uint8_t scramble[SCRAMBLE_SIZE])
{
    MYSQL *handle = &mysql->handle;
    if (mysql_tls_active(mysql) || mysql->policy.socket)
        return vio->write_packet(vio, (const uint8_t *)handle->passwd, (int)strlen(handle->passwd) + 1)
                   ? CR_ERROR
                   : CR_OK;
    if (mysql->policy.rsa_allowed)
        return send_encrypted(vio, handle, scramble);
    return refuse(
        handle, CR_AUTH_PLUGIN_ERR,
        "the server wants the password itself, and without TLS it would go to whoever answers: use ssl_mode "
        "REQUIRED or VERIFY_IDENTITY, or DISABLED if the network is safe");
}

int mysql_authenticate(MYSQL_PLUGIN_VIO *vio, MYSQL *handle)
{
    struct leat_mysql *mysql = (struct leat_mysql *)(void *)handle;
    if (mysql->policy.tls_required && !(handle->server_capabilities & CLIENT_SSL))
        return refuse(handle, CR_SSL_CONNECTION_ERROR,
                      "TLS is required, and the server (or somebody in between) has none");
    if (strlen(handle->passwd) + 1 > PASSWORD_MAX)
        return refuse(handle, CR_AUTH_PLUGIN_ERR, "the password is longer than 511 bytes");
    uint8_t *packet, scramble[SCRAMBLE_SIZE], proof[SHA256_SIZE];
    int size = vio->read_packet(vio, &packet);
    /* MariaDB greets by another method, so the library asks anew, and who is let in by unix_socket is in already. */
    if (size > 0 && size < SCRAMBLE_SIZE && *packet == PACKET_OK)
        return CR_OK_HANDSHAKE_COMPLETE;
    if (size < SCRAMBLE_SIZE)
        return size < 0 ? CR_ERROR
                        : refuse(handle, CR_SERVER_HANDSHAKE_ERR, "the server's scramble is too short");
    memcpy(scramble, packet, sizeof scramble);
    if (!*handle->passwd)
        return vio->write_packet(vio, NULL, 0) ? CR_ERROR : CR_OK;
    if (!prove(proof, handle->passwd, scramble))
        return refuse(handle, CR_AUTH_PLUGIN_ERR, "SHA-256 isn't available");
    if (vio->write_packet(vio, proof, sizeof proof))
        return CR_ERROR;
    size = vio->read_packet(vio, &packet);
    if (size < 0)
        return CR_ERROR;
    if (size == 1 && *packet == REPLY_FAST_OK)
        return CR_OK;
    if (size == 1 && *packet == REPLY_FULL)
        return send_password(vio, mysql, scramble);
    return refuse(handle, CR_SERVER_HANDSHAKE_ERR, "the server's answer to the password isn't understood");
}

/* The library's list of plugins, and its own start, are the process's: done once. */
static struct auth_plugin plugin = {
    .type = AUTHENTICATION_PLUGIN,
    .interface_version = AUTHENTICATION_INTERFACE,
    .name = mysql_auth_first,
    .author = "leat",
    .desc = "caching_sha2_password that knows what may be sent in clear",
    .version = {1, 0, 0},
    .license = "see LICENSE",
    .authenticate_user = mysql_authenticate,
};
static bool library_ready;

static void init_library(void)
{
    MYSQL handle;
    if (mysql_library_init(0, NULL, NULL) || !mysql_init(&handle))
        return;
    library_ready =
        mysql_client_register_plugin(&handle, (struct st_mysql_client_plugin *)(void *)&plugin) != NULL;
    mysql_close(&handle);
}

int mysql_library_check(unsigned long version, struct leat_error *err)
{
    if (version >= MYSQL_LIBRARY_FIRST)
        return LEAT_OK;
    (void)leat_fail(err, LEAT_E_UNSUPPORTED, LEAT_KIND_FATAL,
                    "the client library is MariaDB Connector/C %lu.%lu.%lu: before 3.1.8 a server can damage its memory",
                    version / 10000, version / 100 % 100, version % 100);
    return leat_cure(err, "install libmariadb3 3.1.8 or newer");
}

int mysql_library_start(struct leat_error *err)
{
    /* The one that is loaded, which needn't be the one of the build. */
    if (mysql_library_check(mysql_get_client_version(), err))
        return LEAT_FAIL;
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, init_library);
    if (!library_ready)
        return leat_fail(err, LEAT_E_INTERNAL, LEAT_KIND_FATAL,
                         "the MySQL client library could not be started");
    return LEAT_OK;
}
