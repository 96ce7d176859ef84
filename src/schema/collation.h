/* A collation's name by its number. Pure; any thread. */
#ifndef LEAT_SCHEMA_COLLATION_H
#define LEAT_SCHEMA_COLLATION_H

#include "model/table.h"

enum { LEAT_COLLATION_NAME_MAX = 80 };

/* "utf8mb4_0900_ai_ci"; NULL for a number that this kind of server doesn't have. */
const char *leat_collation_name(char name[LEAT_COLLATION_NAME_MAX], enum leat_table_server server, uint32_t id);

#endif
