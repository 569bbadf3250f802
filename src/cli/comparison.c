/* A comparison of feature sets on a terminal.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "cmd.h"

#include <math.h>
#include <string.h>

enum { WIDTH = 100 };

static const char *figure(double value, int digits)
{
  return isnan(value) ? "none" : cli_number(value, digits);
}

static const char *share(double value)
{
  return isnan(value) ? "none" : cli_percent(value, 1);
}

static const char *interval(const churn_estimate *e, int digits)
{
  if (isnan(e->low))
    return "none";
  return cli_format("%s to %s", cli_number(e->low, digits), cli_number(e->high, digits));
}

static void print_rows(const churn_comparison *c, FILE *file)
{
  fprintf(file, "Judged on %s (%s, %s churned), each by models that did not see it:\n",
          cli_plural(c->rows, "row"), cli_plural(c->customers, "customer"), cli_count(c->churners));
  if (c->rule == CHURN_FOLDS_TIME)
    fprintf(file, "%s from %s to %s, trained on the label windows that had closed by then.\n",
            cli_plural(c->fold_count, "as-of day"), cli_text_day(c->folds[0].as_of),
            cli_text_day(c->folds[c->fold_count - 1].as_of));
  else
    fprintf(file, "%s of customers, seed %llu.\n", cli_plural(c->fold_count, "fold"),
            (unsigned long long)c->seed);
  if (c->kept_back > 0)
    fprintf(file, "%s left for `churn evaluate` by test_from or split.\n",
            cli_plural(c->kept_back, "row"));
}

static void print_sets(const churn_comparison *c, FILE *file)
{
  cli_table *table = cli_table_new("lrrlrrrrrr");
  cli_table_row(table, "set", "cols", "AUC", "95 %", "log-loss", "Brier", "slope", "lift",
                "churners", "money");
  for (size_t i = 0; i < c->set_count; i++) {
    const churn_compared_set *s = &c->sets[i];
    cli_table_row(table, s->name, cli_count(s->columns), figure(s->auc.value, 3),
                  interval(&s->auc, 3), figure(s->log_loss.value, 4), figure(s->brier.value, 4),
                  figure(s->calibration_slope, 2), figure(s->lift.value, 2),
                  share(s->captured.value), share(s->captured_value.value));
  }
  cli_table_narrow(table, WIDTH);
  cli_table_print(table, file, "  ");
  if (c->capacity == 0)
    fputs("  lift, churners and money: in the riskiest tenth of each list.\n", file);
  else
    fprintf(file,
            "  lift: in the riskiest tenth of each list; churners and money: share within %s "
            "a day.\n",
            cli_plural(c->capacity, "call"));
}

static void find_range(const churn_comparison *c, const churn_compared_set *s, double *least,
                       double *most)
{
  *least = *most = NAN;
  for (size_t f = 0; f < c->fold_count; f++) {
    *least = fmin(*least, s->fold_aucs[f]);
    *most = fmax(*most, s->fold_aucs[f]);
  }
}

static void print_steadiness(const churn_comparison *c, FILE *file)
{
  cli_table *table = cli_table_new("lrrrrrrr");
  cli_table_row(table, "set", "worst fold", "best fold", "random folds claim", "ms/1,000", "bytes",
                "fit ms", "");
  for (size_t i = 0; i < c->set_count; i++) {
    const churn_compared_set *s = &c->sets[i];
    double least, most;
    find_range(c, s, &least, &most);
    cli_table_row(table, s->name, figure(least, 3), figure(most, 3),
                  isnan(s->random_auc) ? (c->partial ? "not done" : "the same")
                                       : cli_format("%s (%s%s)", cli_number(s->random_auc, 3),
                                                    s->random_auc >= s->auc.value ? "+" : "",
                                                    cli_number(s->random_auc - s->auc.value, 3)),
                  figure(s->extraction_ms, 2), cli_count(s->row_bytes), figure(s->fit_ms, 1), "");
  }
  cli_table_narrow(table, WIDTH);
  cli_table_print(table, file, "  ");
  fputs("  random folds: AUC had single rows been dealt out at random; ms/1,000 and bytes: to\n"
        "  extract the set for a thousand customers, and to keep one customer's; fit ms: of what\n"
        "  fits of several sets share, each has a share by its columns.\n",
        file);
}

static const char *signed_figure(double value, int digits)
{
  if (isnan(value))
    return "none";
  return cli_format("%s%s", value >= 0 ? "+" : "", cli_number(value, digits));
}

static const char *p_text(double p)
{
  return isnan(p) ? "none" : p < 0.0001 ? "<0.0001" : cli_number(p, 4);
}

static const char *signed_share(double value)
{
  return isnan(value) ? "none" : cli_format("%s%s", value >= 0 ? "+" : "", cli_percent(value, 1));
}

static const char *share_interval(const churn_estimate *e)
{
  if (isnan(e->low))
    return "none";
  return cli_format("%s to %s", cli_percent(e->low, 1), cli_percent(e->high, 1));
}

static const char *pair_name(const churn_comparison *c, const churn_compared_pair *p)
{
  const char *second = c->sets[p->second].name;
  return p->first == 0 ? second : cli_format("%s, %s", second, c->sets[p->first].name);
}

static void print_pairs(const churn_comparison *c, FILE *file)
{
  cli_table *areas = cli_table_new("lrlrrrl"), *gains = cli_table_new("lrlrl");
  cli_table_row(areas, "difference", "AUC", "95 %", "p", "p (Holm)", "log-loss", "95 %");
  cli_table_row(gains, "difference", "churners", "95 %", "money", "95 %");
  for (size_t i = 0; i < c->pair_count; i++) {
    const churn_compared_pair *p = &c->pairs[i];
    cli_table_row(areas, pair_name(c, p), signed_figure(p->auc.value, 3), interval(&p->auc, 3),
                  p_text(p->p), p_text(p->p_adjusted), signed_figure(p->log_loss.value, 4),
                  interval(&p->log_loss, 4));
    cli_table_row(gains, pair_name(c, p), signed_share(p->captured.value),
                  share_interval(&p->captured), signed_share(p->captured_value.value),
                  share_interval(&p->captured_value));
  }
  cli_table_narrow(areas, WIDTH);
  cli_table_narrow(gains, WIDTH);
  cli_table_print(areas, file, "  ");
  fputc('\n', file);
  cli_table_print(gains, file, "  ");
}

/* Words on lines of at most WIDTH, those after the first indented more. */
static void print_wrapped(const char *text, FILE *file)
{
  const char *before = "  ";
  size_t used = 0;
  for (size_t length; *text != '\0'; text += length + (text[length] == ' ')) {
    length = strcspn(text, " ");
    if (used > 0 && used + 1 + length > WIDTH) {
      before = "\n    ";
      used = 3;
    }
    fprintf(file, "%s%.*s", before, (int)length, text);
    used += strlen(before) + length;
    before = " ";
  }
  fputc('\n', file);
}

/* How the nested pairs are tested; NULL without any. */
static const char *nested_test(const churn_comparison *c)
{
  const char *test = NULL;
  for (size_t i = 0; i < c->pair_count; i++)
    if (c->pairs[i].nested.df > 0)
      test = c->pairs[i].nested.wald ? "Wald" : "likelihood ratio";
  return test;
}

static void print_nested(const churn_comparison *c, FILE *file)
{
  const char *test = nested_test(c);
  if (test == NULL)
    return;
  cli_table *table = cli_table_new("lnrrr");
  cli_table_row(table, "nested sets", "larger", "df", test, "p");
  for (size_t i = 0; i < c->pair_count; i++) {
    const churn_compared_pair *p = &c->pairs[i];
    if (p->nested.df > 0)
      cli_table_row(table, pair_name(c, p), c->sets[p->nested.larger].name, cli_count(p->nested.df),
                    figure(p->nested.chi2, 1), p_text(p->nested.p));
  }
  cli_table_narrow(table, WIDTH);
  cli_table_print(table, file, "  ");
  fprintf(file,
          "  %s: on all rows, is there anything in the columns that the larger has more of.\n\n",
          test);
}

static void print_verdicts(const churn_comparison *c, FILE *file)
{
  for (size_t i = 0; i < c->pair_count; i++) {
    const churn_compared_pair *p = &c->pairs[i];
    double cost = c->sets[p->second].extraction_ms - c->sets[p->first].extraction_ms;
    if (isnan(cost)) {
      print_wrapped(p->verdict, file);
      continue;
    }
    print_wrapped(cli_format("%s; %s ms %s per thousand customers", p->verdict,
                             cli_number(fabs(cost), 2), cost >= 0 ? "more" : "less"),
                  file);
  }
}

static void print_learning(const churn_comparison *c, FILE *file)
{
  cli_table *table = cli_table_new("rrlrl");
  fprintf(file, "\nHow %s learns:\n", c->sets[c->best].name);
  cli_table_row(table, "customers", "AUC", "95 %", "missed", "95 %");
  for (size_t i = 0; i < c->learning_count; i++) {
    const churn_learning_point *p = &c->learning[i];
    bool last = isnan(p->missed.value);
    cli_table_row(table, cli_count((uint64_t)(p->customers + 0.5)), figure(p->auc.value, 3),
                  interval(&p->auc, 3), last ? "" : signed_figure(p->missed.value, 3),
                  last ? "" : interval(&p->missed, 3));
  }
  cli_table_print(table, file, "  ");
  fputs("  missed: what all customers gain over so many.\n", file);
}

static const char *short_interval(double low, double high, int digits)
{
  return isnan(low) ? "none" : cli_format("%.*g to %.*g", digits, low, digits, high);
}

static void print_coefficients(const churn_comparison *c, FILE *file)
{
  cli_table *table = cli_table_new("lrlrl");
  cli_table_row(table, "column", "coefficient", "95 %", "odds ratio", "95 %");
  for (size_t i = 0; i < c->column_count; i++) {
    const churn_compared_column *column = &c->columns[i];
    bool none = isnan(column->estimate);
    cli_table_row(table, column->name, none ? "none" : cli_format("%.3g", column->estimate),
                  short_interval(column->low, column->high, 3),
                  none ? "none" : cli_format("%.4g", column->odds_ratio),
                  short_interval(column->odds_low, column->odds_high, 4));
  }
  cli_table_narrow(table, WIDTH);
  cli_table_print(table, file, "  ");
}

static void print_groups(const churn_comparison *c, FILE *file)
{
  for (uint32_t group = 1, found = 1; found; group++) {
    const char *line = "  move together (correlation of 0.8 or more):";
    found = 0;
    for (size_t i = 0; i < c->best_feature_count; i++)
      if (c->best_features[i].group == group)
        line = cli_format("%s%s %s", line, found++ ? "," : "", c->best_features[i].name);
    if (found)
      print_wrapped(line + 2, file);
  }
}

static void print_features(const churn_comparison *c, FILE *file)
{
  cli_table *table = cli_table_new("lrlrrrrr");
  fprintf(file, "\nFeatures of %s:\n", c->sets[c->best].name);
  cli_table_row(table, "feature", "lost", "95 %", "test", "p", "missing", "drift", "infl.");
  for (size_t i = 0; i < c->best_feature_count; i++) {
    const churn_compared_feature *f = &c->best_features[i];
    cli_table_row(table, f->name, figure(f->drop.value, 4), interval(&f->drop, 4),
                  figure(f->test.chi2, 1), p_text(f->test.p), share(f->missing),
                  figure(f->drift, 2), figure(f->test.scaled_gvif, 1));
  }
  cli_table_narrow(table, WIDTH);
  cli_table_print(table, file, "  ");
  fprintf(
      file,
      "  lost: AUC, out of fold, when the feature is shuffled among customers; test: %s;\n"
      "  drift: of the last as-of day against the first (above 0.1: look); infl.: above 2, much\n"
      "  the same as others.\n",
      strcmp(c->test_kind, "likelihood_ratio") == 0 ? "likelihood ratio"
      : strcmp(c->test_kind, "wald") == 0           ? "Wald"
                                                    : "none");
  print_groups(c, file);
  fputc('\n', file);
  print_coefficients(c, file);
}

void cli_print_comparison(const churn_comparison *comparison, FILE *file)
{
  if (comparison->partial)
    fprintf(file, "PARTIAL: ended early; %zu of %zu folds are judged.\n", comparison->fold_count,
            comparison->planned_folds);
  print_rows(comparison, file);
  fputc('\n', file);
  print_sets(comparison, file);
  fputc('\n', file);
  print_steadiness(comparison, file);
  if (comparison->pair_count > 0) {
    fprintf(file, "\nAgainst %s, where no other set is named:\n", comparison->sets[0].name);
    print_pairs(comparison, file);
    fputc('\n', file);
    print_nested(comparison, file);
    print_verdicts(comparison, file);
  }
  if (comparison->learning_count > 0)
    print_learning(comparison, file);
  if (comparison->best_feature_count > 0)
    print_features(comparison, file);
}

static void print_record(const churn_recorded_comparison *r, FILE *file)
{
  cli_table *table = cli_table_new("lrlr");
  const char *folds = r->by_time ? cli_format("by time, %s to %s", r->first_as_of, r->last_as_of)
                                 : cli_format("%s of customers", cli_plural(r->folds, "fold"));
  print_wrapped(cli_format("%llu: %s (%s churned); %s; data %s; %s; id %s",
                           (unsigned long long)r->line, cli_plural(r->rows, "row"),
                           cli_count(r->churners), folds, r->data, r->program, r->id),
                file);
  for (size_t i = 0; i < r->set_count; i++) {
    const churn_recorded_set *s = &r->sets[i];
    cli_table_row(table, s->name, figure(s->auc.value, 3), interval(&s->auc, 3),
                  figure(s->log_loss, 4));
  }
  cli_table_narrow(table, WIDTH);
  cli_table_print(table, file, "      ");
  for (size_t i = 0; i < r->verdict_count; i++)
    print_wrapped(cli_format("    %s", r->verdicts[i]), file);
  fprintf(file, "      again: churn compare PROJECT%s\n", r->options);
}

void cli_print_ledger(const churn_ledger *ledger, FILE *file)
{
  fprintf(file, "%s in %s%s\n", cli_plural(ledger->count, "comparison"), ledger->path,
          ledger->count > 0 ? ": sets with AUC, its interval, and log-loss." : ".");
  for (size_t i = 0; i < ledger->count; i++) {
    fputc('\n', file);
    print_record(&ledger->comparisons[i], file);
  }
}
