/* A definition as SQL: CREATE TABLE, and its parts as a person reads them. Pure; any thread.
 *
 * What a definition doesn't know isn't there: engine, partitions, comments, CHECKs, ON UPDATE, expressions of keys. */
#ifndef LEAT_FORMAT_CREATE_H
#define LEAT_FORMAT_CREATE_H

#include "model/table.h"

/* The statement, names quoted, with the database, without ";". LEAT_E_UNSUPPORTED without LEAT_TABLE_DEFINED. */
int leat_create_table(struct leat_buf *buf, const struct leat_table_view *view, struct leat_error *err) LEAT_CHECKED;
/* `name` */
void leat_create_name(struct leat_buf *buf, struct leat_text name);
/* What stands behind a column's name: "int unsigned NOT NULL DEFAULT '5'". */
void leat_create_column(struct leat_buf *buf, const struct leat_table_view *view, uint32_t column);
/* "(`a`, `b`(10))" */
void leat_create_parts(struct leat_buf *buf, const struct leat_table_view *view, const struct leat_key_part *parts, uint32_t count);
/* "UNIQUE KEY `name` (`a`)" */
void leat_create_index(struct leat_buf *buf, const struct leat_table_view *view, const struct leat_index *index);
/* "CONSTRAINT `name` FOREIGN KEY (`a`) REFERENCES `t` (`id`) ON DELETE CASCADE" */
void leat_create_foreign_key(struct leat_buf *buf, const struct leat_table_view *view, const struct leat_foreign_key *key);

#endif
