/* The feature table as CSV: chunks of snapshots are evaluated on all threads, then written in
 * order.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/memory.h"
#include "base/number.h"
#include "base/output.h"
#include "base/parallel.h"
#include "design/frame.h"
#include "design/pipeline.h"

#include <churn/features.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { CHUNK_ROWS = 1 << 15 };

static void write_header(churn_output *output, const churn_pipeline *p)
{
  churn_output_text(output, "customer_id,as_of,churned");
  for (size_t f = 0; f < p->feature_count; f++) {
    const char *name = p->selection->features[f].name.text;
    churn_output_write(output, ",", 1);
    churn_output_csv(output, name, strlen(name));
  }
  churn_output_write(output, "\n", 1);
}

static void write_row(churn_output *output, const churn_pipeline *p, const churn_snapshot *snapshot,
                      const churn_frame *frame, size_t row)
{
  const char *id = p->data->customers.ids[snapshot->customer];
  char day[CHURN_DAY_TEXT_SIZE];
  churn_day_format(snapshot->as_of, day);
  churn_output_csv(output, id, strlen(id));
  churn_output_write(output, ",", 1);
  churn_output_text(output, day);
  churn_output_text(output, snapshot->label == CHURN_LABEL_UNKNOWN   ? ","
                            : snapshot->label == CHURN_LABEL_CHURNED ? ",1"
                                                                     : ",0");
  for (size_t f = 0; f < p->feature_count; f++) {
    double value = churn_frame_get(frame, row, f);
    churn_output_write(output, ",", 1);
    if (isnan(value))
      continue;
    if (churn_plan_type(p->plan, f) == CHURN_VALUE_TEXT) {
      const char *text = churn_plan_text(p->plan, value);
      churn_output_csv(output, text, strlen(text));
    } else {
      churn_output_number(output, value);
    }
  }
  churn_output_write(output, "\n", 1);
}

static churn_status write_rows(churn_output *output, const churn_pipeline *p,
                               const churn_snapshots *snapshots, const churn_run *run,
                               churn_error *error)
{
  churn_status status = CHURN_OK;
  for (size_t first = 0; first < snapshots->count && status == CHURN_OK; first += CHUNK_ROWS) {
    size_t rows = snapshots->count - first < CHUNK_ROWS ? snapshots->count - first : CHUNK_ROWS;
    churn_frame *frame = NULL;
    status =
        churn_frame_build(p->plan, snapshots, first, rows, p->feature_count, run, &frame, error);
    for (size_t r = 0; r < rows && status == CHURN_OK; r++)
      write_row(output, p, &snapshots->rows[first + r], frame, r);
    churn_frame_free(frame);
  }
  return status;
}

static churn_status write_table(const churn_pipeline *p, const churn_snapshots *snapshots,
                                const char *path, const churn_run *run, churn_error *error)
{
  churn_output *output = NULL;
  churn_status status = churn_output_open(path, &output, error);
  if (status != CHURN_OK)
    return status;
  write_header(output, p);
  status = write_rows(output, p, snapshots, run, error);
  if (status == CHURN_OK)
    return churn_output_commit(output, error);
  churn_output_discard(output);
  return status;
}

/* A label file says who is looked at when, unless one day is asked for: then it is everybody. */
static churn_snapshot_use rows_of(const churn_project *project,
                                  const churn_features_settings *settings)
{
  bool one_day = settings->first != CHURN_DAY_MISSING && settings->first == settings->last;
  return project->outcome.kind == CHURN_OUTCOME_LABELS && !one_day ? CHURN_SNAPSHOTS_LISTED
                                                                   : CHURN_SNAPSHOTS_ALL;
}

churn_status churn_features_write(const churn_project *project,
                                  const churn_features_settings *settings, const char *path,
                                  const churn_run *run, churn_features_report *report,
                                  churn_error *error)
{
  churn_pipeline_settings opening = {.set = settings->set, .with_labels = true};
  churn_pipeline *p = NULL;
  churn_snapshots *snapshots = NULL;
  churn_status status = churn_pipeline_open(project, &opening, run, &p, error);
  if (status == CHURN_OK)
    status = churn_pipeline_snapshots(p, settings->first, settings->last,
                                      rows_of(project, settings), run, &snapshots, error);
  if (status == CHURN_OK)
    status = write_table(p, snapshots, path, run, error);
  if (status == CHURN_OK && report != NULL)
    *report = (churn_features_report){snapshots->count, (uint32_t)p->feature_count,
                                      (uint32_t)snapshots->day_count};
  churn_snapshots_free(snapshots);
  churn_pipeline_close(p);
  return status;
}
