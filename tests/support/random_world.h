/* Random customers with two histories, as plain numbers that a test can look at, and as the text of
 * a world: whole, or as it stood on a day.
 *
 *   source customers region:category size:number signed:day ends:scheduled
 *                    score:number,known_at=scored scored:day
 *   source h day=on x:number c:category d:day s:scheduled f:flag k:number,known_at=kd kd:day
 *   source b day=on known_at=booked booked:day y:number g:category
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CHURN_TEST_RANDOM_WORLD_H
#define CHURN_TEST_RANDOM_WORLD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
  RANDOM_CUSTOMERS = 4,
  RANDOM_ROWS = 24,
  RANDOM_DAYS = 40,    /* days run from 0 to this */
  RANDOM_NONE = -1000, /* no value */
  RANDOM_WHOLE = 1000000
};

/* Numbers are held as quarters: x = 3 stands for 0.75; categories as letters from a = 0. */
typedef struct random_h {
  int day, x, c, d, s, f, k, kd;
} random_h;

typedef struct random_b {
  int day, booked, y, g;
} random_b;

typedef struct random_customer {
  int region, size, signed_day, ends, score, scored;
  random_h h[RANDOM_ROWS];
  size_t h_count;
  random_b b[RANDOM_ROWS];
  size_t b_count;
} random_customer;

typedef struct random_world {
  uint32_t state;
  random_customer customers[RANDOM_CUSTOMERS];
} random_world;

uint32_t random_next(uint32_t *state);
void random_world_make(random_world *r, uint32_t seed);

/* The world as text for world_read; static storage. `cut` RANDOM_WHOLE = everything; else what was
 * known before day `cut`: no rows from it on, no row known from it on, and no value dated or known
 * from it on. Rows stand in an order that `order` shuffles. */
const char *random_world_text(const random_world *r, int cut, uint32_t order);

#endif
