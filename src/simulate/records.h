/* What one customer's life leaves in the files. Histories whose rows learn a later date (a
 * complaint closes, an invoice is paid) are kept as records until the life is over.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CHURN_SIMULATE_RECORDS_H
#define CHURN_SIMULATE_RECORDS_H

#include "base/random.h"
#include "simulate/sheet.h"

enum { CHURN_CUSTOMER_ID_SIZE = 24, CHURN_MOODS = 8 };

/* The files, in the order in which they are written. */
typedef enum churn_file {
  CHURN_FILE_CUSTOMERS,
  CHURN_FILE_ENGAGEMENTS,
  CHURN_FILE_COMPLAINTS,
  CHURN_FILE_PRICES,
  CHURN_FILE_REPS,
  CHURN_FILE_PAYMENTS,
  CHURN_FILE_BALANCES,
  CHURN_FILE_TRUTH,
  CHURN_FILES
} churn_file;

/* NULL where the world has no such file; the heading with its line end. */
const char *churn_file_name(churn_world_kind world, churn_file file);
const char *churn_file_heading(churn_world_kind world, churn_file file);

extern const char *const churn_tier_names[CHURN_TIERS];

typedef struct churn_complaint_record {
  churn_day opened, closed; /* closed MISSING while open */
  unsigned severity, category;
} churn_complaint_record;

typedef struct churn_invoice_record {
  churn_day issued, due, paid; /* paid MISSING while unpaid */
  uint32_t cents;
} churn_invoice_record;

/* What does not change in a customer's life and drives nothing in it. */
typedef struct churn_profile {
  unsigned region, segment, favourite_channel;
  uint32_t employees;
} churn_profile;

typedef struct churn_records {
  const churn_world *world;
  churn_sheet sheets[CHURN_FILES];
  char id[CHURN_CUSTOMER_ID_SIZE]; /* of the customer at work */
  size_t id_length;
  churn_profile profile;
  churn_random amounts; /* of orders */
  churn_complaint_record *complaints;
  size_t complaint_count, complaint_capacity;
  churn_invoice_record *invoices;
  size_t invoice_count, invoice_capacity;
  bool failed; /* memory ran out */
} churn_records;

/* Starts customer `number` (0 = C000001). */
void churn_records_begin(churn_records *records, uint32_t number, const churn_profile *profile);

/* One engagement, or order; `mood` in [0, CHURN_MOODS): half of them mean the favourite channel. */
void churn_records_engagement(churn_records *records, churn_day day, unsigned mood);
void churn_records_price(churn_records *records, churn_day day, unsigned tier, uint32_t cents);
void churn_records_rep(churn_records *records, churn_day day, uint32_t rep);
void churn_records_balance(churn_records *records, churn_day day, uint32_t cents);

/* A record's place, for the later date. */
size_t churn_records_complaint(churn_records *records, churn_complaint_record complaint);
size_t churn_records_invoice(churn_records *records, churn_invoice_record invoice);

void churn_records_closed(churn_records *records, size_t complaint, churn_day day);
void churn_records_paid(churn_records *records, size_t invoice, churn_day day);

/* Writes out the customer's row and records; `left` MISSING = still there. */
void churn_records_end(churn_records *records, churn_day joined, churn_day left);

void churn_records_truth(churn_records *records, churn_day as_of, double probability);

/* True when any memory ran out since the start. */
bool churn_records_failed(const churn_records *records);
void churn_records_clear(churn_records *records); /* sheets emptied */
void churn_records_free(churn_records *records);

#endif
