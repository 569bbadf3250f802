/* What the model says of the lost against what is known of why, as tables for the terminal.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "cmd.h"

#include <math.h>

/* A line for each cell that occurs: causes are too many to stand side by side. */
static void print_rows(const churn_agreement *a, const churn_agreement_row *rows, size_t count,
                       const char *heading, double association, FILE *file)
{
  cli_table *table = cli_table_new("llrrr");
  cli_table_narrow(table, 100);
  cli_table_row(table, heading, "the model says", "lost", "of the line", "of all");
  for (size_t r = 0; r < count; r++)
    for (size_t c = 0, shown = 0; c < a->cause_count; c++) {
      uint64_t here = rows[r].by_cause[c];
      if (here == 0)
        continue;
      cli_table_row(table, shown++ == 0 ? rows[r].stated : "", a->causes[c], cli_count(here),
                    cli_percent((double)here / (double)rows[r].lost, 1),
                    cli_percent((double)a->totals[c] / (double)a->lost, 1));
    }
  cli_table_print(table, file, "  ");
  if (!isnan(association))
    fprintf(file, "  association (Cramer's V, 0 to 1): %.2f\n", association);
}

void cli_print_agreement(const churn_agreement *a, FILE *file)
{
  fprintf(file, "%s lost, at the last snapshot before: why they left, and what the model says\n",
          cli_plural(a->lost, "customer"));
  if (a->unseen > 0)
    fprintf(file, "%s more left before a snapshot could see them\n", cli_count(a->unseen));
  if (a->lost == 0)
    return;
  fprintf(file, "The model says: the main %s\n",
          a->playbook ? "cause" : "reason's history; customers = what is no history");
  print_rows(a, a->kinds, a->kind_count, "kind", a->kind_association, file);
  if (a->reason_count == 0)
    return;
  fputc('\n', file);
  print_rows(a, a->reasons, a->reason_count, "recorded reason", a->reason_association, file);
}
