/* Reading a YAML tree by what is expected: faults with places, mappings with a fixed set of keys,
 * typed scalars. Reading goes on after a fault; in the end the reader knows how many there were.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CHURN_PROJECT_READER_H
#define CHURN_PROJECT_READER_H

#include "project/project.h"
#include "project/yaml.h"

enum { CHURN_SHOWN_SIZE = 72 };

typedef struct churn_reader {
  churn_arena *arena;
  const char *path;   /* of the project file, for places */
  churn_notes *found; /* faults in the order they were found */
  size_t faults;
  bool no_memory;
} churn_reader;

/* A key that a mapping may have, and its value when it has it. */
typedef struct churn_field {
  const char *key;
  const churn_yaml *value;
} churn_field;

/* `text` fit for a message: cut to 60 bytes, control characters as blanks. Returns `shown`. */
const char *churn_shown(const char *text, char shown[CHURN_SHOWN_SIZE]);

/* " (did you mean …?)" for a message, or "" when nothing is near. */
const char *churn_did_you_mean(const char *word, const char *const *names, size_t count,
                               char text[CHURN_SHOWN_SIZE * 2]);

/* Joins names with ", " into text[0..size); cut with "…" when they are too many. */
void churn_join_names(const char *const *names, size_t count, char *text, size_t size);

/* Zeroed memory of the arena; NULL sets no_memory. */
void *churn_reader_take(churn_reader *reader, size_t count, size_t size);

void churn_reader_fault(churn_reader *reader, const churn_yaml *at, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
void churn_reader_fault_at(churn_reader *reader, const churn_located *at, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* A fault for every key that stands twice in its mapping; the second one is taken out of the tree.
 */
void churn_reader_drop_duplicates(churn_reader *reader, churn_yaml *root);

/* True when `node` is a mapping; else a fault that says what `what` must be, with an example. */
bool churn_reader_is_mapping(churn_reader *reader, const churn_yaml *node, const char *what,
                             const char *example);

/* Fills fields[].value from a mapping. Unknown keys are faults. False when `node` is no mapping. */
bool churn_reader_fields(churn_reader *reader, const churn_yaml *node, const char *what,
                         const char *example, churn_field *fields, size_t count);

/* The value of a field that must be there, or NULL after a fault that says what belongs there. */
const churn_yaml *churn_reader_required(churn_reader *reader, const churn_yaml *mapping,
                                        const churn_field *field, const char *what,
                                        const char *expected);

/* The scalars. All take `node` NULL (not given) and then give nothing, without a fault; so they do
 * after a fault. `what` names the value for messages. */

/* A text; empty ones are faults. */
churn_located churn_reader_text(churn_reader *reader, const churn_yaml *node, const char *what);

/* A text that may be empty when it stands in quotes. */
churn_located churn_reader_any_text(churn_reader *reader, const churn_yaml *node, const char *what);

/* An expression: a text, and a fault with the hint when YAML has cut it short. */
churn_located churn_reader_expression(churn_reader *reader, const churn_yaml *node,
                                      const char *what);

/* A whole number >= 0 and <= most; `otherwise` when not given. */
uint64_t churn_reader_whole(churn_reader *reader, const churn_yaml *node, const char *what,
                            uint64_t most, uint64_t otherwise);

/* A finite number; NaN when not given. */
double churn_reader_number(churn_reader *reader, const churn_yaml *node, const char *what);

/* An ISO day; CHURN_DAY_MISSING when not given. */
churn_day churn_reader_day(churn_reader *reader, const churn_yaml *node, const char *what);

/* A number of days >= least, like `90d`, `90 days` or `13 weeks`; 0 when not given. */
int32_t churn_reader_days(churn_reader *reader, const churn_yaml *node, const char *what,
                          int32_t least);

/* A step: days as above, or months (`1 month`, `1 year`). One of the two is set > 0. */
void churn_reader_step(churn_reader *reader, const churn_yaml *node, const char *what,
                       int32_t *days, int32_t *months);

/* Index of the word in names; -1 when not given. */
int churn_reader_choice(churn_reader *reader, const churn_yaml *node, const char *what,
                        const char *const *names, size_t count);

/* true/false, yes/no in any case; false when not given. */
bool churn_reader_flag(churn_reader *reader, const churn_yaml *node, const char *what);

#endif
