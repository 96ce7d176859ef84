/* Text of a character set into UTF-8, as leat does it, for tests that hold it against a server.
 *
 *     charset_probe NAME < SEQUENCES      a byte with its length before each
 *     charset_probe collations            "ID NAME" for every id up to 65535 that has a set
 *
 * Prints the UTF-8 of each sequence, or the byte 0xFF where it is not of the set, and 0xFE behind each. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "binlog/charset.h"

static enum leat_charset find(const char *name)
{
    for (int i = LEAT_CHARSET_UNKNOWN + 1; i < LEAT_CHARSET_COUNT; i++)
        if (strcmp(leat_charset_label((enum leat_charset)i), name) == 0)
            return (enum leat_charset)i;
    fprintf(stderr, "no such character set: %s\n", name);
    exit(2);
}

static void print_collations(void)
{
    for (uint32_t id = 0; id <= UINT16_MAX; id++)
        if (leat_charset_of(id) != LEAT_CHARSET_UNKNOWN)
            printf("%u %s\n", id, leat_charset_name(id));
}

static int convert(enum leat_charset charset)
{
    struct leat_buf text = {0};
    struct leat_error err = {0};
    uint8_t bytes[UINT8_MAX];
    for (int size; (size = getchar_unlocked()) != EOF;) {
        if (fread(bytes, 1, (size_t)size, stdin) != (size_t)size)
            return 1;
        leat_buf_clear(&text);
        if (leat_charset_to_utf8(&text, charset, bytes, (size_t)size, &err) != LEAT_OK)
            putchar_unlocked(0xFF);
        else
            fwrite(text.data, 1, text.size, stdout);
        putchar_unlocked(0xFE);
    }
    leat_buf_free(&text);
    return fflush(stdout) != 0;
}

int main(int argc, char **argv)
{
    if (argc != 2)
        return 2;
    if (strcmp(argv[1], "collations") == 0)
        print_collations();
    else
        return convert(find(argv[1]));
    return 0;
}
