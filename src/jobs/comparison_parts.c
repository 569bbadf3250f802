/* The parts of a comparison's JSON that are not sets and pairs: where it comes from, and what is
 * said of the best set.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "jobs/comparison_json.h"

void churn_json_estimate(churn_json_text *text, int indent, const char *key,
                         const churn_estimate *estimate)
{
  const churn_json_pair pairs[] = {
      {"value", estimate->value}, {"low", estimate->low}, {"high", estimate->high}};
  churn_json_numbers_at(text, indent, key, pairs, sizeof pairs / sizeof pairs[0]);
}

void churn_json_texts(churn_json_text *text, int indent, const char *key, char *const *texts,
                      size_t count)
{
  churn_json_key(text, indent, key, false);
  churn_json_append(text, "[");
  for (size_t i = 0; i < count; i++) {
    churn_json_append(text, i == 0 ? "" : ", ");
    churn_json_quote(text, texts[i]);
  }
  churn_json_append(text, "]");
}

static void append_day(churn_json_text *text, const char *key, churn_day day)
{
  churn_json_key(text, 4, key, false);
  churn_json_day(text, day);
}

/* As they were given, so that they can be given again. */
static void append_settings(churn_json_text *text, const churn_compare_settings *s)
{
  static const char *const parts[] = {NULL, "family", "feature"};
  churn_json_key(text, 2, "settings", false);
  churn_json_append(text, "{");
  churn_json_key(text, 4, "sets", true);
  churn_json_text_or_null(text, s->sets);
  churn_json_key(text, 4, "leave_one_out", false);
  churn_json_text_or_null(text, parts[s->leave_one_out]);
  churn_json_key(text, 4, "only_one", false);
  churn_json_text_or_null(text, parts[s->only_one]);
  churn_json_whole_at(text, 4, "capacity", s->capacity);
  churn_json_whole_at(text, 4, "folds", s->folds);
  churn_json_whole_at(text, 4, "window_days", (uint64_t)s->window_days);
  churn_json_whole_at(text, 4, "seed", s->seed);
  append_day(text, "first", s->first);
  append_day(text, "last", s->last);
  append_day(text, "test_from", s->test_from);
  churn_json_truth_at(text, 4, "all_pairs", s->all_pairs);
  churn_json_truth_at(text, 4, "brief", s->brief);
  churn_json_append(text, "}");
}

static void append_inputs(churn_json_text *text, const churn_comparison *c)
{
  churn_json_list_open(text, 2, "data");
  for (size_t i = 0; i < c->input_count; i++) {
    churn_json_item(text, 4, i == 0);
    churn_json_append(text, "{\"source\": ");
    churn_json_quote(text, c->inputs[i].source);
    churn_json_append(text, ", \"rows\": ");
    churn_json_whole(text, c->inputs[i].rows);
    churn_json_append(text, ", \"fingerprint\": ");
    churn_json_quote(text, c->inputs[i].fingerprint);
    churn_json_append(text, "}");
  }
  churn_json_append(text, "]");
}

static void append_definitions(churn_json_text *text, const churn_comparison *c)
{
  churn_json_list_open(text, 2, "definitions");
  for (size_t i = 0; i < c->feature_count; i++) {
    churn_json_item(text, 4, i == 0);
    churn_json_append(text, "{\"name\": ");
    churn_json_quote(text, c->features[i]);
    churn_json_append(text, ", \"expression\": ");
    churn_json_quote(text, c->expressions[i]);
    churn_json_append(text, "}");
  }
  churn_json_append(text, "]");
}

void churn_json_origin(const churn_comparison *comparison, churn_json_text *text)
{
  churn_json_key(text, 2, "program", true);
  churn_json_quote(text, "churn " CHURN_VERSION);
  append_settings(text, &comparison->settings);
  append_inputs(text, comparison);
  churn_json_key(text, 2, "data_until", false);
  churn_json_day(text, comparison->data_until);
  churn_json_whole_at(text, 2, "gap_days", (uint64_t)comparison->gap_days);
  churn_json_whole_at(text, 2, "horizon_days", (uint64_t)comparison->horizon_days);
  append_definitions(text, comparison);
}

static void append_learning(churn_json_text *text, const churn_comparison *c)
{
  churn_json_list_open(text, 2, "learning");
  for (size_t i = 0; i < c->learning_count; i++) {
    const churn_learning_point *p = &c->learning[i];
    const churn_json_pair pairs[] = {{"share", p->share}, {"customers", p->customers}};
    churn_json_item(text, 4, i == 0);
    churn_json_append(text, "{");
    churn_json_numbers(text, pairs, sizeof pairs / sizeof pairs[0], true);
    churn_json_estimate(text, 6, "auc", &p->auc);
    churn_json_estimate(text, 6, "missed", &p->missed);
    churn_json_append(text, "}");
  }
  churn_json_append(text, "]");
}

static void append_columns(churn_json_text *text, const churn_comparison *c,
                           const churn_compared_feature *f)
{
  churn_json_list_open(text, 6, "coefficients");
  for (size_t i = 0; i < f->column_count; i++) {
    const churn_compared_column *column = &c->columns[f->first_column + i];
    const churn_json_pair pairs[] = {
        {"estimate", column->estimate},   {"lower", column->low},
        {"upper", column->high},          {"odds_ratio", column->odds_ratio},
        {"odds_lower", column->odds_low}, {"odds_upper", column->odds_high}};
    churn_json_item(text, 8, i == 0);
    churn_json_append(text, "{\"name\": ");
    churn_json_quote(text, column->name);
    churn_json_numbers(text, pairs, sizeof pairs / sizeof pairs[0], false);
    churn_json_append(text, "}");
  }
  churn_json_append(text, "]");
}

/* Names of the others of its group. */
static void append_group(churn_json_text *text, const churn_comparison *c, size_t feature)
{
  const churn_compared_feature *f = &c->best_features[feature];
  bool any = false;
  churn_json_key(text, 6, "collinear_with", false);
  churn_json_append(text, "[");
  for (size_t i = 0; i < c->best_feature_count; i++)
    if (i != feature && f->group > 0 && c->best_features[i].group == f->group) {
      churn_json_append(text, any ? ", " : "");
      churn_json_quote(text, c->best_features[i].name);
      any = true;
    }
  churn_json_append(text, "]");
}

static void append_features(churn_json_text *text, const churn_comparison *c)
{
  churn_json_list_open(text, 2, "best_features");
  for (size_t i = 0; i < c->best_feature_count; i++) {
    const churn_compared_feature *f = &c->best_features[i];
    const churn_json_pair pairs[] = {{"df", f->test.df},      {"chi2", f->test.chi2},
                                     {"p", f->test.p},        {"scaled_gvif", f->test.scaled_gvif},
                                     {"missing", f->missing}, {"drift", f->drift}};
    churn_json_item(text, 4, i == 0);
    churn_json_append(text, "{\"name\": ");
    churn_json_quote(text, f->name);
    churn_json_estimate(text, 6, "permutation_drop", &f->drop);
    churn_json_append(text, ",");
    churn_json_line(text, 6);
    churn_json_numbers(text, pairs, sizeof pairs / sizeof pairs[0], true);
    append_group(text, c, i);
    append_columns(text, c, f);
    churn_json_append(text, "}");
  }
  churn_json_append(text, "]");
}

void churn_json_best(const churn_comparison *comparison, churn_json_text *text)
{
  churn_json_text_at(text, 2, "best", comparison->sets[comparison->best].name);
  append_learning(text, comparison);
  churn_json_whole_at(text, 2, "shuffles", comparison->shuffles);
  churn_json_key(text, 2, "tests", false);
  churn_json_text_or_null(text, comparison->test_kind);
  churn_json_key(text, 2, "intervals", false);
  churn_json_text_or_null(text, comparison->interval_kind);
  append_features(text, comparison);
}
