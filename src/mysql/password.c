/* Where a connection's password comes from: its own setting, or a file that holds it alone. */
#include "mysql_int.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/alloc.h"

enum { PASSWORD_FILE_MAX = 4096 };

/* A strange file mode is the operator's business; a strange size is ours. One line feed at the end is not the
 * password's. */
int mysql_password(char **password, const struct leat_server_config *server, struct leat_error *err)
{
    *password = NULL;
    if (!server->password_file) {
        *password = leat_strdup(server->password ? server->password : "");
        return LEAT_OK;
    }
    int fd = open(server->password_file, O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        bool missing = errno == ENOENT;
        leat_fail_errno(err, errno, LEAT_KIND_OPERATOR, "password_file %s", server->password_file);
        return missing ? leat_cure(err, "put the password into that file (mode 0600), or name another one") : LEAT_FAIL;
    }
    char text[PASSWORD_FILE_MAX + 1];
    size_t size = 0;
    ssize_t got;
    while (size < sizeof text && (got = read(fd, text + size, sizeof text - size)) != 0) {
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            break;
        size += (size_t)got;
    }
    int number = errno;
    close(fd);
    if (size < sizeof text && got < 0)
        return leat_fail_errno(err, number, LEAT_KIND_OPERATOR, "password_file %s", server->password_file);
    if (size && text[size - 1] == '\n')
        size--;
    if (size > PASSWORD_FILE_MAX - 1 || memchr(text, '\0', size)) {
        explicit_bzero(text, sizeof text);
        leat_fail(err, LEAT_E_CONFIG, LEAT_KIND_OPERATOR, "password_file %s: that is no password (%zu bytes)",
                  server->password_file, size);
        return leat_cure(err, "the file holds the password on one line, and nothing else");
    }
    *password = leat_strndup(text, size);
    explicit_bzero(text, sizeof text);
    return LEAT_OK;
}

void mysql_password_forget(char **password)
{
    if (*password)
        explicit_bzero(*password, strlen(*password));
    free(*password);
    *password = NULL;
}
