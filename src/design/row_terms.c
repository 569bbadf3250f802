/* Weights and offsets of rows.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "design/row_terms.h"

#include "base/lanes.h"
#include "base/memory.h"
#include "base/parallel.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

/* Whole numbers above this have gaps between them. */
static const double most_rows = 0x1p53;

static const char *weight_name(const churn_project *project)
{
  return project->fit.weighting == CHURN_WEIGHTING_INCLUSION ? "customers.weight" : "fit.weights";
}

static churn_status build_plan(const churn_schema *schema, const char *name, const char *text,
                               churn_place place, const churn_run *run, churn_plan **plan,
                               churn_error *error)
{
  churn_expression expression = {
      .name = name, .text = text, .place = place, .rule = CHURN_EXPRESSION_VALUE};
  return text == NULL ? CHURN_OK : churn_plan_build(schema, &expression, 1, NULL, run, plan, error);
}

static churn_status check_weight(const churn_row_terms *terms, churn_error *error)
{
  const churn_project *project = terms->project;
  if (terms->weight == NULL || churn_plan_history(terms->weight, 0) < 0)
    return CHURN_OK;
  return churn_error_set_at(error, CHURN_BAD_PROJECT,
                            churn_project_place(project, &project->fit.weight),
                            "%s reads a history; accepted: an expression over columns of the "
                            "customers' file, which hold for all rows of a customer",
                            weight_name(project));
}

churn_status churn_row_terms_build(const churn_project *project, const churn_schema *schema,
                                   const churn_model *model, bool weighted, const churn_run *run,
                                   churn_row_terms *terms, churn_error *error)
{
  const churn_located *weight = &project->fit.weight, *offset = &project->fit.offset;
  *terms = (churn_row_terms){.project = project};
  churn_status status =
      build_plan(schema, weight_name(project), weighted ? weight->text : NULL,
                 churn_project_place(project, weight), run, &terms->weight, error);
  if (status == CHURN_OK)
    status = check_weight(terms, error);
  if (status == CHURN_OK && model != NULL)
    status = build_plan(schema, "the model's offset", model->offset, CHURN_NOWHERE, run,
                        &terms->offset, error);
  else if (status == CHURN_OK)
    status = build_plan(schema, "fit.offset", offset->text, churn_project_place(project, offset),
                        run, &terms->offset, error);
  return status;
}

void churn_row_terms_clear(churn_row_terms *terms)
{
  churn_plan_free(terms->weight);
  churn_plan_free(terms->offset);
  *terms = (churn_row_terms){0};
}

void churn_row_terms_add_needs(const churn_row_terms *terms, bool weighted, churn_needs *needs)
{
  if (terms->weight != NULL && weighted)
    churn_plan_add_needs(terms->weight, needs);
  if (terms->offset != NULL)
    churn_plan_add_needs(terms->offset, needs);
}

churn_status churn_row_terms_bind(const churn_row_terms *terms, bool weighted,
                                  const churn_data *data, churn_error *error)
{
  churn_status status = CHURN_OK;
  if (terms->weight != NULL && weighted)
    status = churn_plan_bind(terms->weight, data, error);
  if (status == CHURN_OK && terms->offset != NULL)
    status = churn_plan_bind(terms->offset, data, error);
  return status;
}

/* One expression, row by row. */
typedef struct filler {
  const churn_plan *plan;
  churn_snapshots *snapshots;
  bool is_weight;
  churn_workspace **workspaces; /* per thread */
} filler;

static churn_status fill_tile(void *context, size_t tile, int thread, churn_error *error)
{
  const filler *f = context;
  for (size_t r = 0; r < churn_tile_rows(f->snapshots->count, tile); r++) {
    churn_snapshot *row = &f->snapshots->rows[tile * CHURN_TILE_ROWS + r];
    churn_status status =
        churn_plan_evaluate(f->plan, f->workspaces[thread], row->spell, row->as_of,
                            f->is_weight ? &row->weight : &row->offset, NULL);
    if (status != CHURN_OK)
      return churn_error_no_memory(error);
  }
  return CHURN_OK;
}

static churn_status fill(const churn_plan *plan, bool is_weight, churn_snapshots *snapshots,
                         const churn_run *run, churn_error *error)
{
  int threads = churn_parallel_threads(run);
  filler f = {plan, snapshots, is_weight, churn_array_new((size_t)threads, sizeof *f.workspaces)};
  churn_status status = f.workspaces == NULL ? churn_error_no_memory(error) : CHURN_OK;
  for (int i = 0; i < threads && status == CHURN_OK; i++)
    if ((f.workspaces[i] = churn_workspace_new(plan)) == NULL)
      status = churn_error_no_memory(error);
  if (status == CHURN_OK)
    status =
        churn_parallel_run(churn_tile_count(snapshots->count), fill_tile, &f, NULL, run, error);
  for (int i = 0; f.workspaces != NULL && i < threads; i++)
    churn_workspace_free(f.workspaces[i]);
  free(f.workspaces);
  return status;
}

static bool is_good(churn_weighting weighting, bool is_weight, const churn_snapshot *row)
{
  double weight = row->weight;
  if (!is_weight)
    return isfinite(row->offset);
  if (weighting == CHURN_WEIGHTING_FREQUENCY)
    return weight >= 0 && weight <= most_rows && floor(weight) == weight;
  return weight > 0 && isfinite(weight);
}

/* The first column that the plan reads, for the place of a fault. */
static const char *heading_of(const churn_plan *plan, const churn_schema *schema)
{
  const churn_schema_source *customers = &schema->sources[0];
  const char *heading = "";
  churn_needs *needs = churn_needs_new(schema);
  if (needs != NULL)
    churn_plan_add_needs(plan, needs);
  for (size_t c = 0; needs != NULL && c < customers->column_count && heading[0] == '\0'; c++)
    if (needs->wanted[0][c])
      heading = customers->columns[c].heading;
  churn_needs_free(needs);
  return heading;
}

static churn_status refuse(const churn_row_terms *terms, bool is_weight, const churn_data *data,
                           const churn_snapshot *row, churn_error *error)
{
  const churn_source_spec *customers = &terms->project->customers;
  const churn_plan *plan = is_weight ? terms->weight : terms->offset;
  const char *name = is_weight ? weight_name(terms->project) : "the offset";
  const char *expected = "a number";
  double value = is_weight ? row->weight : row->offset;
  char found[32] = "missing";
  if (is_weight)
    expected = terms->project->fit.weighting == CHURN_WEIGHTING_FREQUENCY
                   ? "a whole number, 0 or more: how many equal rows this one stands for"
                   : "a number above 0: 1 / the customer's chance to be in the file";
  if (!isnan(value))
    snprintf(found, sizeof found, "%g", value);
  churn_place place = CHURN_NOWHERE;
  if (data->customers.lines != NULL)
    place = churn_line_place(customers->path, &customers->format, data->customers.lines[row->spell],
                             heading_of(plan, data->schema));
  return churn_error_set_at(error, CHURN_INCONSISTENT, place, "%s is %s; expected %s", name, found,
                            expected);
}

/* Of several faults the one on the first line, whatever order the rows have. */
static churn_status check(const churn_row_terms *terms, bool is_weight, const churn_data *data,
                          const churn_snapshots *snapshots, churn_error *error)
{
  const uint64_t *lines = data->customers.lines;
  const churn_snapshot *first = NULL;
  for (size_t i = 0; i < snapshots->count; i++) {
    const churn_snapshot *row = &snapshots->rows[i];
    bool earlier = first == NULL || (lines != NULL && lines[row->spell] < lines[first->spell]);
    if (earlier && !is_good(terms->project->fit.weighting, is_weight, row))
      first = row;
  }
  return first == NULL ? CHURN_OK : refuse(terms, is_weight, data, first, error);
}

static void drop_unweighted(churn_snapshots *snapshots)
{
  size_t kept = 0;
  for (size_t i = 0; i < snapshots->count; i++)
    if (snapshots->rows[i].weight > 0)
      snapshots->rows[kept++] = snapshots->rows[i];
  snapshots->count = kept;
}

static void weigh_by_label(const churn_sampled_spec *sampled, churn_snapshots *snapshots)
{
  for (size_t i = 0; i < snapshots->count; i++) {
    churn_snapshot *row = &snapshots->rows[i];
    if (row->label != CHURN_LABEL_UNKNOWN)
      row->weight = 1 / (row->label == CHURN_LABEL_CHURNED ? sampled->churners : sampled->others);
  }
}

churn_status churn_row_terms_apply(const churn_row_terms *terms, const churn_data *data,
                                   bool weighted, const churn_run *run, churn_snapshots *snapshots,
                                   churn_error *error)
{
  const churn_fit_spec *fit = &terms->project->fit;
  churn_status status = CHURN_OK;
  if (terms->weight != NULL && weighted) {
    status = fill(terms->weight, true, snapshots, run, error);
    if (status == CHURN_OK)
      status = check(terms, true, data, snapshots, error);
    if (status == CHURN_OK)
      drop_unweighted(snapshots);
    snapshots->repeated = fit->weighting == CHURN_WEIGHTING_FREQUENCY;
  }
  if (weighted && fit->weighting == CHURN_WEIGHTING_SAMPLED)
    weigh_by_label(&fit->sampled, snapshots);
  if (status == CHURN_OK && terms->offset != NULL)
    status = fill(terms->offset, false, snapshots, run, error);
  return status == CHURN_OK && terms->offset != NULL ? check(terms, false, data, snapshots, error)
                                                     : status;
}
