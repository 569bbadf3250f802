/* What looking at the customers left out, in words.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "design/snapshot_base.h"
#include "design/snapshots_parts.h"

#include <inttypes.h>

/* Labels of customers who were not in the base on that day count for nothing, which is said. */
static void note_unused_labels(const churn_snapshot_builder *b, const churn_run *run)
{
  const churn_label_rows *labels = &b->data->labels;
  uint64_t unused = 0;
  if (b->project->outcome.kind != CHURN_OUTCOME_LABELS)
    return;
  for (size_t i = 0; i < labels->count; i++)
    unused +=
        churn_snapshots_find_day(b, labels->as_of[i]) != NULL &&
        churn_base_spell(&b->data->customers, labels->customer[i], labels->as_of[i]) == SIZE_MAX;
  if (unused > 0)
    churn_notes_add(churn_run_notes(run), CHURN_NOTE, "labels_outside_base", CHURN_NOWHERE,
                    "%" PRIu64
                    " label%s of customers who were not in the base on that day %s left out",
                    unused, unused == 1 ? "" : "s", unused == 1 ? "is" : "are");
}

/* Of DROP: why rows have no label, which the table of days does not tell apart. */
static void note_no_level(const churn_snapshot_builder *b, const churn_snapshots *s,
                          const churn_run *run)
{
  uint64_t no_level = 0, left = 0, unseen = 0;
  for (size_t d = 0; d < s->day_count; d++) {
    no_level += s->days[d].no_level;
    left += s->days[d].left;
    unseen += s->days[d].unseen;
  }
  if (churn_snapshots_labelled_only(b) && no_level + left + unseen > 0)
    churn_notes_add(churn_run_notes(run), CHURN_NOTE, "drop_unlabelled", CHURN_NOWHERE,
                    "rows without a label: %" PRIu64 " with no level that could fall (missing, "
                    "zero or less), %" PRIu64 " that left before the label window ended, %" PRIu64
                    " without a level at its end",
                    no_level, left, unseen);
}

static void note_contacts(const churn_snapshot_builder *b, const churn_snapshots *s,
                          const churn_run *run)
{
  static const char *const became[] = {"have no label", "are kept",
                                       "are kept, and a feature tells"};
  uint64_t contacted = 0, churned = 0;
  for (size_t d = 0; d < s->day_count; d++) {
    contacted += s->days[d].contacted;
    churned += s->days[d].contacted_churned;
  }
  if (b->use == CHURN_SNAPSHOTS_LABELLED && b->contacts != NULL)
    churn_notes_add(churn_run_notes(run), CHURN_NOTE, "contacted_rows", CHURN_NOWHERE,
                    "%" PRIu64 " rows are of customers who were contacted shortly before the as-of "
                    "day or in the gap (%" PRIu64 " of them churned); they %s",
                    contacted, churned, became[b->project->contacts.rule]);
}

void churn_snapshots_note(const churn_snapshot_builder *b, const churn_snapshots *s,
                          const churn_run *run)
{
  note_unused_labels(b, run);
  note_no_level(b, s, run);
  note_contacts(b, s, run);
}
