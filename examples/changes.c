/* Prints the changes in binlog files, a line each:
 *
 *     changes FILE…
 *     3e11fa47-71ca-11e1-9e33-c80aa9429562:7  1  update  shop.cart  id=7  amount=10.00 -> 12.50
 *
 * Shows the whole way through leat/decode.h: a listener, a file in pieces, values as text, errors with their cure. */
#include <leat/decode.h>

#include <stdio.h>
#include <string.h>

/* "absent" is not "NULL": the image left the column out. */
static void print_value(const struct leat_decode_row *row, uint32_t column)
{
    struct leat_decode_value value;
    struct leat_decode_text text;
    struct leat_error err = {0};
    if (leat_decode_get(&value, row, column, &err)) {
        printf("(%s)", err.message);
    } else if (value.state == LEAT_DECODE_ABSENT) {
        printf("absent");
    } else if (value.state == LEAT_DECODE_IS_NULL) {
        printf("NULL");
    } else if (leat_decode_get_text(&text, row, column, &err) == LEAT_OK) {
        fwrite(text.bytes, 1, text.size, stdout);
    } else { /* bytes, or text that is invalid in its character set */
        printf("0x");
        for (size_t i = 0; i < value.size; i++)
            printf("%02x", value.bytes[i]);
    }
}

static int print_change(void *context, const struct leat_decode_change *change, struct leat_error *err)
{
    static const char *const ops[] = {"", "insert", "update", "delete"};
    const struct leat_decode_table *table = change->table;
    (void)context;
    (void)err;
    printf("%s\t%llu\t%s\t%s.%s", change->transaction->gtid, (unsigned long long)change->number, ops[change->op],
           table->database.bytes, table->name.bytes);
    for (uint32_t i = 0; i < table->column_count; i++) {
        if (table->columns[i].name.size)
            printf("\t%s=", table->columns[i].name.bytes);
        else
            printf("\t@%u=", (unsigned)i + 1);
        if (change->before)
            print_value(change->before, i);
        if (change->before && change->after)
            printf(" -> ");
        if (change->after)
            print_value(change->after, i);
    }
    printf("\n");
    return 0;
}

static int print_statement(void *context, const struct leat_decode_statement *statement, struct leat_error *err)
{
    (void)context;
    (void)err;
    printf("%s\t%llu\t%s\t%.*s\n", statement->transaction->gtid, (unsigned long long)statement->number, statement->kind,
           (int)statement->sql.size, statement->sql.bytes);
    return 0;
}

static int print_rollback(void *context, uint64_t keeps, struct leat_error *err)
{
    (void)context;
    (void)err;
    printf("changes above %llu are void\n", (unsigned long long)keeps);
    return 0;
}

static int print_resolve(void *context, const struct leat_decode_resolve *resolve, struct leat_error *err)
{
    (void)context;
    (void)err;
    printf("%s\t%s a prepared transaction\n", resolve->gtid, resolve->commit ? "commits" : "rolls back");
    return 0;
}

static int decode_file(struct leat_decode *decode, const char *name, struct leat_error *err)
{
    static char bytes[1 << 16];
    FILE *file = fopen(name, "rb");
    if (!file) {
        perror(name);
        return -1;
    }
    int result = 0;
    size_t size;
    leat_decode_start(decode, name, 4); /* events begin behind four bytes of magic */
    while (result == 0 && (size = fread(bytes, 1, sizeof bytes, file)) > 0)
        result = leat_decode_bytes(decode, bytes, size, err);
    fclose(file);
    return result ? result : leat_decode_finish(decode, err);
}

int main(int argc, char **argv)
{
    const struct leat_decode_listener listener = {
        .change = print_change,
        .statement = print_statement,
        .rollback = print_rollback,
        .resolve = print_resolve,
    };
    struct leat_decode *decode;
    struct leat_error err = {0};
    int result = leat_decode_new(&decode, &listener, NULL, &err);
    for (int i = 1; i < argc && result == 0; i++)
        result = decode_file(decode, argv[i], &err);
    if (result && err.message[0])
        fprintf(stderr, "%s%s%s\n", err.message, err.cure[0] ? "; to cure it: " : "", err.cure);
    leat_decode_free(&decode);
    return result ? 1 : 0;
}
