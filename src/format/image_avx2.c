/* Plain images with instructions of 32 bytes: the same source as of image.c, compiled for machines that have them, and chosen where a plan is
 * made. */
#include "image_values_int.h"

#if defined(__AVX2__)
static const uint8_t *write_plain(struct leat_writer *writer, const struct leat_plan *plan, uint32_t first, const uint8_t *at,
                                  const uint8_t *end, struct leat_error *err)
{
    return leat_image_write_plain_values(writer, plan, first, at, end, err);
}

leat_plain_writer *leat_image_write_plain_avx2(void)
{
    return __builtin_cpu_supports("avx2") ? write_plain : NULL;
}
#else
leat_plain_writer *leat_image_write_plain_avx2(void)
{
    return NULL;
}
#endif
