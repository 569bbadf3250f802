/* The report's drift: features against the model's training, and what the gates found.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "jobs/report.h"

#include "jobs/run_pieces.h"

static churn_status append_feature(churn_json_text *text, const churn_night *n, size_t f,
                                   churn_error *error)
{
  churn_stability stability;
  const churn_profile *profile = n->profile;
  churn_status status = churn_profile_stability(profile, f, &stability, error);
  if (status != CHURN_OK)
    return status;
  double rows = (double)profile->rows;
  const churn_json_pair pairs[] = {{"feature", (double)f},
                                   {"index", stability.index},
                                   {"spread", n->model->features[f].spread},
                                   {"missing", (double)churn_profile_missing(profile, f) / rows},
                                   {"trained_missing", churn_profile_trained_missing(n->model, f)},
                                   {"unseen", (double)churn_profile_unseen(profile, f) / rows}};
  churn_json_item(text, 6, f == 0);
  churn_json_append(text, "{");
  churn_json_numbers(text, pairs, sizeof pairs / sizeof pairs[0], true);
  churn_json_append(text, "}");
  return CHURN_OK;
}

churn_status churn_report_drift(const churn_night *night, churn_json_text *text, churn_error *error)
{
  churn_status status = CHURN_OK;
  churn_json_key(text, 2, "drift", false);
  churn_json_append(text, "{");
  churn_json_key(text, 4, "rows", true);
  churn_json_whole(text, night->profile->rows);
  churn_json_list_open(text, 4, "features");
  for (size_t f = 0; f < night->model->feature_count && status == CHURN_OK; f++)
    status = append_feature(text, night, f, error);
  churn_json_list_close(text, 4);
  churn_json_append(text, "}");
  churn_gates_json(&night->findings, true, text);
  return status;
}
