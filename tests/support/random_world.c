/* Random customers with two histories.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "random_world.h"
#include "support.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

uint32_t random_next(uint32_t *state)
{
  *state ^= *state << 13;
  *state ^= *state >> 17;
  *state ^= *state << 5;
  return *state;
}

/* first..last, or now and then no value. */
static int draw(random_world *r, int first, int last, uint32_t one_in)
{
  if (one_in > 0 && random_next(&r->state) % one_in == 0)
    return RANDOM_NONE;
  return first + (int)(random_next(&r->state) % (uint32_t)(last - first + 1));
}

void random_world_make(random_world *r, uint32_t seed)
{
  memset(r, 0, sizeof *r);
  r->state = seed * 2654435761u + 1;
  for (size_t i = 0; i < RANDOM_CUSTOMERS; i++) {
    random_customer *c = &r->customers[i];
    c->region = draw(r, 0, 2, 5);
    c->size = draw(r, -4, 8, 5);
    c->signed_day = draw(r, 0, RANDOM_DAYS, 4);
    c->ends = draw(r, 0, 2 * RANDOM_DAYS, 4);
    c->score = draw(r, 0, 8, 5);
    c->scored = draw(r, 0, RANDOM_DAYS, 4);
    c->h_count = i == 0 ? 0 : (size_t)draw(r, 0, RANDOM_ROWS, 0);
    c->b_count = (size_t)draw(r, 0, RANDOM_ROWS, 0);
    for (size_t k = 0; k < c->h_count; k++) {
      random_h *h = &c->h[k];
      h->day = draw(r, 0, RANDOM_DAYS, 0);
      h->x = draw(r, -4, 8, 6);
      h->c = draw(r, 0, 3, 6);
      h->d = draw(r, h->day, RANDOM_DAYS + 5, 3);
      h->s = draw(r, 0, 2 * RANDOM_DAYS, 4);
      h->f = draw(r, 0, 1, 5);
      h->k = draw(r, 0, 8, 6);
      h->kd = draw(r, h->day - 3, RANDOM_DAYS, 4);
    }
    for (size_t k = 0; k < c->b_count; k++)
      c->b[k] = (random_b){draw(r, 0, RANDOM_DAYS, 0), draw(r, 0, RANDOM_DAYS, 5),
                           draw(r, -4, 8, 6), draw(r, 0, 3, 6)};
  }
}

enum { TEXT_SIZE = 1 << 15, MOST_LINES = 2 * RANDOM_CUSTOMERS * RANDOM_ROWS, LINE_SIZE = 128 };

static char lines[MOST_LINES][LINE_SIZE];
static size_t line_count;

static const char *number(int quarters)
{
  static char texts[8][16];
  static int next;
  char *text = texts[next++ % 8];
  if (quarters == RANDOM_NONE)
    return "-";
  /* A negative zero is a zero like any other. */
  snprintf(text, 16, quarters == 0 && next % 2 == 0 ? "-0.0" : "%g", quarters / 4.0);
  return text;
}

static const char *letter(int index)
{
  static const char *const letters[] = {"a", "b", "c", "d"};
  return index == RANDOM_NONE ? "-" : letters[index];
}

static const char *whole(int value)
{
  static char texts[8][16];
  static int next;
  char *text = texts[next++ % 8];
  snprintf(text, 16, value == RANDOM_NONE ? "-" : "%d", value);
  return text;
}

static int before(int day, int cut)
{
  return day < cut ? day : RANDOM_NONE;
}

/* `value`, unless what dates it is not known. */
static int dated(int value, int known, int cut)
{
  return cut == RANDOM_WHOLE || (known != RANDOM_NONE && known < cut) ? value : RANDOM_NONE;
}

static void add_h(size_t customer, const random_h *h, int cut)
{
  if (h->day >= cut)
    return;
  snprintf(lines[line_count++], LINE_SIZE, "row h c%zu %d %s %s %s %s %s %s %s\n", customer, h->day,
           number(h->x), letter(h->c), whole(before(h->d, cut)), whole(h->s), whole(h->f),
           number(dated(h->k, h->kd, cut)), whole(before(h->kd, cut)));
}

static void add_b(size_t customer, const random_b *b, int cut)
{
  if (b->day >= cut || (cut != RANDOM_WHOLE && (b->booked == RANDOM_NONE || b->booked >= cut)))
    return;
  snprintf(lines[line_count++], LINE_SIZE, "row b c%zu %d %s %s %s\n", customer, b->day,
           whole(b->booked), number(b->y), letter(b->g));
}

static void shuffle_lines(uint32_t order)
{
  uint32_t state = order * 2246822519u + 1;
  char kept[LINE_SIZE];
  for (size_t i = line_count; i > 1; i--) {
    size_t other = random_next(&state) % i;
    memcpy(kept, lines[i - 1], LINE_SIZE);
    memcpy(lines[i - 1], lines[other], LINE_SIZE);
    memcpy(lines[other], kept, LINE_SIZE);
  }
}

const char *random_world_text(const random_world *r, int cut, uint32_t order)
{
  static char text[TEXT_SIZE];
  size_t used = (size_t)snprintf(
      text, TEXT_SIZE,
      "source customers region:category size:number signed:day ends:scheduled "
      "score:number,known_at=scored scored:day\n"
      "source h day=on x:number c:category d:day s:scheduled f:flag k:number,known_at=kd kd:day\n"
      "source b day=on known_at=booked booked:day y:number g:category\n");
  line_count = 0;
  for (size_t i = 0; i < RANDOM_CUSTOMERS; i++) {
    const random_customer *c = &r->customers[i];
    used += (size_t)snprintf(
        text + used, TEXT_SIZE - used, "row customers c%zu -1 - %s %s %s %s %s %s\n", i,
        letter(c->region), number(c->size), whole(before(c->signed_day, cut)), whole(c->ends),
        number(dated(c->score, c->scored, cut)), whole(before(c->scored, cut)));
    for (size_t k = 0; k < c->h_count; k++)
      add_h(i, &c->h[k], cut);
    for (size_t k = 0; k < c->b_count; k++)
      add_b(i, &c->b[k], cut);
  }
  shuffle_lines(order);
  for (size_t i = 0; i < line_count; i++)
    used += (size_t)snprintf(text + used, TEXT_SIZE - used, "%s", lines[i]);
  assert_true(used < TEXT_SIZE - LINE_SIZE);
  return text;
}
