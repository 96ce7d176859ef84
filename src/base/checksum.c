/* Checksums and hashes. XXH3 is the library's, and so is CRC-32 where crc32_clmul.c doesn't run; CRC-32C is ours, since no library of
 * Debian 12 has it without more weight than the loop below. Pure; any thread. */
#include "base/checksum.h"

#include <libdeflate.h>
#include <string.h>
#include <xxhash.h>

#include "checksum_int.h"

uint32_t leat_crc32(uint32_t seed, const void *bytes, size_t size)
{
#if defined(__x86_64__)
    if (size >= LEAT_CRC32_CLMUL_MIN && size < LEAT_CRC32_CLMUL_MAX && __builtin_cpu_supports("pclmul") && __builtin_cpu_supports("avx"))
        return ~leat_crc32_clmul(~seed, bytes, size);
#endif
    return size ? libdeflate_crc32(seed, bytes, size) : seed;
}

uint64_t leat_hash64(const void *bytes, size_t size, uint64_t seed)
{
    return XXH3_64bits_withSeed(bytes, size, seed);
}

/* Half a byte at a time: only machines without the instruction come here, and sixteen entries can be checked
 * by eye (entry i is i times x^4 modulo the polynomial, reflected). */
uint32_t leat_crc32c_software(uint32_t crc, const uint8_t *at, size_t size)
{
    static const uint32_t table[16] = {0x00000000, 0x105EC76F, 0x20BD8EDE, 0x30E349B1, 0x417B1DBC, 0x5125DAD3,
                                       0x61C69362, 0x7198540D, 0x82F63B78, 0x92A8FC17, 0xA24BB5A6, 0xB21572C9,
                                       0xC38D26C4, 0xD3D3E1AB, 0xE330A81A, 0xF36E6F75};
    for (; size; size--, at++) {
        crc ^= *at;
        crc = crc >> 4 ^ table[crc & 15];
        crc = crc >> 4 ^ table[crc & 15];
    }
    return crc;
}

#if defined(__x86_64__)
__attribute__((target("sse4.2"))) static uint32_t crc32c_hardware(uint32_t crc, const uint8_t *at,
                                                                  size_t size)
{
    uint64_t wide = crc;
    for (; size >= 8; size -= 8, at += 8) {
        uint64_t word;
        memcpy(&word, at, 8);
        wide = __builtin_ia32_crc32di(wide, word);
    }
    crc = (uint32_t)wide;
    for (; size; size--, at++)
        crc = __builtin_ia32_crc32qi(crc, *at);
    return crc;
}
#endif

uint32_t leat_crc32c(uint32_t seed, const void *bytes, size_t size)
{
    uint32_t crc = ~seed;
#if defined(__x86_64__)
    if (__builtin_cpu_supports("sse4.2"))
        return ~crc32c_hardware(crc, bytes, size);
#endif
    return ~leat_crc32c_software(crc, bytes, size);
}
