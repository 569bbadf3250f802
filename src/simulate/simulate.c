/* Making a world: customers in blocks, blocks in waves. The blocks of a wave are lived in parallel,
 * each into its own sheets, and written in order; memory holds one wave.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <churn/simulate.h>

#include "base/error.h"
#include "base/memory.h"
#include "base/output.h"
#include "base/parallel.h"
#include "simulate/description.h"
#include "simulate/life.h"
#include "simulate/stream.h"
#include "simulate/truth.h"

#include <errno.h>
#include <gsl/gsl_errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { BLOCK_CUSTOMERS = 64, WAVE_BLOCKS = 128, SNAPSHOTS_A_CUSTOMER = 16 };

typedef struct block {
  churn_records records;
  churn_truths truths;
  uint64_t left;
} block;

typedef struct maker {
  const churn_world *world;
  uint32_t first; /* customer of the wave's first block */
  block blocks[WAVE_BLOCKS];
  const churn_progress *progress; /* the caller's, NULL = silent */
  uint64_t blocks_before, blocks_all;
  churn_output *outputs[CHURN_FILES];
  churn_truths truths;
  churn_simulate_report report;
} maker;

/* Truth rows of one customer, once it is known what happened. */
static bool tell_truth(const churn_world *world, uint32_t number, const churn_life *life,
                       const churn_watch *watch, gsl_rng *random, block *b)
{
  churn_day gap = (churn_day)world->settings.gap_days;
  churn_day horizon = (churn_day)world->settings.horizon_days;
  bool left = life->left != CHURN_DAY_MISSING;
  for (size_t i = watch->first; i < watch->end; i++) {
    churn_day window = watch->days[i] + gap;
    if (left && life->left < window)
      continue;
    churn_stream_seed(random, world->settings.seed, CHURN_STREAM_TRUTH,
                      number * SNAPSHOTS_A_CUSTOMER + (uint32_t)i);
    double probability = churn_life_truth(world, &watch->states[i], watch->days[i], random);
    churn_records_truth(&b->records, watch->days[i], probability);
    if (!churn_truths_add(&b->truths,
                          (churn_truth){probability, left && life->left < window + horizon}))
      return false;
  }
  return true;
}

static bool live_one(const churn_world *world, uint32_t number, gsl_rng *random, block *b)
{
  churn_actor states[CHURN_TRUTH_DAYS];
  churn_watch watch = {world->truth_days, world->truth_day_count, states, 0, 0};
  bool sampled = churn_world_samples(world, number);
  churn_life life = churn_life_run(world, number, random, &b->records, sampled ? &watch : NULL);
  b->left += life.left != CHURN_DAY_MISSING;
  return !sampled || tell_truth(world, number, &life, &watch, random, b);
}

static churn_status live_block(void *context, size_t task, int thread, churn_error *error)
{
  maker *m = context;
  (void)thread;
  block *b = &m->blocks[task];
  uint32_t first = m->first + (uint32_t)task * BLOCK_CUSTOMERS;
  uint32_t all = m->world->settings.customers;
  uint32_t end = all - first < BLOCK_CUSTOMERS ? all : first + BLOCK_CUSTOMERS;
  gsl_rng *random = churn_stream_new();
  bool good = random != NULL;
  churn_records_clear(&b->records);
  b->records.world = m->world;
  b->truths.count = 0;
  b->left = 0;
  for (uint32_t number = first; good && number < end; number++)
    good = live_one(m->world, number, random, b);
  gsl_rng_free(random);
  return good && !churn_records_failed(&b->records) ? CHURN_OK : churn_error_no_memory(error);
}

/* Progress over all waves, not over the present one. */
static void report_progress(void *context, const char *stage, uint64_t done, uint64_t total)
{
  const maker *m = context;
  (void)total;
  m->progress->report(m->progress->context, stage, m->blocks_before + done, m->blocks_all);
}

static churn_status live_wave(maker *m, size_t blocks, const churn_run *run, churn_error *error)
{
  churn_progress progress = {report_progress, m};
  churn_run inner = {.threads = run == NULL ? 0 : run->threads,
                     .progress = m->progress == NULL ? NULL : &progress};
  churn_status status =
      churn_parallel_run(blocks, live_block, m, "simulating customers", &inner, error);
  m->blocks_before += blocks;
  return status;
}

static churn_status write_block(maker *m, const block *b, churn_error *error)
{
  uint64_t *rows[CHURN_FILES] = {
      &m->report.customers, &m->report.engagements, &m->report.complaints, &m->report.prices,
      &m->report.reps,      &m->report.payments,    &m->report.balances,   &m->report.truth_rows};
  for (int file = 0; file < CHURN_FILES; file++) {
    if (m->outputs[file] == NULL)
      continue;
    const churn_sheet *sheet = &b->records.sheets[file];
    churn_output_write(m->outputs[file], sheet->text, sheet->length);
    *rows[file] += sheet->rows;
  }
  m->report.left += b->left;
  for (size_t i = 0; i < b->truths.count; i++)
    if (!churn_truths_add(&m->truths, b->truths.rows[i]))
      return churn_error_no_memory(error);
  return CHURN_OK;
}

static churn_status live_and_write(maker *m, const churn_run *run, churn_error *error)
{
  uint32_t all = m->world->settings.customers;
  m->blocks_all = (all + BLOCK_CUSTOMERS - 1) / BLOCK_CUSTOMERS;
  churn_status status = CHURN_OK;
  while (status == CHURN_OK && m->blocks_before < m->blocks_all) {
    uint64_t left = m->blocks_all - m->blocks_before;
    size_t blocks = left < WAVE_BLOCKS ? (size_t)left : WAVE_BLOCKS;
    m->first = (uint32_t)m->blocks_before * BLOCK_CUSTOMERS;
    status = live_wave(m, blocks, run, error);
    for (size_t i = 0; status == CHURN_OK && i < blocks; i++)
      status = write_block(m, &m->blocks[i], error);
  }
  return status;
}

/* They get their names from the last to the first: who finds the project finds all. */
enum { PROJECT, DESK, TRUTH, DESCRIPTIONS };
static const char *const description_names[] = {
    [PROJECT] = "churn.yaml", [DESK] = "desk.yaml", [TRUTH] = "truth.json"};

static churn_status open_in(const char *folder, const char *name, churn_output **output,
                            churn_error *error)
{
  char *path = churn_text_format("%s/%s", folder, name);
  if (path == NULL)
    return churn_error_no_memory(error);
  churn_status status = churn_output_open(path, output, error);
  free(path);
  return status;
}

static churn_status look_for(const char *folder, const char *name, bool *stands, churn_error *error)
{
  char *path = churn_text_format("%s/%s", folder, name);
  struct stat found;
  if (path == NULL)
    return churn_error_no_memory(error);
  *stands = stat(path, &found) == 0 && S_ISREG(found.st_mode);
  free(path);
  return CHURN_OK;
}

/* A world has its truth beside it; exports of the same names without one are somebody's own. */
static churn_status spare_others(const char *folder, churn_world_kind world, churn_error *error)
{
  bool ours = false, stands = false;
  const char *name = "";
  churn_status status = look_for(folder, description_names[TRUTH], &ours, error);
  for (int i = PROJECT; status == CHURN_OK && !ours && !stands && i < TRUTH; i++) {
    name = description_names[i];
    status = look_for(folder, name, &stands, error);
  }
  for (int file = 0; status == CHURN_OK && !ours && !stands && file < CHURN_FILES; file++) {
    name = churn_file_name(world, (churn_file)file);
    if (name != NULL)
      status = look_for(folder, name, &stands, error);
  }
  if (status != CHURN_OK || !stands)
    return status;
  return churn_error_set_at(error, CHURN_CANNOT_CREATE, (churn_place){folder, 0, 0},
                            "there is a %s that no simulation wrote, and it would be overwritten; "
                            "choose another folder",
                            name);
}

static churn_status make_folder(const char *folder, churn_world_kind world, churn_error *error)
{
  if (mkdir(folder, 0777) == 0)
    return CHURN_OK;
  if (errno == EEXIST)
    return spare_others(folder, world, error);
  if (errno == ENOENT)
    return churn_error_set_at(error, CHURN_CANNOT_CREATE, (churn_place){folder, 0, 0},
                              "cannot make the folder: the one it stands in does not exist; only "
                              "the last folder of the path is made");
  return churn_error_set_errno(error, CHURN_CANNOT_CREATE, folder, "make the folder", errno);
}

static churn_status commit(churn_output **output, churn_error *error)
{
  churn_output *finished = *output;
  *output = NULL;
  return churn_output_commit(finished, error);
}

static void fill_report(maker *m)
{
  m->report.first_day = m->world->first_day;
  m->report.last_day = m->world->last_day;
  m->report.test_from = m->world->test_from;
  m->report.best_auc = churn_truths_auc(&m->truths);
}

/* All files, opened before the work so that a folder that cannot be written is found at once. */
static churn_status write_world(maker *m, const char *folder, const churn_run *run,
                                churn_error *error)
{
  churn_output *told[DESCRIPTIONS] = {0};
  churn_world_kind kind = m->world->settings.world;
  churn_status status = CHURN_OK;
  for (int i = 0; status == CHURN_OK && i < DESCRIPTIONS; i++)
    status = open_in(folder, description_names[i], &told[i], error);
  for (int file = 0; status == CHURN_OK && file < CHURN_FILES; file++) {
    const char *name = churn_file_name(kind, (churn_file)file);
    if (name == NULL)
      continue;
    status = open_in(folder, name, &m->outputs[file], error);
    if (status == CHURN_OK)
      churn_output_text(m->outputs[file], churn_file_heading(kind, (churn_file)file));
  }
  if (status == CHURN_OK)
    status = live_and_write(m, run, error);
  if (status == CHURN_OK) {
    fill_report(m);
    churn_description_project(m->world, told[PROJECT]);
    churn_description_desk(m->world, told[DESK]);
    status = churn_description_truth(m->world, &m->report, told[TRUTH], error);
  }
  for (int file = 0; status == CHURN_OK && file < CHURN_FILES; file++)
    status = m->outputs[file] == NULL ? CHURN_OK : commit(&m->outputs[file], error);
  for (int i = DESCRIPTIONS; status == CHURN_OK && i-- > 0;)
    status = commit(&told[i], error);
  for (int i = 0; i < DESCRIPTIONS; i++)
    churn_output_discard(told[i]);
  return status;
}

static void maker_free(maker *m)
{
  if (m == NULL)
    return;
  for (int i = 0; i < WAVE_BLOCKS; i++) {
    churn_records_free(&m->blocks[i].records);
    free(m->blocks[i].truths.rows);
  }
  for (int file = 0; file < CHURN_FILES; file++)
    churn_output_discard(m->outputs[file]);
  free(m->truths.rows);
  free(m);
}

churn_status churn_simulate(const char *folder, const churn_simulate_settings *settings,
                            const churn_run *run, churn_simulate_report *report, churn_error *error)
{
  churn_world world = {0};
  maker *m = NULL;
  gsl_error_handler_t *handler = gsl_set_error_handler_off();
  churn_status status = churn_world_make(settings, &world, error);
  if (status != CHURN_OK)
    goto done;
  m = calloc(1, sizeof *m);
  if (m == NULL) {
    status = churn_error_no_memory(error);
    goto done;
  }
  m->world = &world;
  m->progress = run == NULL ? NULL : run->progress;
  status = make_folder(folder, world.settings.world, error);
  if (status == CHURN_OK)
    status = write_world(m, folder, run, error);
  if (status == CHURN_OK && report != NULL)
    *report = m->report;
done:
  maker_free(m);
  churn_world_clear(&world);
  gsl_set_error_handler(handler);
  return status;
}
