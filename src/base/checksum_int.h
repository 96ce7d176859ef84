/* For tests: CRC-32C as a machine without the instruction works it out. */
#ifndef LEAT_BASE_CHECKSUM_INT_H
#define LEAT_BASE_CHECKSUM_INT_H

#include <stddef.h>
#include <stdint.h>

/* Without the inversion at begin and end. */
uint32_t leat_crc32c_software(uint32_t crc, const uint8_t *at, size_t size);

#endif
