/* The words of words.h, compiled once per instruction set: the file that includes this sets
 * CHURN_WORDS_NAME. A lane of a vector holds what churn_number_parse_word holds in its word, and
 * goes the same way.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/number.h"

#if defined(__AVX512BW__) || defined(__AVX2__)
#include <immintrin.h>

static inline long long read_word(const char *text)
{
  long long word;
  memcpy(&word, text, sizeof word);
  return word;
}

/* A start and, above it, the next one. */
static inline long long read_start(const uint32_t *start)
{
  long long both;
  memcpy(&both, start, sizeof both);
  return both;
}
#endif

#if defined(__AVX512BW__)

enum { LANES = 8 };

/* Digits 0-9 in eight bytes, the first one the highest of the number, to that number. */
static inline __m512d add_up(__m512i digits)
{
  __m512i pairs = _mm512_maddubs_epi16(digits, _mm512_set1_epi16(1 << 8 | 10));
  __m512i fours = _mm512_madd_epi16(pairs, _mm512_set1_epi32(1 << 16 | 100));
  __m512i high = _mm512_mul_epu32(fours, _mm512_set1_epi64(10000));
  return _mm512_cvtepu64_pd(_mm512_add_epi64(high, _mm512_srli_epi64(fours, 32)));
}

/* Takes the lowest point out of each lane's digits; *places are the digits behind it. */
static inline __m512i take_point(__m512i digits, __m512i points, __mmask8 pointed, __m512i *places)
{
  __m512i below = _mm512_andnot_si512(points, _mm512_sub_epi64(points, _mm512_set1_epi64(1)));
  __m512i through = _mm512_or_si512(_mm512_slli_epi64(below, 8), _mm512_set1_epi64(255));
  __m512i moved = _mm512_slli_epi64(_mm512_and_si512(digits, below), 8);
  __m512i counted = _mm512_andnot_si512(through, _mm512_set1_epi8(1));
  *places = _mm512_maskz_mov_epi64(pointed, _mm512_sad_epu8(counted, _mm512_setzero_si512()));
  return _mm512_mask_or_epi64(digits, pointed, moved, _mm512_andnot_si512(through, digits));
}

/* Eight rows; the lanes that are odd. */
static inline unsigned parse_lanes(__m512i words, __m512i starts, double *numbers)
{
  const __m512d powers = _mm512_setr_pd(1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7);
  const __m512i one = _mm512_set1_epi64(1), byte = _mm512_set1_epi64(255);
  __m512i first = _mm512_and_si512(starts, _mm512_set1_epi64(UINT32_MAX));
  __m512i length = _mm512_sub_epi64(_mm512_sub_epi64(_mm512_srli_epi64(starts, 32), first), one);
  __m512i shift = _mm512_slli_epi64(_mm512_sub_epi64(_mm512_set1_epi64(8), length), 3);
  __mmask8 negative =
      _mm512_cmpeq_epi64_mask(_mm512_and_si512(words, byte), _mm512_set1_epi64('-'));
  words = _mm512_sllv_epi64(words, shift);
  words = _mm512_mask_andnot_epi64(words, negative, _mm512_sllv_epi64(byte, shift), words);
  __m512i points = _mm512_movm_epi8(_mm512_cmpeq_epi8_mask(words, _mm512_set1_epi8('.')));
  __mmask8 pointed = _mm512_test_epi64_mask(points, points);
  __m512i digits =
      _mm512_maskz_sub_epi8(_mm512_test_epi8_mask(words, words), words, _mm512_set1_epi8('0'));
  __m512i places;
  digits = take_point(digits, points, pointed, &places);
  __m512i beside = _mm512_subs_epu8(digits, _mm512_set1_epi8(9));
  __m512i left = _mm512_mask_sub_epi64(length, negative, length, one);
  left = _mm512_mask_sub_epi64(left, pointed, left, one);
  unsigned odd = _mm512_test_epi64_mask(beside, beside) |
                 _mm512_cmp_epi64_mask(left, one, _MM_CMPINT_LT) |
                 _mm512_cmp_epi64_mask(length, _mm512_set1_epi64(8), _MM_CMPINT_NLE);
  __m512d values = _mm512_div_pd(add_up(digits), _mm512_permutexvar_pd(places, powers));
  __m512i signs = _mm512_maskz_set1_epi64(negative, INT64_MIN);
  _mm512_storeu_pd(numbers,
                   _mm512_castsi512_pd(_mm512_or_si512(_mm512_castpd_si512(values), signs)));
  return odd;
}

static inline unsigned parse_rows(const char *text, const uint32_t *at, size_t stride,
                                  double *numbers)
{
  const uint32_t *b = at + 4 * stride;
  size_t s = stride;
  __m512i starts = _mm512_setr_epi64(read_start(at), read_start(at + s), read_start(at + 2 * s),
                                     read_start(at + 3 * s), read_start(b), read_start(b + s),
                                     read_start(b + 2 * s), read_start(b + 3 * s));
  __m512i words = _mm512_setr_epi64(read_word(text + at[0]), read_word(text + at[s]),
                                    read_word(text + at[2 * s]), read_word(text + at[3 * s]),
                                    read_word(text + b[0]), read_word(text + b[s]),
                                    read_word(text + b[2 * s]), read_word(text + b[3 * s]));
  return parse_lanes(words, starts, numbers);
}

#elif defined(__AVX2__)

enum { LANES = 4 };

static inline __m256d add_up(__m256i digits)
{
  __m256i pairs = _mm256_maddubs_epi16(digits, _mm256_set1_epi16(1 << 8 | 10));
  __m256i fours = _mm256_madd_epi16(pairs, _mm256_set1_epi32(1 << 16 | 100));
  __m256i high = _mm256_mul_epu32(fours, _mm256_set1_epi64x(10000));
  __m256i all = _mm256_add_epi64(high, _mm256_srli_epi64(fours, 32));
  __m256i lower = _mm256_permutevar8x32_epi32(all, _mm256_setr_epi32(0, 2, 4, 6, 0, 0, 0, 0));
  return _mm256_cvtepi32_pd(_mm256_castsi256_si128(lower));
}

/* 10^places, 0 to 7 of them: a factor for each of the three bits, all of them exact. */
static inline __m256d power_of(__m256i places)
{
  const __m256d one = _mm256_set1_pd(1);
  __m256d bit0 = _mm256_castsi256_pd(_mm256_slli_epi64(places, 63));
  __m256d bit1 = _mm256_castsi256_pd(_mm256_slli_epi64(places, 62));
  __m256d bit2 = _mm256_castsi256_pd(_mm256_slli_epi64(places, 61));
  return _mm256_mul_pd(_mm256_mul_pd(_mm256_blendv_pd(one, _mm256_set1_pd(1e1), bit0),
                                     _mm256_blendv_pd(one, _mm256_set1_pd(1e2), bit1)),
                       _mm256_blendv_pd(one, _mm256_set1_pd(1e4), bit2));
}

/* As for eight rows above, with masks of ones. */
static inline unsigned parse_lanes(__m256i words, __m256i starts, double *numbers)
{
  const __m256i one = _mm256_set1_epi64x(1), byte = _mm256_set1_epi64x(255);
  const __m256i none = _mm256_setzero_si256();
  __m256i first = _mm256_and_si256(starts, _mm256_set1_epi64x(UINT32_MAX));
  __m256i length = _mm256_sub_epi64(_mm256_sub_epi64(_mm256_srli_epi64(starts, 32), first), one);
  __m256i shift = _mm256_slli_epi64(_mm256_sub_epi64(_mm256_set1_epi64x(8), length), 3);
  __m256i negative = _mm256_cmpeq_epi64(_mm256_and_si256(words, byte), _mm256_set1_epi64x('-'));
  words = _mm256_sllv_epi64(words, shift);
  words = _mm256_andnot_si256(_mm256_and_si256(negative, _mm256_sllv_epi64(byte, shift)), words);
  __m256i points = _mm256_cmpeq_epi8(words, _mm256_set1_epi8('.'));
  __m256i pointless = _mm256_cmpeq_epi64(points, none);
  __m256i digits = _mm256_andnot_si256(_mm256_cmpeq_epi8(words, none),
                                       _mm256_sub_epi8(words, _mm256_set1_epi8('0')));
  __m256i below = _mm256_andnot_si256(points, _mm256_sub_epi64(points, one));
  __m256i through = _mm256_or_si256(_mm256_slli_epi64(below, 8), byte);
  __m256i moved = _mm256_or_si256(_mm256_slli_epi64(_mm256_and_si256(digits, below), 8),
                                  _mm256_andnot_si256(through, digits));
  __m256i counted = _mm256_andnot_si256(_mm256_or_si256(through, pointless), _mm256_set1_epi8(1));
  digits = _mm256_blendv_epi8(moved, digits, pointless);
  __m256i beside = _mm256_subs_epu8(digits, _mm256_set1_epi8(9));
  /* Adding a mask of ones takes 1 away. */
  __m256i left = _mm256_add_epi64(_mm256_add_epi64(length, negative),
                                  _mm256_andnot_si256(pointless, _mm256_set1_epi64x(-1)));
  __m256i good = _mm256_andnot_si256(
      _mm256_cmpgt_epi64(length, _mm256_set1_epi64x(8)),
      _mm256_and_si256(_mm256_cmpeq_epi64(beside, none), _mm256_cmpgt_epi64(left, none)));
  __m256d values = _mm256_div_pd(add_up(digits), power_of(_mm256_sad_epu8(counted, none)));
  __m256d signs = _mm256_castsi256_pd(_mm256_slli_epi64(negative, 63));
  _mm256_storeu_pd(numbers, _mm256_or_pd(values, signs));
  return 15u & ~(unsigned)_mm256_movemask_pd(_mm256_castsi256_pd(good));
}

static inline unsigned parse_rows(const char *text, const uint32_t *at, size_t stride,
                                  double *numbers)
{
  size_t s = stride;
  __m256i starts = _mm256_setr_epi64x(read_start(at), read_start(at + s), read_start(at + 2 * s),
                                      read_start(at + 3 * s));
  __m256i words = _mm256_setr_epi64x(read_word(text + at[0]), read_word(text + at[s]),
                                     read_word(text + at[2 * s]), read_word(text + at[3 * s]));
  return parse_lanes(words, starts, numbers);
}

#else

enum { LANES = 1 };

static inline unsigned parse_rows(const char *text, const uint32_t *at, size_t stride,
                                  double *numbers)
{
  (void)stride;
  return !churn_number_parse_word(text + at[0], at[1] - at[0] - 1, numbers);
}

#endif

size_t CHURN_WORDS_NAME(const char *text, const uint32_t *starts, size_t stride, size_t rows,
                        double *numbers, uint32_t *odd)
{
  size_t count = 0, row = 0;
  for (; row + LANES <= rows; row += LANES)
    for (unsigned lanes = parse_rows(text, starts + row * stride, stride, numbers + row);
         lanes != 0; lanes &= lanes - 1)
      odd[count++] = (uint32_t)row + (uint32_t)__builtin_ctz(lanes);
  for (; row < rows; row++) {
    const uint32_t *at = starts + row * stride;
    if (!churn_number_parse_word(text + at[0], at[1] - at[0] - 1, &numbers[row]))
      odd[count++] = (uint32_t)row;
  }
  return count;
}
