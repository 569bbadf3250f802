/* The index of a block, compiled once per instruction set: the file that includes this sets
 * CHURN_INDEX_NAME. Each 64 bytes become one mask a kind of byte.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <string.h>

#if defined(__AVX512BW__) || defined(__AVX2__) || defined(__SSE2__)
#include <immintrin.h>
#endif

enum { WORD = 64 };

typedef struct masks {
  uint64_t delimiter, line_end, carriage_return, odd, wide;
} masks;

#if defined(__AVX512BW__)

static inline masks read_masks(const char *text, char delimiter)
{
  __m512i bytes = _mm512_loadu_si512(text);
  return (masks){_mm512_cmpeq_epi8_mask(bytes, _mm512_set1_epi8(delimiter)),
                 _mm512_cmpeq_epi8_mask(bytes, _mm512_set1_epi8('\n')),
                 _mm512_cmpeq_epi8_mask(bytes, _mm512_set1_epi8('\r')),
                 _mm512_cmpeq_epi8_mask(bytes, _mm512_set1_epi8('"')) |
                     _mm512_testn_epi8_mask(bytes, bytes),
                 _mm512_movepi8_mask(bytes)};
}

#elif defined(__AVX2__)

static inline uint64_t bits(__m256i low, __m256i high)
{
  return (uint64_t)(uint32_t)_mm256_movemask_epi8(low) |
         (uint64_t)(uint32_t)_mm256_movemask_epi8(high) << 32;
}

static inline uint64_t equal(__m256i low, __m256i high, char byte)
{
  __m256i all = _mm256_set1_epi8(byte);
  return bits(_mm256_cmpeq_epi8(low, all), _mm256_cmpeq_epi8(high, all));
}

static inline masks read_masks(const char *text, char delimiter)
{
  __m256i low = _mm256_loadu_si256((const __m256i *)(const void *)text);
  __m256i high = _mm256_loadu_si256((const __m256i *)(const void *)(text + 32));
  return (masks){equal(low, high, delimiter), equal(low, high, '\n'), equal(low, high, '\r'),
                 equal(low, high, '"') | equal(low, high, 0), bits(low, high)};
}

#elif defined(__SSE2__)

static inline void add_quarter(masks *m, const char *text, char delimiter, unsigned shift)
{
  __m128i bytes = _mm_loadu_si128((const __m128i *)(const void *)text);
#define EQUAL(byte)                                                                                \
  ((uint64_t)(uint32_t)_mm_movemask_epi8(_mm_cmpeq_epi8(bytes, _mm_set1_epi8(byte))) << shift)
  m->delimiter |= EQUAL(delimiter);
  m->line_end |= EQUAL('\n');
  m->carriage_return |= EQUAL('\r');
  m->odd |= EQUAL('"') | EQUAL(0);
  m->wide |= (uint64_t)(uint32_t)_mm_movemask_epi8(bytes) << shift;
#undef EQUAL
}

static inline masks read_masks(const char *text, char delimiter)
{
  masks m = {0, 0, 0, 0, 0};
  for (unsigned shift = 0; shift < WORD; shift += 16)
    add_quarter(&m, text + shift, delimiter, shift);
  return m;
}

#else

static inline masks read_masks(const char *text, char delimiter)
{
  masks m = {0, 0, 0, 0, 0};
  for (unsigned i = 0; i < WORD; i++) {
    m.delimiter |= (uint64_t)(text[i] == delimiter) << i;
    m.line_end |= (uint64_t)(text[i] == '\n') << i;
    m.carriage_return |= (uint64_t)(text[i] == '\r') << i;
    m.odd |= (uint64_t)(text[i] == '"' || text[i] == 0) << i;
    m.wide |= (uint64_t)((text[i] & 0x80) != 0) << i;
  }
  return m;
}

#endif

/* The last bytes of a block, fewer than a word. */
static masks read_tail(const char *text, size_t length, char delimiter)
{
  char padded[WORD] = {0};
  memcpy(padded, text, length);
  masks m = read_masks(padded, delimiter);
  uint64_t there = ((uint64_t)1 << length) - 1;
  return (masks){m.delimiter & there, m.line_end & there, m.carriage_return & there, m.odd & there,
                 m.wide & there};
}

#if defined(__AVX512BW__)

/* Writes up to 16 starts too many, without a branch. */
static inline uint32_t *write_starts(uint64_t separators, uint32_t behind, uint32_t *out)
{
  __m512i first = _mm512_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
  __m512i at = _mm512_add_epi32(first, _mm512_set1_epi32((int)behind));
  for (unsigned shift = 0; shift < WORD; shift += 16) {
    __mmask16 quarter = (__mmask16)(separators >> shift);
    _mm512_storeu_si512(out, _mm512_maskz_compress_epi32(quarter, at));
    out += __builtin_popcount(quarter);
    at = _mm512_add_epi32(at, _mm512_set1_epi32(16));
  }
  return out;
}

#else

/* Writes up to 8 starts too many: testing for the end of the mask after each would be a wrong guess
 * of the branch a word. */
static inline uint32_t *write_starts(uint64_t separators, uint32_t behind, uint32_t *out)
{
  uint32_t *end = out + __builtin_popcountll(separators);
  while (out < end) {
    for (int i = 0; i < 8; i++) {
      out[i] = behind + (uint32_t)__builtin_ctzll(separators | (uint64_t)1 << 63);
      separators &= separators - 1;
    }
    out += 8;
  }
  return end;
}

#endif

churn_index CHURN_INDEX_NAME(const char *text, size_t length, char delimiter, uint32_t *starts)
{
  uint32_t *out = starts + 1;
  uint64_t special = 0, wide = 0, returns = 0, carried = 0;
  size_t lines = 0;
  starts[0] = 0;
  for (size_t at = 0; at < length; at += WORD) {
    masks m = length - at >= WORD ? read_masks(text + at, delimiter)
                                  : read_tail(text + at, length - at, delimiter);
    special |= m.odd | ((m.carriage_return << 1 | carried) & ~m.line_end);
    carried = m.carriage_return >> 63;
    returns |= m.carriage_return;
    wide |= m.wide;
    lines += (size_t)__builtin_popcountll(m.line_end);
    out = write_starts(m.delimiter | m.line_end, (uint32_t)at + 1, out);
  }
  bool cut_return = length > 0 && text[length - 1] == '\r';
  return (churn_index){(size_t)(out - starts) - 1, lines, returns != 0, special != 0 || cut_return,
                       wide != 0};
}
