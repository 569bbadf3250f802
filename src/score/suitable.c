/* Does a model suit a project, and is it of any use?
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "score/suitable.h"

#include <string.h>

static churn_status check_name(const churn_project *project, const churn_model *model,
                               churn_error *error)
{
  const char *worked = project->outcome_name;
  if (model->outcome == NULL || (worked != NULL && strcmp(model->outcome, worked) == 0))
    return CHURN_OK;
  return churn_error_set(error, CHURN_BAD_PROJECT,
                         "the model was trained on the outcome \"%s\", and this is a run for %s%s; "
                         "expected --outcome %s",
                         model->outcome, worked == NULL ? "the project's `outcome`" : "",
                         worked == NULL ? "" : worked, model->outcome);
}

/* What churn is, in words. */
static const char *say_kind(const char *kind)
{
  static const struct {
    const char *kind, *words;
  } all[] = {{"left", "the day the customer left"}, {"silent", "silence in a history"},
             {"event", "an event in a history"},    {"drop", "a level that drops"},
             {"labels", "a file of labels"},        {"column", "a column of the customers"}};
  for (size_t i = 0; i < sizeof all / sizeof all[0]; i++)
    if (strcmp(kind, all[i].kind) == 0)
      return all[i].words;
  return kind;
}

static churn_status check_kind(const churn_project *project, const churn_model *model,
                               churn_error *error)
{
  churn_outcome_kind kind = project->outcome.kind;
  const char *here = churn_outcome_kind_name(kind);
  if (kind == CHURN_OUTCOME_NONE || model->outcome_kind == NULL ||
      strcmp(model->outcome_kind, here) == 0)
    return CHURN_OK;
  return churn_error_set_at(
      error, CHURN_INCONSISTENT, churn_project_place(project, &project->outcome.place),
      "churn is told by %s here (\"%s\"), and for the model it was %s "
      "(\"%s\"): train a model with this project",
      say_kind(here), here, say_kind(model->outcome_kind), model->outcome_kind);
}

static void warn_about_window(const churn_project *project, const churn_model *model,
                              const churn_run *run)
{
  const churn_outcome_spec *outcome = &project->outcome;
  if (outcome->kind == CHURN_OUTCOME_NONE ||
      (outcome->horizon_days == model->horizon_days && outcome->gap_days == model->gap_days))
    return;
  churn_notes_add(churn_run_notes(run), CHURN_WARNING, "other_outcome", CHURN_NOWHERE,
                  "the model was trained for churn within %d days after a gap of %d, and the "
                  "project says %d days after a gap of %d: its probabilities are of the former; "
                  "train anew",
                  (int)model->horizon_days, (int)model->gap_days, (int)outcome->horizon_days,
                  (int)outcome->gap_days);
}

churn_status churn_score_check_judged(const churn_project *project, const churn_model *model,
                                      const churn_run *run, churn_error *error)
{
  const char *worked = project->outcome_name;
  bool other = model->outcome != NULL && worked != NULL && strcmp(model->outcome, worked) != 0;
  churn_status status = other ? CHURN_OK : check_kind(project, model, error);
  if (status == CHURN_OK)
    warn_about_window(project, model, run);
  return status;
}

churn_status churn_score_check_outcome(const churn_project *project, const churn_model *model,
                                       const churn_run *run, churn_error *error)
{
  churn_status status = check_name(project, model, error);
  return status == CHURN_OK ? churn_score_check_judged(project, model, run, error) : status;
}

churn_status churn_score_check_model(const churn_project *project, const churn_model *model,
                                     const churn_run *run, churn_error *error)
{
  char text[CHURN_MODEL_GUESSING_SIZE];
  churn_status status = churn_score_check_outcome(project, model, run, error);
  churn_model_guessing_text(model, text);
  if (status == CHURN_OK && text[0] != '\0')
    churn_notes_add(churn_run_notes(run), CHURN_WARNING, "guessing_model", CHURN_NOWHERE, "%s",
                    text);
  return status;
}
