/* Checksums and hashes. Pure; any thread. */
#ifndef LEAT_BASE_CHECKSUM_H
#define LEAT_BASE_CHECKSUM_H

#include <stddef.h>
#include <stdint.h>

/* CRC-32 as in zlib (polynomial 0xEDB88320), the binlog's BINLOG_CHECKSUM_ALG_CRC32. */
uint32_t leat_crc32(uint32_t seed, const void *bytes, size_t size);

/* CRC-32C (Castagnoli, reflected 0x82F63B78) with the SSE 4.2 instruction where the machine has it.
 * leat_crc32c(leat_crc32c(0, a), b) is the checksum of a followed by b. */
uint32_t leat_crc32c(uint32_t seed, const void *bytes, size_t size);

/* XXH3, 64 bits. Stable over versions and machines. */
uint64_t leat_hash64(const void *bytes, size_t size, uint64_t seed);

#endif
