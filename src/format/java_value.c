/* Values whose texts are Java's numbers, for the formats that have them bare. */
#include <math.h>

#include "binlog/value.h"
#include "image_int.h"
#include "java_int.h"

int leat_java_write_float(struct leat_writer *writer, const struct leat_step *step, const uint8_t *bytes, uint32_t size, struct leat_error *err)
{
    (void)step, (void)size;
    float value = leat_value_float(bytes);
    if (!isfinite(value))
        return leat_fail(err, LEAT_E_MALFORMED, LEAT_KIND_DATA, "a FLOAT that is not a number");
    writer->to = leat_java_float(writer->to, value);
    return LEAT_OK;
}

int leat_java_write_double(struct leat_writer *writer, const struct leat_step *step, const uint8_t *bytes, uint32_t size, struct leat_error *err)
{
    (void)step, (void)size;
    double value = leat_value_double(bytes);
    if (!isfinite(value))
        return leat_fail(err, LEAT_E_MALFORMED, LEAT_KIND_DATA, "a DOUBLE that is not a number");
    writer->to = leat_java_double(writer->to, value);
    return LEAT_OK;
}
