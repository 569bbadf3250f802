/* What the rows of the fit stand for: weights of three kinds, of which a project may have one, and
 * the offset.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "project/spec.h"

#include <math.h>

static void refuse_second(churn_reader *reader, const churn_yaml *node, const char *what,
                          const char *first)
{
  churn_reader_fault(reader, node->key,
                     "%s and %s are both given; accepted: one of customers.weight (1 / chance to "
                     "be in the file), fit.weights (rows that stand for several equal ones) and "
                     "fit.sampled (thinned by outcome)",
                     first, what);
}

static bool has_customers_file(churn_reader *reader, const churn_project *project,
                               const churn_yaml *node, const char *what)
{
  if (project->base_kind == CHURN_BASE_FILE)
    return true;
  churn_reader_fault(reader, node,
                     "%s reads a column of the customers' file, and this project's customers come "
                     "from a history; accepted: customers: {from: FILE, …}",
                     what);
  return false;
}

static void read_weights(churn_reader *reader, const churn_yaml *node, churn_project *project)
{
  churn_fit_spec *fit = &project->fit;
  if (node == NULL)
    return;
  if (fit->weighting != CHURN_WEIGHTING_NONE) {
    refuse_second(reader, node, "fit.weights", "customers.weight");
    return;
  }
  if (!has_customers_file(reader, project, node, "fit.weights"))
    return;
  fit->weighting = CHURN_WEIGHTING_FREQUENCY;
  fit->weight = churn_reader_expression(reader, node, "fit.weights");
}

static void read_rate(churn_reader *reader, const churn_yaml *mapping, const churn_field *field,
                      const char *what, double *rate)
{
  const churn_yaml *node =
      churn_reader_required(reader, mapping, field, "fit.sampled",
                            "the share of them that the export holds, above 0 and at most 1");
  double value = churn_reader_number(reader, node, what);
  if (value > 0 && value <= 1)
    *rate = value;
  else if (!isnan(value))
    churn_reader_fault(reader, node,
                       "%s: expected a share above 0 and at most 1 (0.1: one in ten was kept), "
                       "found \"%s\"",
                       what, node->text);
}

static void read_sampled(churn_reader *reader, const churn_yaml *node, churn_project *project)
{
  enum { CHURNERS, OTHERS, KEYS };
  churn_field fields[KEYS] = {{"churners", NULL}, {"others", NULL}};
  churn_fit_spec *fit = &project->fit;
  if (node == NULL)
    return;
  if (fit->weighting != CHURN_WEIGHTING_NONE) {
    refuse_second(reader, node, "fit.sampled",
                  fit->weighting == CHURN_WEIGHTING_INCLUSION ? "customers.weight" : "fit.weights");
    return;
  }
  if (!churn_reader_fields(reader, node, "fit.sampled", "{churners: 1.0, others: 0.1}", fields,
                           KEYS))
    return;
  if (project->outcome.kind != CHURN_OUTCOME_COLUMN &&
      project->outcome.kind != CHURN_OUTCOME_LABELS)
    churn_reader_fault(
        reader, node->key,
        "fit.sampled is for exports thinned by the outcome they carry, a column or a "
        "label file; for histories give each customer's 1 / chance to be in the "
        "file: customers: {weight: COLUMN}");
  fit->weighting = CHURN_WEIGHTING_SAMPLED;
  read_rate(reader, node, &fields[CHURNERS], "fit.sampled.churners", &fit->sampled.churners);
  read_rate(reader, node, &fields[OTHERS], "fit.sampled.others", &fit->sampled.others);
}

void churn_weighting_read(churn_reader *reader, const churn_yaml *weights,
                          const churn_yaml *sampled, const churn_yaml *offset,
                          churn_project *project)
{
  churn_fit_spec *fit = &project->fit;
  fit->sampled = (churn_sampled_spec){1, 1};
  if (project->weight.text != NULL) {
    fit->weighting = CHURN_WEIGHTING_INCLUSION;
    fit->weight = project->weight;
  }
  read_weights(reader, weights, project);
  read_sampled(reader, sampled, project);
  if (offset != NULL && has_customers_file(reader, project, offset, "fit.offset"))
    fit->offset = churn_reader_expression(reader, offset, "fit.offset");
}
