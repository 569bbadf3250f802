/* churn.yaml of the made-up world, and what of it is the telecom's.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "simulate/project_text.h"
#include "simulate/description.h"

static const char telecom_sources[] =
    "# A made-up customer base, and how churn is told to read it. Paths are relative to this "
    "file.\n"
    "# Try: churn check churn.yaml\n"
    "version: 1\n"
    "\n"
    "# One row a customer. `left` is empty while the customer stays. `value` is the money at risk: "
    "a\n"
    "# year's fee, as known on the day that is asked about. Columns that never change are "
    "`static`;\n"
    "# others would have to come from a history, because a customers' row has no date.\n"
    "customers:\n"
    "  from: customers.csv\n"
    "  id: customer_id\n"
    "  joined: signup_date\n"
    "  left: closed_date\n"
    "  value: last(monthly_fee from prices) * 12\n" CHURN_TEXT_COLUMNS "\n"
    "# Many dated rows a customer. `day` is when a row becomes known. A column of type `day` is\n"
    "# something that happened (missing until then); `scheduled` is a date fixed in advance.\n"
    "histories:\n" CHURN_TEXT_ENGAGEMENTS CHURN_TEXT_HISTORIES "\n";

static const char telecom_features[] =
    "# What the model may look at, in the feature language. `over 30d` is the 30 days before the\n"
    "# snapshot; without `over`, all that is known. The long form names a reference level, or the\n"
    "# words in which the feature is given as a reason.\n"
    "features:\n"
    "  engagements_30d:       count(engagements over 30d)\n"
    "  engagement_trend:      {is: \"coalesce(count(engagements over 30d) / (count(engagements "
    "over 90d) / 3), 1)\",\n"
    "                          label: of the usual engagement}   # nobody seen in 90 days: no "
    "trend\n"
    "  days_since_engagement: days_since(engagements)\n" CHURN_TEXT_COMPLAINT_FEATURES
    "  days_to_resolve_365d:  {is: mean(closed_at - opened_at from complaints over 365d), label: "
    "days to resolve a complaint}\n" CHURN_TEXT_PRICE_FEATURES
    "  days_since_rep_change: {is: days_since_change(rep_id from reps), label: days since the "
    "account rep changed}\n" CHURN_TEXT_PAYMENT_FEATURES "\n"
    "# Sets of features to try: churn train churn.yaml --set engagement -o MODEL. Names may hold * "
    "and ?.\n"
    "feature_sets:\n"
    "  engagement: [engagements_30d, engagement_trend, days_since_engagement]\n"
    "  complaints: [severe_complaints_90d, open_complaints, days_to_resolve_365d]\n"
    "  payments:   [payment_delay_180d, overdue_amount]\n"
    "  full: [\"*\"]\n";

static void write_day(churn_output *output, const char *before, churn_day day, const char *after)
{
  char text[CHURN_DAY_TEXT_SIZE];
  churn_day_format(day, text);
  churn_output_printf(output, "%s%s%s", before, text, after);
}

static void write_leaving(const churn_world *world, churn_output *output)
{
  churn_output_printf(output,
                      "# What is predicted: leaving within %u days, starting %u days after the "
                      "snapshot, so that\n# there is time to act.\n"
                      "outcome: {horizon: %ud, gap: %ud}\n\n",
                      world->settings.horizon_days, world->settings.gap_days,
                      world->settings.horizon_days, world->settings.gap_days);
}

const churn_project_text churn_telecom_text = {telecom_sources, write_leaving, telecom_features};

void churn_description_project(const churn_world *world, churn_output *output)
{
  static const churn_project_text *const texts[] = {[CHURN_WORLD_TELECOM] = &churn_telecom_text,
                                                    [CHURN_WORLD_BANK] = &churn_bank_text,
                                                    [CHURN_WORLD_WHOLESALE] =
                                                        &churn_wholesale_text};
  const churn_project_text *text = texts[world->settings.world];
  churn_output_text(output, text->sources);
  write_day(output,
            "# The last day that the exports cover. A label window that ends later is still open.\n"
            "data_until: ",
            world->last_day, "\n\n");
  text->outcome(world, output);
  churn_output_text(output,
                    "# Maximum likelihood, nothing shrunk.\nfit: {penalty: none}\n\n"
                    "# Days on which the base is looked at. Training uses those whose label "
                    "window closed before\n# `test_from`, evaluation those from it on.\n");
  write_day(output, "snapshots: {first: ", world->snapshot_first, ", ");
  write_day(output, "last: ", world->snapshot_last, ", every: 1 month, ");
  write_day(output, "test_from: ", world->test_from, "}\n\n");
  churn_output_text(output, text->features);
}
