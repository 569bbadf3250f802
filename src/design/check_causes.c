/* Which feature belongs to which cause, for `check`.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "design/check_causes.h"

#include "base/memory.h"
#include "design/cause_map.h"

churn_status churn_check_causes(const churn_pipeline *pipeline, const churn_run *run,
                                churn_check_report *report, churn_error *error)
{
  const churn_playbook *playbook = pipeline->project->playbook;
  if (playbook == NULL)
    return CHURN_OK;
  report->causes = churn_array_new(report->feature_count, sizeof *report->causes);
  if (report->causes == NULL)
    return churn_error_no_memory(error);
  for (size_t f = 0; f < report->feature_count; f++) {
    bool found = false;
    report->causes[f] =
        churn_cause_of(pipeline->project, pipeline->plan, f, report->features[f], &found);
    if (!found)
      churn_notes_add(run->notes, CHURN_NOTE, "no_cause",
                      churn_project_place(pipeline->project, &playbook->place),
                      "the feature \"%s\" is in no cause of the playbook, so it counts as \"%s\"; "
                      "name it under `features` of one",
                      report->features[f], playbook->causes[playbook->other].name);
  }
  return CHURN_OK;
}
