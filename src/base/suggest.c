/* The nearest of a list of names.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/suggest.h"

#include <stdint.h>
#include <string.h>

enum { LONGEST = 64 };

static int lower(char byte)
{
  return byte >= 'A' && byte <= 'Z' ? byte - 'A' + 'a' : byte;
}

static size_t smallest(size_t a, size_t b, size_t c)
{
  size_t least = a < b ? a : b;
  return least < c ? least : c;
}

/* Edits (insert, delete, replace, swap neighbours) that turn a into b; texts up to LONGEST bytes.
 */
static size_t distance(const char *a, size_t a_length, const char *b, size_t b_length)
{
  size_t rows[3][LONGEST + 1];
  for (size_t j = 0; j <= b_length; j++)
    rows[0][j] = j;
  for (size_t i = 1; i <= a_length; i++) {
    size_t *now = rows[i % 3], *before = rows[(i + 2) % 3], *earlier = rows[(i + 1) % 3];
    now[0] = i;
    for (size_t j = 1; j <= b_length; j++) {
      size_t same = lower(a[i - 1]) == lower(b[j - 1]);
      now[j] = smallest(before[j] + 1, now[j - 1] + 1, before[j - 1] + !same);
      if (i > 1 && j > 1 && lower(a[i - 1]) == lower(b[j - 2]) &&
          lower(a[i - 2]) == lower(b[j - 1]) && earlier[j - 2] + 1 < now[j])
        now[j] = earlier[j - 2] + 1;
    }
  }
  return rows[a_length % 3][b_length];
}

const char *churn_suggest(const char *word, const char *const *names, size_t count)
{
  size_t length = strlen(word), best = SIZE_MAX;
  const char *nearest = NULL;
  if (length > LONGEST)
    return NULL;
  for (size_t i = 0; i < count; i++) {
    size_t name_length = strlen(names[i]);
    if (name_length > LONGEST)
      continue;
    size_t edits = distance(word, length, names[i], name_length);
    if (edits < best) {
      best = edits;
      nearest = names[i];
    }
  }
  return best <= (length < 6 ? 1 : length / 3) ? nearest : NULL;
}
