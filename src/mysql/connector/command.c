/* The bodies of the commands that a replica sends. Facts: "COM_REGISTER_SLAVE", "COM_BINLOG_DUMP" and
 * "COM_BINLOG_DUMP_GTID" in MySQL's protocol documentation. */
#include "../mysql_int.h"

enum { DUMP_THROUGH_GTID = 0x4 };

static void put_short_string(struct leat_buf *buf, const char *text)
{
    size_t size = strlen(text);
    leat_buf_u8(buf, (uint8_t)size);
    leat_buf_put(buf, text, size);
}

void mysql_put_register(struct leat_buf *buf, uint32_t server_id)
{
    leat_buf_u32(buf, server_id);
    put_short_string(buf, "leat"); /* SHOW REPLICAS shows it as our host */
    put_short_string(buf, "");     /* user and password would be shown to administrators: never ours */
    put_short_string(buf, "");
    leat_buf_u16(buf, 0); /* port: nobody can connect to us */
    leat_buf_u32(buf, 0);
    leat_buf_u32(buf, 0);
}

void mysql_put_dump(struct leat_buf *buf, const struct leat_dump *dump, bool mariadb)
{
    unsigned flags = (dump->non_blocking ? MYSQL_DUMP_NON_BLOCK : 0U) | (mariadb ? MYSQL_DUMP_ANNOTATIONS : 0U);
    leat_buf_u32(buf, dump->gtids ? 4 : (uint32_t)dump->pos);
    leat_buf_u16(buf, (uint16_t)flags);
    leat_buf_u32(buf, dump->server_id);
    leat_buf_puts(buf, dump->gtids ? "" : dump->file); /* MariaDB finds it by @slave_connect_state */
}

void mysql_put_dump_gtid(struct leat_buf *buf, const struct leat_dump *dump)
{
    struct leat_buf set = {0};
    leat_gtid_set_encode_mysql(&set, dump->gtids);
    leat_buf_u16(buf, (uint16_t)(DUMP_THROUGH_GTID | (dump->non_blocking ? MYSQL_DUMP_NON_BLOCK : 0)));
    leat_buf_u32(buf, dump->server_id);
    leat_buf_u32(buf, 0); /* no file's name: the server finds it by the set */
    leat_buf_u64(buf, 4);
    leat_buf_u32(buf, (uint32_t)set.size);
    leat_buf_put(buf, set.data, set.size);
    leat_buf_free(&set);
}
