/* truth.json of the made-up world.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "simulate/description.h"

#include "base/error.h"

#include <inttypes.h>
#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

static const char hazard_words[] =
    "hazard(d) = exp(intercept + sum of coefficient * value as of d), value bounded to [lowest, "
    "highest] and when_missing where there is none; who is there at the start of d leaves on d "
    "with "
    "probability 1 - exp(-hazard(d)). A value as of d is made of rows dated before d only. Nothing "
    "else drives leaving. Nobody leaves on the day of joining or before leaving_from.";

static const char probability_words[] =
    "probability that the customer leaves in [as_of + gap, as_of + gap + horizon), given the whole "
    "state on as_of and that they do not leave in [as_of, as_of + gap): over seeded continuations "
    "of "
    "the histories, sum of exp(-H_gap) (1 - exp(-H_window)) over sum of exp(-H_gap), H the summed "
    "hazard along the continuation. Reps leaving and list prices moving are drawn anew in each.";

static const char row_words[] =
    "truth_customers customers, evenly spaced over the ids, on every one of truth_days on which "
    "they are in the base (joined before, not left before) and do not leave inside the gap";

static json_t *day_value(churn_day day)
{
  char text[CHURN_DAY_TEXT_SIZE];
  churn_day_format(day, text);
  return json_string(text);
}

/* The seed is text: a JSON whole number holds 63 bits, the seed has 64. */
static json_t *settings_value(const churn_simulate_settings *s)
{
  static const char *const others[] = {
      [CHURN_WORLD_BANK] = "bank", [CHURN_WORLD_WHOLESALE] = "wholesale"};
  char seed[24];
  snprintf(seed, sizeof seed, "%" PRIu64, s->seed);
  json_t *settings = json_pack(
      "{s:I, s:I, s:o, s:s, s:f, s:I, s:I, s:I, s:I}", "customers", (json_int_t)s->customers,
      "months", (json_int_t)s->months, "first_day", day_value(s->first_day), "seed", seed,
      "engagements_a_day", s->engagements_a_day, "truth_customers", (json_int_t)s->truth_customers,
      "continuations", (json_int_t)s->continuations, "horizon_days", (json_int_t)s->horizon_days,
      "gap_days", (json_int_t)s->gap_days);
  if (settings != NULL && s->world != CHURN_WORLD_TELECOM &&
      json_object_set_new(settings, "world", json_string(others[s->world])) != 0) {
    json_decref(settings);
    return NULL;
  }
  return settings;
}

static json_t *effects_value(const churn_world *world)
{
  json_t *list = json_array();
  for (int i = 0; list != NULL && i < CHURN_EFFECTS; i++) {
    const churn_effect *e = &world->effects[i];
    json_t *effect =
        json_pack("{s:s, s:s, s:s, s:s, s:f, s:f, s:f, s:f}", "name", e->name, "is", e->is, "words",
                  e->words, "unit", e->unit, "coefficient", e->coefficient, "lowest", e->lowest,
                  "highest", e->highest, "when_missing", e->when_missing);
    if (json_array_append_new(list, effect) != 0) {
      json_decref(list);
      return NULL;
    }
  }
  return list;
}

static json_t *days_value(const churn_day *days, size_t count)
{
  json_t *list = json_array();
  for (size_t i = 0; list != NULL && i < count; i++)
    if (json_array_append_new(list, day_value(days[i])) != 0) {
      json_decref(list);
      return NULL;
    }
  return list;
}

static json_t *counts_value(const churn_simulate_report *r)
{
  return json_pack("{s:I, s:I, s:I, s:I, s:I, s:I, s:I}", "customers", (json_int_t)r->customers,
                   "left", (json_int_t)r->left, "engagements", (json_int_t)r->engagements,
                   "complaints", (json_int_t)r->complaints, "prices", (json_int_t)r->prices, "reps",
                   (json_int_t)r->reps, "payments", (json_int_t)r->payments);
}

static json_t *hazard_value(const churn_world *world)
{
  return json_pack("{s:s, s:s, s:f, s:o, s:o}", "definition", hazard_words, "unit",
                   "leavers a day and customer present", "intercept", world->intercept,
                   "leaving_from", day_value(world->leaving_from), "effects", effects_value(world));
}

static json_t *truth_value(const churn_world *world, const churn_simulate_report *r)
{
  json_t *auc = isnan(r->best_auc) ? json_null() : json_real(r->best_auc);
  return json_pack("{s:s, s:s, s:I, s:o, s:o}", "probability", probability_words, "rows_are",
                   row_words, "rows", (json_int_t)r->truth_rows, "truth_days",
                   days_value(world->truth_days, world->truth_day_count), "best_auc", auc);
}

churn_status churn_description_truth(const churn_world *world, const churn_simulate_report *report,
                                     churn_output *output, churn_error *error)
{
  json_t *all =
      json_pack("{s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "settings", settings_value(&world->settings),
                "first_day", day_value(world->first_day), "last_day", day_value(world->last_day),
                "test_from", day_value(world->test_from), "counts", counts_value(report), "hazard",
                hazard_value(world), "truth", truth_value(world, report));
  char *text = all == NULL ? NULL : json_dumps(all, JSON_INDENT(2) | JSON_REAL_PRECISION(15));
  if (text != NULL) {
    churn_output_text(output, text);
    churn_output_text(output, "\n");
  }
  churn_status status = text == NULL ? churn_error_no_memory(error) : CHURN_OK;
  free(text);
  json_decref(all);
  return status;
}
