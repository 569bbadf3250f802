/* What the model says of the lost, as JSON.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/memory.h"
#include "jobs/agreement.h"
#include "model/report.h"

#include <stdlib.h>

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

static int commonest_first(const void *left, const void *right)
{
  const churn_agreement_row *a = *(const churn_agreement_row *const *)left;
  const churn_agreement_row *b = *(const churn_agreement_row *const *)right;
  if (a->lost != b->lost)
    return a->lost < b->lost ? 1 : -1;
  return (a > b) - (a < b);
}

static void append_commonest(churn_json_text *text, const churn_agreement *a, size_t most)
{
  const churn_agreement_row **order =
      churn_array_new(a->reason_count, sizeof(const churn_agreement_row *));
  text->failed = text->failed || order == NULL;
  if (order == NULL)
    return;
  for (size_t i = 0; i < a->reason_count; i++)
    order[i] = &a->reasons[i];
  qsort(order, a->reason_count, sizeof(const churn_agreement_row *), commonest_first);
  churn_json_list_open(text, 2, "reasons");
  for (size_t i = 0; i < most; i++) {
    churn_json_item(text, 4, i == 0);
    append_row(text, a, order[i]);
  }
  churn_json_list_close(text, 2);
  free(order);
}

void churn_agreement_json(const churn_agreement *agreement, size_t most, churn_json_text *text)
{
  const churn_agreement *a = agreement;
  churn_json_append(text, "{");
  churn_json_key(text, 2, "lost", true);
  churn_json_whole(text, a->lost);
  churn_json_whole_at(text, 2, "unseen", a->unseen);
  churn_json_text_at(text, 2, "causes", a->playbook ? "playbook" : "histories");
  churn_json_key(text, 2, "kind_association", false);
  churn_json_number_or_null(text, a->kind_association);
  churn_json_key(text, 2, "reason_association", false);
  churn_json_number_or_null(text, a->reason_association);
  append_rows(text, "kinds", a, a->kinds, a->kind_count);
  if (a->reason_count > most)
    append_commonest(text, a, most);
  else
    append_rows(text, "reasons", a, a->reasons, a->reason_count);
  churn_json_append(text, "\n}");
}

churn_status churn_agreement_write(const churn_agreement *agreement, const char *path,
                                   churn_error *error)
{
  churn_json_text text = {0};
  churn_agreement_json(agreement, SIZE_MAX, &text);
  churn_json_append(&text, "\n");
  return churn_json_save(&text, path, error);
}
