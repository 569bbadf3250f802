/* Which feature belongs to which cause, for `check`.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "design/check_causes.h"

#include "base/buffer.h"
#include "base/memory.h"
#include "design/cause_map.h"

#include <string.h>

/* Names in a row, terminated. */
static void add_name(churn_buffer *names, const char *name)
{
  const char *between = names->used == 0 ? "\"" : ", \"";
  churn_buffer_write(names, between, strlen(between));
  churn_buffer_write(names, name, strlen(name));
  churn_buffer_write(names, "\"", 1);
}

static churn_status note_those_of_none(const churn_pipeline *pipeline, churn_buffer *names,
                                       size_t count, const churn_run *run, churn_error *error)
{
  const churn_playbook *playbook = pipeline->project->playbook;
  churn_buffer_write(names, "", 1);
  if (names->failed)
    return churn_error_no_memory(error);
  if (count > 0)
    churn_notes_add(run->notes, CHURN_NOTE, "no_cause",
                    churn_project_place(pipeline->project, &playbook->place),
                    "%s in no cause of the playbook, so what %s adds counts as \"%s\": %s; name "
                    "%s under `features` of one",
                    count == 1 ? "a feature is" : "features are", count == 1 ? "it" : "each",
                    playbook->causes[playbook->other].name, names->bytes,
                    count == 1 ? "it" : "them");
  return CHURN_OK;
}

churn_status churn_check_causes(const churn_pipeline *pipeline, const churn_run *run,
                                churn_check_report *report, churn_error *error)
{
  const churn_playbook *playbook = pipeline->project->playbook;
  if (playbook == NULL)
    return CHURN_OK;
  report->causes = churn_array_new(report->feature_count, sizeof *report->causes);
  if (report->causes == NULL)
    return churn_error_no_memory(error);
  churn_buffer names = {0};
  size_t count = 0;
  for (size_t f = 0; f < report->feature_count; f++) {
    bool found = false;
    report->causes[f] =
        churn_cause_of(pipeline->project, pipeline->plan, f, report->features[f], &found);
    count += !found;
    if (!found)
      add_name(&names, report->features[f]);
  }
  churn_status status = note_those_of_none(pipeline, &names, count, run, error);
  churn_buffer_clear(&names);
  return status;
}
