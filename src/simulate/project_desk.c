/* desk.yaml: the project with what a retention desk needs beside the list, the same in every world.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "simulate/description.h"

/* A desk reaches one customer in so many; a rep a fifth of what all do together. */
enum { CUSTOMERS_A_CALL = 12, SHARES_OF_A_REP = 5, LEAST_CALLS = 5 };

void churn_description_desk(const churn_world *world, churn_output *output)
{
  uint32_t calls = world->settings.customers / CUSTOMERS_A_CALL;
  calls = calls < LEAST_CALLS ? LEAST_CALLS : calls;
  churn_description_project(world, output);
  churn_output_text(
      output,
      "\n# What follows is what a retention desk needs beside the list. Causes with an action and "
      "an owner:\n# the shipped playbook (models/playbook.yaml). How sure each probability is.\n"
      "playbook: default\n"
      "rep: last(rep_id from reps)\n"
      "list: {intervals: yes}\n\n"
      "# How many customers can be called, and what a call brings: of a hundred who would leave, "
      "twenty stay.\n");
  churn_output_printf(output, "capacity: {total: %u, each_rep: %u}\n", calls,
                      calls / SHARES_OF_A_REP);
  churn_output_text(
      output,
      "actions: {default: {save_rate: 0.2, cost: 5}}\n\n"
      "# Good old customers whose risk rises are listed on their own.\n"
      "loyal: {value: 0.5}\n\n"
      "# One in ten is not called, so that `churn outcomes` can tell what calling is worth.\n"
      "control: {share: 0.1, key: desk}\n\n"
      "# In which way customers were lost, by rules; recorded reasons would go before them.\n"
      "kinds:\n"
      "  malicious:   overdue_amount > 0\n"
      "  at_fault:    severe_complaints_90d > 0 or open_complaints > 0\n"
      "  competitive: fee_change_180d > 0\n\n"
      "# Every night with its page. A rep who leaves changes many accounts at once, and then none "
      "for "
      "weeks:\n# neither says that something is wrong with the export.\n"
      "nightly: {report: yes}\n"
      "gates:\n"
      "  freshness: {except: [reps]}\n"
      "  drift:     {except: [rep_changes_365d, days_since_rep_change]}\n");
}
