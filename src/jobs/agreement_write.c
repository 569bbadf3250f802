/* What the model says of the lost, as JSON.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "model/report.h"

#include <churn/kinds.h>

static void append_row(churn_json_text *text, const churn_agreement *a,
                       const churn_agreement_row *row)
{
  churn_json_append(text, "{\"stated\": ");
  churn_json_quote(text, row->stated);
  churn_json_append(text, ", \"lost\": ");
  churn_json_whole(text, row->lost);
  churn_json_append(text, ", \"by_cause\": {");
  for (size_t c = 0; c < a->cause_count; c++) {
    churn_json_append(text, c == 0 ? "" : ", ");
    churn_json_quote(text, a->causes[c]);
    churn_json_append(text, ": ");
    churn_json_whole(text, row->by_cause[c]);
  }
  churn_json_append(text, "}}");
}

static void append_rows(churn_json_text *text, const char *key, const churn_agreement *a,
                        const churn_agreement_row *rows, size_t count)
{
  churn_json_list_open(text, 2, key);
  for (size_t i = 0; i < count; i++) {
    churn_json_item(text, 4, i == 0);
    append_row(text, a, &rows[i]);
  }
  churn_json_list_close(text, 2);
}

churn_status churn_agreement_write(const churn_agreement *agreement, const char *path,
                                   churn_error *error)
{
  const churn_agreement *a = agreement;
  churn_json_text text = {0};
  churn_json_append(&text, "{");
  churn_json_key(&text, 2, "lost", true);
  churn_json_whole(&text, a->lost);
  churn_json_whole_at(&text, 2, "unseen", a->unseen);
  churn_json_text_at(&text, 2, "causes", a->playbook ? "playbook" : "histories");
  churn_json_key(&text, 2, "kind_association", false);
  churn_json_number_or_null(&text, a->kind_association);
  churn_json_key(&text, 2, "reason_association", false);
  churn_json_number_or_null(&text, a->reason_association);
  append_rows(&text, "kinds", a, a->kinds, a->kind_count);
  append_rows(&text, "reasons", a, a->reasons, a->reason_count);
  churn_json_append(&text, "\n}\n");
  return churn_json_save(&text, path, error);
}
