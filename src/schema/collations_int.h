/* Collations by name. Not for other rooms. */
#ifndef LEAT_SCHEMA_COLLATIONS_INT_H
#define LEAT_SCHEMA_COLLATIONS_INT_H

#include "binlog/charset.h"
#include "catalog_int.h"

/* A character set by name, whatever its case; "utf8" is utf8mb3. UNKNOWN: there is none. */
enum leat_charset leat_charset_by_name(const char *name);
/* 0: there is none. `charset`: what MariaDB's names without a set ("uca1400_ai_ci") are of. */
uint32_t leat_collation_by_name(const struct leat_catalog_server *server, const char *name, enum leat_charset charset);
/* What a column of this set has without COLLATE. */
uint32_t leat_collation_default(const struct leat_catalog_server *server, enum leat_charset charset);
/* By the bytes of characters: NAME_bin. */
uint32_t leat_collation_binary(const struct leat_catalog_server *server, enum leat_charset charset);

#endif
