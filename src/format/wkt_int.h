/* Geometry as text: WKT as the JTS library writes it ("LINESTRING (0 0, 1 1)"). Pure; any thread. */
#ifndef LEAT_FORMAT_WKT_INT_H
#define LEAT_FORMAT_WKT_INT_H

#include "base/buf.h"
#include "base/error.h"

/* Appends the text of a WKB value. What is no WKB fails. */
int leat_wkt_put(struct leat_buf *buf, const uint8_t *wkb, uint32_t size, struct leat_error *err) LEAT_CHECKED;

#endif
