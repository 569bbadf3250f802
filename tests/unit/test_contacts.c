/* The log of contacts: which rows it touches, and what becomes of them.
 *
 * T = 2024-03-01, gap 10 days, horizon 30 days: contacts of [2024-01-31, 2024-03-11) count, the
 * last horizon before T and the gap.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "design/frame.h"
#include "design/pipeline.h"
#include "opened.h"

#include <stdlib.h>
#include <string.h>

#define PROJECT(CONTACTS)                                                                          \
  "version: 1\ncustomers: {from: customers.csv, id: id, left: gone}\n"                             \
  "histories:\n  calls: {from: calls.csv, id: id, day: on}\n"                                      \
  "  told: {from: told.csv, id: id, day: on, columns: {with: category}}\n"                         \
  "outcome: {horizon: 30d, gap: 10d}\ndata_until: 2024-12-31\n"                                    \
  "features: {n: count(calls)}\n" CONTACTS

typedef struct labelled {
  churn_project *project;
  churn_notes *notes;
  churn_pipeline *pipeline;
  churn_snapshots *snapshots;
} labelled;

/* a is told the day before the first that counts, b on that, c on the last, d the day after, e
 * never; b and e leave. */
static void write_sources(void)
{
  scratch_write("customers.csv", "id,gone\na,\nb,2024-03-15\nc,\nd,\ne,2024-03-20\n");
  scratch_write("calls.csv", "id,on\na,2024-01-05\nc,2024-01-06\n");
  scratch_write("told.csv", "id,on,with\na,2024-01-30,mail\nb,2024-01-31,mail\nc,2024-01-05,phone\n"
                            "c,2024-03-10,phone\nd,2024-03-11,mail\n");
}

static labelled label(const char *text, churn_snapshot_use use)
{
  labelled l = {.project = project_of(text), .notes = churn_notes_new()};
  const churn_run run = {.threads = 1, .notes = l.notes};
  const churn_pipeline_settings settings = {.with_labels = true};
  churn_error error = {0};
  write_sources();
  assert_ok(churn_pipeline_open(l.project, &settings, &run, &l.pipeline, &error), &error);
  assert_ok(churn_pipeline_snapshots(l.pipeline, day("2024-03-01"), day("2024-03-01"), use, &run,
                                     &l.snapshots, &error),
            &error);
  return l;
}

static void clear(labelled *l)
{
  churn_snapshots_free(l->snapshots);
  churn_pipeline_close(l->pipeline);
  churn_notes_free(l->notes);
  churn_project_free(l->project);
}

/* The customers of the rows as letters. */
static const char *who(const churn_snapshots *s)
{
  static char letters[8];
  for (size_t i = 0; i < s->count; i++)
    letters[i] = (char)('a' + s->rows[i].customer);
  letters[s->count] = '\0';
  return letters;
}

static void contacted_rows_are_dropped_counted_and_told_of(void **state)
{
  (void)state;
  static const char *const texts[] = {PROJECT("contacts: told\n"),
                                      PROJECT("contacts: {history: told, contacted: drop}\n")};
  for (int i = 0; i < 2; i++) {
    labelled l = label(texts[i], CHURN_SNAPSHOTS_LABELLED);
    const churn_snapshot_day *d = &l.snapshots->days[0];
    assert_string_equal(who(l.snapshots), "ade");
    assert_int_equal(d->base, 5);
    assert_int_equal(d->dropped, 2);
    assert_int_equal(d->churned, 1);
    assert_int_equal(d->stayed, 2);
    assert_int_equal(d->contacted, 2);
    assert_int_equal(d->contacted_churned, 1);
    assert_non_null(strstr(note_text(l.notes, "contacted_rows"), "2 rows are of customers"));
    clear(&l);
  }
}

static void kept_rows_keep_their_labels_and_are_counted(void **state)
{
  (void)state;
  labelled l =
      label(PROJECT("contacts: {history: told, contacted: keep}\n"), CHURN_SNAPSHOTS_LABELLED);
  const bool contacted[] = {false, true, true, false, false};
  assert_string_equal(who(l.snapshots), "abcde");
  for (size_t i = 0; i < 5; i++)
    assert_int_equal(l.snapshots->rows[i].contacted, contacted[i]);
  assert_int_equal(l.snapshots->days[0].contacted, 2);
  assert_int_equal(l.pipeline->feature_count, 1);
  clear(&l);
}

static void a_modelled_contact_is_a_feature_that_is_0_when_customers_are_scored(void **state)
{
  (void)state;
  labelled l =
      label(PROJECT("contacts: {history: told, contacted: model}\n"), CHURN_SNAPSHOTS_LABELLED);
  const double contacted[] = {0, 1, 1, 0, 0};
  churn_frame *frame = NULL;
  churn_snapshots *base = NULL;
  churn_error error = {0};
  assert_string_equal(who(l.snapshots), "abcde");
  assert_int_equal(l.pipeline->feature_count, 2);
  assert_ok(churn_frame_build(l.pipeline->plan, l.snapshots, 0, 5, 2, NULL, &frame, &error),
            &error);
  for (size_t i = 0; i < 5; i++)
    assert_close(churn_frame_get(frame, i, 1), contacted[i], 0, 0);
  churn_frame_free(frame);
  assert_ok(churn_pipeline_base(l.pipeline, day("2024-03-01"), NULL, &base, &error), &error);
  assert_int_equal(base->count, 5);
  assert_ok(churn_frame_build(l.pipeline->plan, base, 0, 5, 2, NULL, &frame, &error), &error);
  for (size_t i = 0; i < 5; i++)
    assert_close(churn_frame_get(frame, i, 1), 0, 0, 0);
  churn_frame_free(frame);
  churn_snapshots_free(base);
  clear(&l);
}

static void contacts_count_since_as_long_as_is_asked_for(void **state)
{
  (void)state;
  labelled l = label(PROJECT("contacts: {history: told, since: 31d}\n"), CHURN_SNAPSHOTS_LABELLED);
  assert_string_equal(who(l.snapshots), "de");
  clear(&l);
  l = label(PROJECT("contacts: {history: told, since: 1d}\n"), CHURN_SNAPSHOTS_LABELLED);
  assert_string_equal(who(l.snapshots), "abde");
  clear(&l);
}

/* Who leaves in the gap has a label where an event afterwards is the outcome, and less of the
 * gap to be contacted in: only what came before T counts, of everybody. */
static void the_gap_does_not_count_where_leavers_of_it_have_a_label(void **state)
{
  (void)state;
  static const char left[] =
      "version: 1\ncustomers: {from: customers.csv, id: id, left: gone}\n"
      "histories:\n  calls: {from: calls.csv, id: id, day: on}\n"
      "  told: {from: told.csv, id: id, day: on}\n"
      "outcome: {event: calls, horizon: 30d, gap: 10d}\ndata_until: 2024-12-31\n"
      "features: {n: count(calls)}\ncontacts: told\n";
  static const char unknown[] =
      "version: 1\ncustomers: {from: customers.csv, id: id}\n"
      "histories:\n  calls: {from: calls.csv, id: id, day: on}\n"
      "  told: {from: told.csv, id: id, day: on}\n"
      "outcome: {event: calls, horizon: 30d, gap: 10d}\ndata_until: 2024-12-31\n"
      "features: {n: count(calls)}\ncontacts: told\n";
  labelled l = label(left, CHURN_SNAPSHOTS_LABELLED);
  assert_string_equal(who(l.snapshots), "acde");
  clear(&l);
  l = label(unknown, CHURN_SNAPSHOTS_LABELLED);
  assert_string_equal(who(l.snapshots), "ade");
  clear(&l);
}

static void rows_that_count_losses_keep_their_labels(void **state)
{
  (void)state;
  labelled l = label(PROJECT("contacts: told\n"), CHURN_SNAPSHOTS_OBSERVED);
  assert_string_equal(who(l.snapshots), "abcde");
  assert_int_equal(l.snapshots->days[0].churned, 2);
  assert_int_equal(l.snapshots->days[0].stayed, 3);
  assert_null(note_text(l.notes, "contacted_rows"));
  clear(&l);
}

/* Labels of scored bases are used to judge past lists, in which who was contacted counts. */
static void rows_that_do_not_train_keep_their_labels(void **state)
{
  (void)state;
  labelled l = label(PROJECT("contacts: told\n"), CHURN_SNAPSHOTS_ALL);
  const int8_t labels[] = {0, 1, 0, 0, 1};
  assert_int_equal(l.snapshots->count, 5);
  for (size_t i = 0; i < 5; i++)
    assert_int_equal(l.snapshots->rows[i].label, labels[i]);
  assert_null(note_text(l.notes, "contacted_rows"));
  clear(&l);
}

static void the_log_does_not_tell_when_the_data_end(void **state)
{
  (void)state;
  write_sources();
  opened o = opened_ok("version: 1\ncustomers: {from: customers.csv, id: id, left: gone}\n"
                       "histories:\n  calls: {from: calls.csv, id: id, day: on}\n"
                       "  told: {from: told.csv, id: id, day: on}\n"
                       "outcome: {horizon: 30d}\ncontacts: told\nfeatures: {n: count(calls)}\n");
  assert_int_equal(o.data->data_until, day("2024-01-06"));
  opened_close(&o);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(contacted_rows_are_dropped_counted_and_told_of),
      cmocka_unit_test(kept_rows_keep_their_labels_and_are_counted),
      cmocka_unit_test(a_modelled_contact_is_a_feature_that_is_0_when_customers_are_scored),
      cmocka_unit_test(contacts_count_since_as_long_as_is_asked_for),
      cmocka_unit_test(the_gap_does_not_count_where_leavers_of_it_have_a_label),
      cmocka_unit_test(rows_that_count_losses_keep_their_labels),
      cmocka_unit_test(rows_that_do_not_train_keep_their_labels),
      cmocka_unit_test(the_log_does_not_tell_when_the_data_end),
  };
  return cmocka_run_group_tests(tests, scratch_setup, scratch_teardown);
}
