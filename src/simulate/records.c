/* What one customer's life leaves in the files.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "simulate/records.h"

#include "base/memory.h"
#include "base/number.h"
#include "simulate/stream.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { CHANNELS = CHURN_MOODS / 2 };

/* As in the telecom; the others differ from it. */
static const struct {
  const char *name, *heading;
} files[CHURN_FILES] = {
    [CHURN_FILE_CUSTOMERS] = {"customers.csv",
                              "customer_id,signup_date,closed_date,region,segment,employees\n"},
    [CHURN_FILE_ENGAGEMENTS] = {"interactions.csv", "customer_id,date,channel\n"},
    [CHURN_FILE_COMPLAINTS] = {"complaints.csv",
                               "customer_id,opened_at,closed_at,severity,category\n"},
    [CHURN_FILE_PRICES] = {"prices.csv", "customer_id,effective_date,tier,monthly_fee\n"},
    [CHURN_FILE_REPS] = {"rep_assignments.csv", "customer_id,start_date,rep_id\n"},
    [CHURN_FILE_PAYMENTS] = {"invoices.csv", "customer_id,issued,due,paid,amount\n"},
    [CHURN_FILE_BALANCES] = {"balances.csv", "customer_id,date,balance\n"},
    [CHURN_FILE_TRUTH] = {"truth.csv", "customer_id,as_of,probability\n"},
};

const char *churn_file_name(churn_world_kind world, churn_file file)
{
  if (file == CHURN_FILE_BALANCES && world != CHURN_WORLD_BANK)
    return NULL;
  if (file == CHURN_FILE_ENGAGEMENTS && world == CHURN_WORLD_WHOLESALE)
    return "orders.csv";
  return files[file].name;
}

const char *churn_file_heading(churn_world_kind world, churn_file file)
{
  if (world == CHURN_WORLD_WHOLESALE && file == CHURN_FILE_CUSTOMERS)
    return "customer_id,signup_date,region,segment,employees\n";
  if (world == CHURN_WORLD_WHOLESALE && file == CHURN_FILE_ENGAGEMENTS)
    return "customer_id,date,amount\n";
  return files[file].heading;
}

const char *const churn_tier_names[CHURN_TIERS] = {"basic", "standard", "premium"};

static const char *const region_names[] = {"north", "east", "south", "west"};
static const char *const segment_names[] = {"small business", "mid-market", "enterprise"};
static const char *const channel_names[CHANNELS] = {"email", "phone", "meeting", "portal"};
static const char *const category_names[] = {"billing", "quality", "outage", "support", "delivery"};

static churn_sheet *start_row(churn_records *records, churn_file file)
{
  churn_sheet *sheet = &records->sheets[file];
  churn_sheet_bytes(sheet, records->id, records->id_length);
  churn_sheet_comma(sheet);
  return sheet;
}

void churn_records_begin(churn_records *records, uint32_t number, const churn_profile *profile)
{
  int length = snprintf(records->id, sizeof records->id, "C%06u", number + 1);
  records->id_length = (size_t)length;
  records->profile = *profile;
  records->amounts = churn_random_stream(records->world->settings.seed,
                                         churn_stream_number(CHURN_STREAM_AMOUNTS, number));
  records->complaint_count = 0;
  records->invoice_count = 0;
}

static uint32_t draw_amount(churn_records *records)
{
  static const double typical[3] = {70, 320, 1900}; /* by segment */
  double factor = exp(0.5 * churn_random_gaussian(&records->amounts));
  return (uint32_t)lround(100 * typical[records->profile.segment] * factor);
}

void churn_records_engagement(churn_records *records, churn_day day, unsigned mood)
{
  unsigned channel = mood < CHANNELS ? mood : records->profile.favourite_channel;
  churn_sheet *sheet = start_row(records, CHURN_FILE_ENGAGEMENTS);
  churn_sheet_day(sheet, records->world, day);
  churn_sheet_comma(sheet);
  if (records->world->settings.world == CHURN_WORLD_WHOLESALE)
    churn_sheet_money(sheet, draw_amount(records));
  else
    churn_sheet_text(sheet, channel_names[channel]);
  churn_sheet_end_row(sheet);
}

void churn_records_price(churn_records *records, churn_day day, unsigned tier, uint32_t cents)
{
  churn_sheet *sheet = start_row(records, CHURN_FILE_PRICES);
  churn_sheet_day(sheet, records->world, day);
  churn_sheet_comma(sheet);
  churn_sheet_text(sheet, churn_tier_names[tier]);
  churn_sheet_comma(sheet);
  churn_sheet_money(sheet, cents);
  churn_sheet_end_row(sheet);
}

void churn_records_rep(churn_records *records, churn_day day, uint32_t rep)
{
  char text[16];
  int length = snprintf(text, sizeof text, "R-%03u", rep);
  churn_sheet *sheet = start_row(records, CHURN_FILE_REPS);
  churn_sheet_day(sheet, records->world, day);
  churn_sheet_comma(sheet);
  churn_sheet_bytes(sheet, text, (size_t)length);
  churn_sheet_end_row(sheet);
}

void churn_records_balance(churn_records *records, churn_day day, uint32_t cents)
{
  churn_sheet *sheet = start_row(records, CHURN_FILE_BALANCES);
  churn_sheet_day(sheet, records->world, day);
  churn_sheet_comma(sheet);
  churn_sheet_money(sheet, cents);
  churn_sheet_end_row(sheet);
}

size_t churn_records_complaint(churn_records *records, churn_complaint_record complaint)
{
  if (!churn_array_reserve(&records->complaints, &records->complaint_capacity,
                           records->complaint_count + 1, sizeof complaint)) {
    records->failed = true;
    return 0;
  }
  records->complaints[records->complaint_count] = complaint;
  return records->complaint_count++;
}

size_t churn_records_invoice(churn_records *records, churn_invoice_record invoice)
{
  if (!churn_array_reserve(&records->invoices, &records->invoice_capacity,
                           records->invoice_count + 1, sizeof invoice)) {
    records->failed = true;
    return 0;
  }
  records->invoices[records->invoice_count] = invoice;
  return records->invoice_count++;
}

void churn_records_closed(churn_records *records, size_t complaint, churn_day day)
{
  if (complaint < records->complaint_count)
    records->complaints[complaint].closed = day;
}

void churn_records_paid(churn_records *records, size_t invoice, churn_day day)
{
  if (invoice < records->invoice_count)
    records->invoices[invoice].paid = day;
}

static void write_complaints(churn_records *records)
{
  for (size_t i = 0; i < records->complaint_count; i++) {
    const churn_complaint_record *c = &records->complaints[i];
    churn_sheet *sheet = start_row(records, CHURN_FILE_COMPLAINTS);
    churn_sheet_day(sheet, records->world, c->opened);
    churn_sheet_comma(sheet);
    churn_sheet_day(sheet, records->world, c->closed);
    churn_sheet_comma(sheet);
    churn_sheet_whole(sheet, c->severity);
    churn_sheet_comma(sheet);
    churn_sheet_text(sheet, category_names[c->category]);
    churn_sheet_end_row(sheet);
  }
}

static void write_invoices(churn_records *records)
{
  for (size_t i = 0; i < records->invoice_count; i++) {
    const churn_invoice_record *v = &records->invoices[i];
    churn_sheet *sheet = start_row(records, CHURN_FILE_PAYMENTS);
    churn_sheet_day(sheet, records->world, v->issued);
    churn_sheet_comma(sheet);
    char due[CHURN_DAY_TEXT_SIZE];
    churn_day_format(v->due, due); /* may lie after the world's last day */
    churn_sheet_text(sheet, due);
    churn_sheet_comma(sheet);
    churn_sheet_day(sheet, records->world, v->paid);
    churn_sheet_comma(sheet);
    churn_sheet_money(sheet, v->cents);
    churn_sheet_end_row(sheet);
  }
}

void churn_records_end(churn_records *records, churn_day joined, churn_day left)
{
  churn_sheet *sheet = start_row(records, CHURN_FILE_CUSTOMERS);
  churn_sheet_day(sheet, records->world, joined);
  churn_sheet_comma(sheet);
  if (records->world->settings.world != CHURN_WORLD_WHOLESALE) {
    churn_sheet_day(sheet, records->world, left);
    churn_sheet_comma(sheet);
  }
  churn_sheet_text(sheet, region_names[records->profile.region]);
  churn_sheet_comma(sheet);
  churn_sheet_text(sheet, segment_names[records->profile.segment]);
  churn_sheet_comma(sheet);
  churn_sheet_whole(sheet, records->profile.employees);
  churn_sheet_end_row(sheet);
  write_complaints(records);
  write_invoices(records);
}

void churn_records_truth(churn_records *records, churn_day as_of, double probability)
{
  char text[CHURN_NUMBER_TEXT_SIZE];
  churn_sheet *sheet = start_row(records, CHURN_FILE_TRUTH);
  churn_sheet_day(sheet, records->world, as_of);
  churn_sheet_comma(sheet);
  churn_sheet_bytes(sheet, text, churn_number_format(probability, text));
  churn_sheet_end_row(sheet);
}

bool churn_records_failed(const churn_records *records)
{
  bool failed = records->failed;
  for (int file = 0; file < CHURN_FILES; file++)
    failed = failed || records->sheets[file].failed;
  return failed;
}

void churn_records_clear(churn_records *records)
{
  for (int file = 0; file < CHURN_FILES; file++)
    churn_sheet_clear(&records->sheets[file]);
}

void churn_records_free(churn_records *records)
{
  for (int file = 0; file < CHURN_FILES; file++)
    churn_sheet_free(&records->sheets[file]);
  free(records->complaints);
  free(records->invoices);
  memset(records, 0, sizeof *records);
}
