/* What `churn compare` leaves behind: JSON, the page, CSV.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/error.h"
#include "base/output.h"
#include "jobs/comparison_json.h"
#include "report/page.h"

#include <stdlib.h>
#include <string.h>

static const churn_json_parts everything = {.curves = true, .cost = true};

churn_status churn_comparison_write(const churn_comparison *comparison, const char *path,
                                    churn_error *error)
{
  churn_json_text text = {0};
  churn_comparison_json(comparison, everything, &text);
  churn_json_append(&text, "\n");
  return churn_json_save(&text, path, error);
}

churn_status churn_comparison_write_page(const churn_comparison *comparison, const char *path,
                                         churn_error *error)
{
  churn_json_text text = {0};
  churn_comparison_json(comparison, everything, &text);
  const churn_page page = {CHURN_PAGE_COMPARISON, "en", text.bytes, text.length};
  churn_status status =
      text.failed ? churn_error_no_memory(error) : churn_page_write(&page, path, error);
  free(text.bytes);
  return status;
}

static void write_fold(const churn_comparison *c, const churn_compared_set *set, size_t fold,
                       churn_output *output)
{
  const churn_compared_fold *f = &c->folds[fold];
  const uint64_t counts[] = {f->training_rows, f->training_churners, f->rows, f->churners};
  const double figures[] = {set->fold_aucs[fold], set->fold_log_losses[fold],
                            set->fold_briers[fold]};
  char day[CHURN_DAY_TEXT_SIZE];
  churn_day_format(f->as_of, day);
  churn_output_csv(output, set->name, strlen(set->name));
  churn_output_printf(output, ",%zu,%s", fold + 1, day);
  for (size_t i = 0; i < sizeof counts / sizeof counts[0]; i++) {
    churn_output_text(output, ",");
    churn_output_whole(output, counts[i]);
  }
  for (size_t i = 0; i < sizeof figures / sizeof figures[0]; i++) {
    churn_output_text(output, ",");
    churn_output_number(output, figures[i]);
  }
  churn_output_text(output, "\n");
}

churn_status churn_comparison_write_folds(const churn_comparison *comparison, const char *path,
                                          churn_error *error)
{
  churn_output *output = NULL;
  churn_status status = churn_output_open(path, &output, error);
  if (status != CHURN_OK)
    return status;
  churn_output_text(output, "set,fold,as_of,training_rows,training_churners,rows,churners,auc,"
                            "log_loss,brier\n");
  for (size_t s = 0; s < comparison->set_count; s++)
    for (size_t f = 0; f < comparison->fold_count; f++)
      write_fold(comparison, &comparison->sets[s], f, output);
  return churn_output_commit(output, error);
}
