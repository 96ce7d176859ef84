/* CRC-32 by carry-less multiplication, for x86 machines that have it: what libdeflate does, without its steps of single bytes at both
 * ends, which take longer than all else in events of a few hundred bytes. Pure; any thread.
 *
 * Bytes are polynomials over GF(2), the first byte's lowest bit the highest power. A vector V that lies `distance` bits before another
 * stands for V * x^distance, of which the rest modulo P = 0x104C11DB7 may as well be taken: two products of 64 x 32 bits, whose sum
 * fits into a vector. As bits are mirrored, a product comes out multiplied by x, which the constants make up for. They are checked
 * by tests/unit/base/test_checksum.c against the libraries' sums. */
#include "checksum_int.h"

#if defined(__x86_64__)
#include <immintrin.h>
#include <stdbool.h>

#define TARGET __attribute__((target("avx,pclmul")))
#define INLINE_TARGET __attribute__((target("avx,pclmul"), always_inline)) static inline

/* x^(distance + 63) and x^(distance - 1) modulo P, mirrored. */
#define OVER(high, low) _mm_set_epi64x((int64_t)(UINT64_C(low) << 32), (int64_t)(UINT64_C(high) << 32))
#define OVER_128 OVER(0x65673B46, 0x9BA54C6F)
#define OVER_256 OVER(0x9570D495, 0x01B5FD1D)
#define OVER_384 OVER(0x69CCFC0D, 0x2A283862)
#define OVER_512 OVER(0x653D9822, 0xCAD38E8F)

enum { LANE = 16, LANES = 4 * LANE };

INLINE_TARGET __m128i load(const uint8_t *at)
{
    return _mm_loadu_si128((const __m128i *)(const void *)at);
}

INLINE_TARGET __m128i fold(__m128i vector, __m128i over, __m128i next)
{
    __m128i high = _mm_clmulepi64_si128(vector, over, 0x00), low = _mm_clmulepi64_si128(vector, over, 0x11);
    return _mm_xor_si128(_mm_xor_si128(high, low), next);
}

/* The last `size` bytes, 1 to 15 of them, behind the vector: what moves out of it in front is folded. */
INLINE_TARGET __m128i fold_rest(__m128i vector, const uint8_t *end, size_t size)
{
    static const int8_t places[3 * LANE] = {-1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1,
                                            0,  1,  2,  3,  4,  5,  6,  7,  8,  9,  10, 11, 12, 13, 14, 15,
                                            -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1};
    __m128i front_places = load((const uint8_t *)places + size), back_places = load((const uint8_t *)places + LANE + size);
    __m128i front = _mm_shuffle_epi8(vector, front_places), back = _mm_shuffle_epi8(vector, back_places);
    __m128i last = _mm_blendv_epi8(back, load(end - LANE), back_places);
    return fold(front, OVER_128, last);
}

/* Vector * x^32 modulo P: down to 96 bits, and from these what P divides is taken away (Barrett: the quotient by a multiplication
 * with x^95 / P). */
INLINE_TARGET uint32_t reduce(__m128i vector)
{
    const __m128i over_96 = _mm_cvtsi64_si128((int64_t)UINT64_C(0xCCAA009E00000000));
    const __m128i divide = _mm_set_epi64x(INT64_C(0x1DB710641), (int64_t)UINT64_C(0xB4E5B025F7011641));
    __m128i low = _mm_slli_si128(_mm_srli_si128(vector, 8), 4);
    vector = _mm_xor_si128(_mm_clmulepi64_si128(vector, over_96, 0x00), low);
    __m128i quotient = _mm_clmulepi64_si128(_mm_srli_si128(vector, 4), divide, 0x00);
    __m128i product = _mm_clmulepi64_si128(quotient, divide, 0x10);
    return (uint32_t)(_mm_extract_epi32(product, 2) ^ _mm_extract_epi32(vector, 3));
}

TARGET uint32_t leat_crc32_clmul(uint32_t crc, const uint8_t *at, size_t size)
{
    const uint8_t *end = at + size;
    __m128i vector = _mm_xor_si128(load(at), _mm_cvtsi32_si128((int32_t)crc));
    if (size >= LANES) {
        __m128i second = load(at + LANE), third = load(at + 2 * LANE), fourth = load(at + 3 * LANE);
        for (at += LANES; end - at >= LANES; at += LANES) {
            vector = fold(vector, OVER_512, load(at));
            second = fold(second, OVER_512, load(at + LANE));
            third = fold(third, OVER_512, load(at + 2 * LANE));
            fourth = fold(fourth, OVER_512, load(at + 3 * LANE));
        }
        vector = fold(vector, OVER_384, fold(second, OVER_256, fold(third, OVER_128, fourth)));
    } else {
        at += LANE;
    }
    for (; end - at >= LANE; at += LANE)
        vector = fold(vector, OVER_128, load(at));
    if (at < end)
        vector = fold_rest(vector, end, (size_t)(end - at));
    return reduce(vector);
}
#endif
