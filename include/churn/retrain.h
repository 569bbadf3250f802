/* Retraining: a challenger is fitted, judged beside the model in use on rows that neither has seen,
 * and takes its place when it is better; else everything stays.
 *
 * The judged rows are those of the newest snapshot whose label window is closed (before `as_of`,
 * whatever later rows the exports hold); the challenger is trained on the snapshots whose label
 * windows closed before it. In a flat export the customers that `split` holds out judge. The model
 * that is promoted is the one that was judged, not a refit with the judged rows.
 *
 * The rule (the project's section `retrain`):
 *   - a gate trips, and nothing changes, where there are fewer than min_churners churners or others
 *     to train or judge on, where the fit has no answer or did not converge, and where the
 *     challenger's calibration slope or intercept on the judged rows lies outside its bounds and
 * its 95 % interval does not hold the ideal (1, 0);
 *   - without a model in use the challenger is promoted;
 *   - it is promoted when its AUC is higher by at least `margin` and the 95 % interval of the
 *     difference (DeLong, rows of a customer together) lies above 0;
 *   - and when the model has been in use for longer than max_age and the challenger's AUC is not
 *     lower by more than not_worse;
 *   - a model in use whose training reached into the judged rows cannot be compared, and stays.
 *
 * So a change has to be proved worth it, until the model is too old. From then on there is no
 * reason to favour it, and the difference itself decides, whatever its interval: of two choices on
 * equal terms, taking the one that came out better keeps the greatest expected loss by a wrong
 * choice smallest (Stoye, Minimax regret treatment choice with finite samples, Journal of
 * Econometrics 151, 2009, 70-81; for estimates that are about normal Hirano and Porter, Asymptotics
 * for statistical treatment rules, Econometrica 77, 2009, 1683-1701). To demand that the interval
 * leave a worse challenger out would keep an old model for ever where customers are few: 50
 * churners leave an interval of several hundredths, however alike the two are.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CHURN_RETRAIN_H
#define CHURN_RETRAIN_H

#include <churn/evaluate.h>
#include <churn/log.h>
#include <churn/registry.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct churn_retrain_settings {
  churn_day as_of; /* as if it were that day; MISSING = today (UTC), and in a flat export, which has
                      no days */
  const char *set; /* NULL = every feature */
  bool no_leaks;   /* as in churn_train_settings */
  const churn_log *log; /* NULL = silent. Stages: "start", "judge", "fit", "gate", "record" */
} churn_retrain_settings;

typedef struct churn_retrain_gate {
  char name[24]; /* "rows", "fit", "calibration" */
  char text[512];
  char advice[320]; /* what to do about it; "" = the text says enough */
} churn_retrain_gate;

enum { CHURN_RETRAIN_MOST_GATES = 6 };

typedef struct churn_retrain_report {
  churn_day as_of;                     /* MISSING in a flat export */
  char challenger[33];                 /* id; "" = none was made */
  char champion[33];                   /* in use before; "" = none */
  bool promoted;                       /* the challenger is in use now */
  bool compared;                       /* figures hold the difference */
  int32_t champion_days;               /* in use since so many days; -1 = not known */
  char why[640];                       /* in words */
  churn_registry_figures figures;      /* rows 0: nothing was judged */
  double intercept_error, slope_error; /* standard errors of the challenger's calibration */
  churn_retrain_gate gates[CHURN_RETRAIN_MOST_GATES]; /* that tripped */
  size_t gate_count;
} churn_retrain_report;

/* Does all of it, alone (BUSY while another nightly or retrain of the project runs), and records it
 * in the registry. A tripped gate is in the report, not an error. Errors: those of reading,
 * BAD_PROJECT where the project cannot be retrained (no outcome; a flat export without `split`;
 * columns that the model in use needs are gone), those of churn/registry.h. After an error nothing
 * is in use that was not before. run->stop is heard until the registry is written to (INTERNAL,
 * "stopped"), and run->stop->worth is set from then on: that takes a moment, and is finished. */
CHURN_MUST_USE churn_status churn_retrain(const churn_project *project,
                                          const churn_retrain_settings *settings,
                                          const churn_run *run, churn_retrain_report *report,
                                          churn_error *error);

/* Writes what `churn retrain --json` prints: as_of, challenger, champion, promoted, compared,
 * champion_days, why, gates[{name, text, advice}], figures{as_of, rows, churners, champion_auc,
 * challenger_auc, difference, lower, upper, champion_log_loss, challenger_log_loss,
 * calibration_intercept, calibration_slope}, intercept_error, slope_error. null: there is none. "-"
 * = standard output. */
CHURN_MUST_USE churn_status churn_retrain_report_write(const churn_retrain_report *report,
                                                       const char *path, churn_error *error);

#ifdef __cplusplus
}
#endif

#endif
