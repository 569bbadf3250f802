/* Faults of one expression: collected while it is parsed and checked, then reported with file,
 * line, column, the expression and a caret.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CHURN_FEATURE_FAULT_H
#define CHURN_FEATURE_FAULT_H

#include "feature/plan.h"

typedef enum churn_fault_kind {
  CHURN_FAULT_WRONG,  /* the expression is wrong whatever the data */
  CHURN_FAULT_UNKNOWN /* a history or a column that the project does not map */
} churn_fault_kind;

typedef struct churn_fault {
  churn_fault_kind kind;
  size_t at; /* byte offset into the expression */
  char *message;
} churn_fault;

/* Added where an expression ends too early: YAML may have cut it. */
#define CHURN_CUT_HINT                                                                             \
  "; in YAML an expression with ' #', or with a comma inside { } or [ ], stands in quotes"

/* Zeroed but for `expression` to begin with. */
typedef struct churn_faults {
  const churn_expression *expression;
  churn_fault *items;
  size_t count;
  size_t capacity;
  bool no_memory; /* a fault could not be kept */
} churn_faults;

/* Always false, so that `return churn_faults_add(…)` reads well. */
bool churn_faults_add(churn_faults *faults, churn_fault_kind kind, size_t at, const char *format,
                      ...) __attribute__((format(printf, 4, 5)));
void churn_faults_clear(churn_faults *faults);

/* Whether an expression is skipped for these faults: an optional one comes from the shipped list,
 * so that any fault in it means that the project maps other columns, or others of that type. */
bool churn_faults_skip(const churn_faults *faults);

/* Appends all faults to `notes` in the order they stand in the expression; `first` gets the first
 * one unless it holds an error already. With `skip` they become one note "skipped_feature". */
void churn_faults_report(const churn_faults *faults, bool skip, churn_notes *notes,
                         churn_error *first);

/* A piece of text for a message: at most CHURN_PIECE_CHARACTERS characters of text[0..length),
 * "..." after a cut; in `buffer`, which is
 * returned. */
enum { CHURN_PIECE_SIZE = 200, CHURN_PIECE_CHARACTERS = 40 };
const char *churn_fault_piece(const char *text, size_t length, char buffer[CHURN_PIECE_SIZE]);

#endif
