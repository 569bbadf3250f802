/* The feature table as CSV: snapshots come some hundred thousand at a time; their tiles are
 * evaluated and put into words on all threads, and written in order, a chunk of tiles at a time.
 * Memory: those snapshots and the text of a chunk.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/buffer.h"
#include "base/memory.h"
#include "base/output.h"
#include "base/parallel.h"
#include "design/frame.h"
#include "design/pipeline.h"

#include <churn/features.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { CHUNK_TILES = 64 };

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

/* What the tasks of one chunk share. */
typedef struct writer {
  const churn_pipeline *pipeline;
  const char *path;
  const churn_run *run;
  churn_output *output;            /* NULL until the first rows come */
  const churn_snapshot *snapshots; /* the chunk's */
  size_t rows;
  uint64_t written;
  churn_workspace **workspaces; /* per thread */
  double **tiles;               /* per thread */
  churn_buffer texts[CHUNK_TILES];
} writer;

static void write_value(churn_buffer *text, const churn_plan *plan, size_t feature, double value)
{
  if (isnan(value))
    return;
  if (churn_plan_type(plan, feature) != CHURN_VALUE_TEXT) {
    churn_buffer_number(text, value);
    return;
  }
  const char *level = churn_plan_text(plan, value);
  churn_buffer_csv(text, level, strlen(level));
}

/* `values` are the row's first one and, a tile's column further, the next. */
static void write_row(churn_buffer *text, const churn_pipeline *p, const churn_snapshot *snapshot,
                      const double *values)
{
  const char *id = p->data->customers.ids[snapshot->customer];
  char day[CHURN_DAY_TEXT_SIZE];
  churn_day_format(snapshot->as_of, day);
  churn_buffer_csv(text, id, strlen(id));
  churn_buffer_write(text, ",", 1);
  churn_buffer_write(text, day, strlen(day));
  churn_buffer_write(text, ",", 1);
  if (snapshot->label != CHURN_LABEL_UNKNOWN)
    churn_buffer_write(text, snapshot->label == CHURN_LABEL_CHURNED ? "1" : "0", 1);
  for (size_t f = 0; f < p->feature_count; f++) {
    churn_buffer_write(text, ",", 1);
    write_value(text, p->plan, f, values[f * CHURN_TILE_ROWS]);
  }
  churn_buffer_write(text, "\n", 1);
}

static churn_status write_tile(void *context, size_t tile, int thread, churn_error *error)
{
  writer *w = context;
  const churn_snapshot *snapshots = w->snapshots + tile * CHURN_TILE_ROWS;
  churn_buffer *text = &w->texts[tile];
  size_t rows = churn_tile_rows(w->rows, tile);
  churn_status status =
      churn_tile_evaluate(w->pipeline->plan, w->workspaces[thread], snapshots, rows,
                          w->pipeline->feature_count, w->tiles[thread], NULL, error);
  text->used = 0;
  for (size_t r = 0; r < rows && status == CHURN_OK; r++)
    write_row(text, w->pipeline, &snapshots[r], w->tiles[thread] + r);
  return text->failed ? churn_error_no_memory(error) : status;
}

/* The output is opened when all that can be wrong with the rows as such is known. */
static churn_status write_chunks(void *context, const churn_snapshot *rows, size_t count,
                                 churn_error *error)
{
  writer *w = context;
  churn_status status = CHURN_OK;
  if (w->output == NULL) {
    status = churn_output_open(w->path, &w->output, error);
    if (status == CHURN_OK)
      write_header(w->output, w->pipeline);
  }
  for (size_t first = 0; first < count && status == CHURN_OK; first += w->rows) {
    size_t rest = count - first, most = CHUNK_TILES * CHURN_TILE_ROWS;
    w->snapshots = rows + first;
    w->rows = rest < most ? rest : most;
    size_t tiles = churn_tile_count(w->rows);
    status = churn_parallel_run(tiles, write_tile, w, "features", w->run, error);
    for (size_t t = 0; t < tiles && status == CHURN_OK; t++)
      churn_output_write(w->output, w->texts[t].bytes, w->texts[t].used);
  }
  w->written += count;
  return status;
}

static churn_status prepare(writer *w, size_t threads, churn_error *error)
{
  const churn_pipeline *p = w->pipeline;
  churn_status status = churn_workspaces_new(p->plan, threads, &w->workspaces, error);
  w->tiles = churn_array_new(threads, sizeof *w->tiles);
  if (status == CHURN_OK && w->tiles == NULL)
    status = churn_error_no_memory(error);
  for (size_t i = 0; i < threads && status == CHURN_OK; i++)
    if ((w->tiles[i] =
             churn_array_new_aligned(p->feature_count * CHURN_TILE_ROWS, sizeof(double))) == NULL)
      status = churn_error_no_memory(error);
  return status;
}

static void free_writer(writer *w, size_t threads)
{
  for (size_t t = 0; t < CHUNK_TILES; t++)
    churn_buffer_clear(&w->texts[t]);
  for (size_t i = 0; w->tiles != NULL && i < threads; i++)
    free(w->tiles[i]);
  free(w->tiles);
  churn_workspaces_free(w->workspaces, threads);
  churn_output_discard(w->output);
  free(w);
}

/* A label file says who is looked at when, unless one day is asked for: then it is everybody. */
static churn_snapshot_use rows_of(const churn_project *project,
                                  const churn_features_settings *settings)
{
  bool one_day = settings->first != CHURN_DAY_MISSING && settings->first == settings->last;
  return project->outcome.kind == CHURN_OUTCOME_LABELS && !one_day ? CHURN_SNAPSHOTS_LISTED
                                                                   : CHURN_SNAPSHOTS_ALL;
}

/* All rows of the table to `path`. */
static churn_status write_table(const churn_pipeline *p, const churn_features_settings *settings,
                                const char *path, const churn_run *run,
                                churn_features_report *report, churn_error *error)
{
  size_t threads = (size_t)churn_parallel_threads(run), days = 0;
  writer *w = calloc(1, sizeof *w);
  if (w == NULL)
    return churn_error_no_memory(error);
  w->pipeline = p;
  w->path = path;
  w->run = run;
  churn_snapshot_taker taker = {write_chunks, w};
  churn_status status = prepare(w, threads, error);
  if (status == CHURN_OK)
    status = churn_pipeline_give(p, settings->first, settings->last, rows_of(p->project, settings),
                                 &taker, run, &days, error);
  if (status == CHURN_OK) {
    *report = (churn_features_report){w->written, (uint32_t)p->feature_count, (uint32_t)days};
    status = churn_output_commit(w->output, error);
    w->output = NULL;
  }
  free_writer(w, threads);
  return status;
}

churn_status churn_features_write(const churn_project *project,
                                  const churn_features_settings *settings, const char *path,
                                  const churn_run *run, churn_features_report *report,
                                  churn_error *error)
{
  churn_pipeline_settings opening = {.set = settings->set, .with_labels = true};
  churn_features_report made = {0};
  churn_pipeline *p = NULL;
  churn_status status = churn_pipeline_open(project, &opening, run, &p, error);
  if (status == CHURN_OK)
    status = write_table(p, settings, path, run, &made, error);
  if (status == CHURN_OK && report != NULL)
    *report = made;
  churn_pipeline_close(p);
  return status;
}
