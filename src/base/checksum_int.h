/* Inside of checksums: what of them is of one kind of machine, and for tests what runs on others. */
#ifndef LEAT_BASE_CHECKSUM_INT_H
#define LEAT_BASE_CHECKSUM_INT_H

#include <stddef.h>
#include <stdint.h>

/* These have no inversion at begin and end. */
uint32_t leat_crc32c_software(uint32_t crc, const uint8_t *at, size_t size);

/* No fewer bytes than MIN, on a machine with PCLMULQDQ and AVX; see crc32_clmul.c. From MAX on it isn't better than libdeflate's. */
enum { LEAT_CRC32_CLMUL_MIN = 16, LEAT_CRC32_CLMUL_MAX = 1024 };
uint32_t leat_crc32_clmul(uint32_t crc, const uint8_t *at, size_t size);

#endif
