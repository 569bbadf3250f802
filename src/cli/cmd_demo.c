/* churn demo: simulate, train, evaluate, score, and say what to look at. Every step is a library
 * call that a verb makes too.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "cmd.h"

#include <math.h>
#include <string.h>

enum { SHOWN_CUSTOMERS = 10, SHOWN_COLUMNS = 6, PATH_SIZE = 4096 };

/* Paths of the demo's files. */
typedef struct paths {
  char project[PATH_SIZE];
  char features[PATH_SIZE];
  char model[PATH_SIZE];
  char list[PATH_SIZE];
} paths;

static churn_status make_paths(cli *c, const char *folder, paths *p)
{
  if (strlen(folder) > PATH_SIZE - 64)
    return cli_usage(c, "the folder's name is too long");
  snprintf(p->project, PATH_SIZE, "%s/churn.yaml", folder);
  snprintf(p->features, PATH_SIZE, "%s/features.csv", folder);
  snprintf(p->model, PATH_SIZE, "%s/model.json", folder);
  snprintf(p->list, PATH_SIZE, "%s/ranked.csv", folder);
  return CHURN_OK;
}

static churn_status tell_world(cli *c, const char *folder, churn_simulate_report *report)
{
  churn_simulate_settings settings = {.truth_customers = 600};
  churn_status status = churn_simulate(folder, &settings, &c->run, report, &c->error);
  if (status != CHURN_OK)
    return status;
  cli_progress_clear();
  printf("1. A made-up company, %s to %s\n\n", cli_text_day(report->first_day),
         cli_text_day(report->last_day));
  printf("   %s customers, of whom %s left. Their histories: %s engagements, %s complaints,\n"
         "   %s price rows, %s rep assignments, %s invoices.\n\n",
         cli_count(report->customers), cli_count(report->left), cli_count(report->engagements),
         cli_count(report->complaints), cli_count(report->prices), cli_count(report->reps),
         cli_count(report->payments));
  return CHURN_OK;
}

/* The strongest columns by |z|, which is what a reader asks for first. */
static void print_strongest(const churn_model *model)
{
  cli_table *table = cli_table_new("lrrr");
  bool shown[4096] = {false};
  cli_table_row(table, "column", "estimate", "std error", "z");
  for (int k = 0; k < SHOWN_COLUMNS; k++) {
    size_t best = SIZE_MAX;
    for (size_t i = 0; i < model->column_count && i < sizeof shown; i++)
      if (!shown[i] &&
          (best == SIZE_MAX || fabs(model->columns[i].z) > fabs(model->columns[best].z)))
        best = i;
    if (best == SIZE_MAX)
      break;
    shown[best] = true;
    const churn_model_column *column = &model->columns[best];
    cli_table_row(table, column->name, cli_number(column->estimate, 4),
                  cli_number(column->std_error, 4), cli_number(column->z, 1));
  }
  cli_table_print(table, stdout, "   ");
}

static churn_status tell_model(cli *c, const churn_project *project, const paths *p,
                               churn_model **model)
{
  churn_features_settings features = {NULL, CHURN_DAY_MISSING, CHURN_DAY_MISSING};
  churn_train_settings settings = {
      .first = CHURN_DAY_MISSING, .last = CHURN_DAY_MISSING, .test_from = CHURN_DAY_MISSING};
  churn_status status =
      churn_features_write(project, &features, p->features, &c->run, NULL, &c->error);
  if (status == CHURN_OK)
    status = churn_train(project, &settings, &c->run, model, &c->error);
  if (status == CHURN_OK)
    status = churn_model_write(*model, p->model, &c->error);
  if (status != CHURN_OK)
    return status;
  cli_progress_clear();
  const churn_model *m = *model;
  printf("2. A model of who leaves within %d days (after a gap of %d to act in)\n\n",
         (int)m->horizon_days, (int)m->gap_days);
  printf("   Logistic regression, maximum likelihood: %s rows from %u monthly snapshots, %s of "
         "them churned;\n"
         "   %zu features became %zu columns. %s after %u steps, largest gradient %.0e. The "
         "strongest columns:\n\n",
         cli_count(m->rows), m->snapshot_count, cli_count(m->churners), m->feature_count,
         m->column_count, m->converged ? "Converged" : "NOT converged", m->iterations,
         m->max_gradient);
  print_strongest(m);
  return CHURN_OK;
}

static churn_status tell_quality(cli *c, const churn_project *project, const churn_model *model,
                                 const churn_simulate_report *world)
{
  churn_evaluation e = {0};
  churn_evaluate_settings settings = {CHURN_DAY_MISSING, CHURN_DAY_MISSING, CHURN_DAY_MISSING, NULL,
                                      0};
  churn_status status = churn_evaluate(project, model, &settings, &c->run, &e, &c->error);
  if (status != CHURN_OK)
    return status;
  cli_progress_clear();
  printf("\n3. How good it is, on %u later snapshots that it never saw (%s rows, %s churned)\n\n",
         e.snapshot_count, cli_count(e.figures.rows), cli_count(e.figures.churners));
  printf("   AUC %.3f (0.5 is guessing%s). Predicted %s, observed %s; calibration slope %.2f.\n",
         e.figures.auc,
         isnan(world->best_auc)
             ? ""
             : cli_format("; the true probabilities themselves reach %.3f", world->best_auc),
         cli_percent(e.mean_probability, 1), cli_percent(e.observed_rate, 1),
         e.figures.calibration_slope);
  printf(
      "   The riskiest tenth of the rows holds %s of all churners: %.1f times the average rate.\n",
      cli_percent(e.deciles[0].churners / (double)e.figures.churners, 0),
      e.figures.top_decile_lift);
  return CHURN_OK;
}

static void print_customer(const churn_ranking *ranking, size_t index)
{
  churn_ranked line;
  churn_ranking_get(ranking, index, &line);
  printf("   %2d. %s  %s  value %s, at risk %s\n", (int)line.rank, line.customer_id,
         cli_percent(line.probability, 1), cli_count((uint64_t)line.value),
         cli_count((uint64_t)line.expected_loss));
  printf("       ");
  for (uint32_t k = 0; k < line.reason_count; k++)
    printf("%s%s", k == 0 ? "" : "; ", line.reasons[k]);
  putchar('\n');
}

static churn_status tell_list(cli *c, const churn_project *project, const churn_model *model,
                              const paths *p)
{
  churn_ranking *ranking = NULL;
  churn_score_report report = {0};
  churn_score_settings settings = {.as_of = CHURN_DAY_MISSING};
  churn_status status =
      churn_score(project, model, &settings, &c->run, &ranking, &report, &c->error);
  if (status == CHURN_OK)
    status = churn_ranking_write(ranking, p->list, &c->error);
  if (status == CHURN_OK) {
    cli_progress_clear();
    printf("\n4. Tonight's list, as of %s: %s customers, about %.0f expected to leave, %s of value "
           "at risk.\n"
           "   The ten riskiest, and why:\n\n",
           cli_text_day(report.as_of), cli_count(report.customers), report.expected_churners,
           cli_count((uint64_t)report.expected_loss));
    for (size_t i = 0; i < SHOWN_CUSTOMERS && i < churn_ranking_count(ranking); i++)
      print_customer(ranking, i);
  }
  churn_ranking_free(ranking);
  return status;
}

static void tell_files(const char *folder, const paths *p)
{
  printf("\n5. What is in %s\n\n", folder);
  cli_table *table = cli_table_new("ll");
  cli_table_row(table, "churn.yaml",
                "the project file: which file is which, what churn is, the features; start here");
  cli_table_row(table, "desk.yaml",
                "the same with what a retention desk needs: causes, actions, capacity, page");
  cli_table_row(table, "customers.csv and five histories", "what a company would export");
  cli_table_row(table, "features.csv", "what the model sees: one row a customer and snapshot");
  cli_table_row(table, "model.json", "the model: definitions, encodings, coefficients, figures");
  cli_table_row(table, "ranked.csv", "everybody, riskiest first, with reasons and money at risk");
  cli_table_row(table, "truth.json, truth.csv", "how the world was made, and true probabilities");
  cli_table_print(table, stdout, "   ");
  printf("\n   The same by hand:  churn check %s\n"
         "                      churn train %s -o %s\n"
         "                      churn evaluate %s -m %s\n"
         "                      churn score %s -m %s --top 20\n"
         "   The desk's page:   churn report %s/desk.yaml -m %s -o page.html\n",
         p->project, p->project, p->model, p->project, p->model, p->project, p->model, folder,
         p->model);
}

static churn_status run_demo(cli *c, const char *folder)
{
  paths p;
  churn_project *project = NULL;
  churn_model *model = NULL;
  churn_simulate_report world = {0};
  churn_status status = make_paths(c, folder, &p);
  if (status == CHURN_OK)
    status = tell_world(c, folder, &world);
  if (status == CHURN_OK)
    status = churn_project_read(p.project, NULL, 0, c->run.notes, &project, &c->error);
  if (status == CHURN_OK)
    status = tell_model(c, project, &p, &model);
  if (status == CHURN_OK)
    status = tell_quality(c, project, model, &world);
  if (status == CHURN_OK)
    status = tell_list(c, project, model, &p);
  if (status == CHURN_OK)
    tell_files(folder, &p);
  churn_model_free(model);
  churn_project_free(project);
  return status;
}

int cmd_demo(const cli_verb *verb, int argc, const char **argv)
{
  cli c = {0};
  const char *folder = NULL;
  struct poptOption common[CLI_COMMON_ROWS];
  cli_common_options(&c, common);
  struct poptOption table[] = {
      CLI_COMMON_TABLE(common),
  };
  int code = 0;
  if (!cli_open(&c, verb, argc, argv, table, &folder, 0, 1, &code))
    return code;
  return cli_close(&c, run_demo(&c, folder == NULL ? "churn-demo" : folder));
}
