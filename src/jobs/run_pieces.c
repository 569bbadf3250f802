/* Pieces of JSON that the files of a run share with its page.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "jobs/run_pieces.h"

#include "model/report.h"

#include <math.h>

void churn_changes_json(const churn_changes *changes, churn_json_text *text)
{
  churn_json_key(text, 2, "changes", false);
  if (changes == NULL) {
    churn_json_append(text, "null");
    return;
  }
  churn_json_append(text, "{\"since\": ");
  churn_json_day(text, changes->since);
  churn_json_append(text, ", \"model\": ");
  churn_json_quote(text, changes->previous_model);
  for (int move = 0; move < CHURN_MOVES; move++) {
    churn_json_append(text, ", ");
    churn_json_quote(text, churn_move_name((churn_move)move));
    churn_json_append(text, ": ");
    churn_json_whole(text, changes->moves[move]);
  }
  churn_json_append(text, "}");
}

void churn_model_quality_json(const churn_model *model, churn_json_text *text)
{
  char warning[CHURN_MODEL_GUESSING_SIZE];
  churn_model_guessing_text(model, warning);
  churn_json_key(text, 2, "model_quality", false);
  churn_json_append(text, churn_model_guesses(model) ? "{\"no_better_than_guessing\": true"
                                                     : "{\"no_better_than_guessing\": false");
  churn_json_append(text, ", \"warning\": ");
  churn_json_text_or_null(text, warning[0] == '\0' ? NULL : warning);
  churn_json_append(text, "}");
}

void churn_gates_json(const churn_findings *findings, bool translated, churn_json_text *text)
{
  static const char *const verdicts[] = {"passed", "tripped", "not_judged", "known"};
  churn_json_list_open(text, 2, "gates");
  for (size_t i = 0; i < findings->count; i++) {
    const churn_gate *gate = &findings->items[i];
    const churn_json_pair figures[] = {
        {"value", gate->value}, {"limit", gate->limit}, {"p", gate->p}};
    churn_json_item(text, 4, i == 0);
    churn_json_append(text, "{\"gate\": ");
    churn_json_quote(text, gate->name);
    churn_json_append(text, ", \"subject\": ");
    churn_json_text_or_null(text, gate->subject[0] == '\0' ? NULL : gate->subject);
    churn_json_append(text, ", ");
    churn_json_numbers(text, figures, isnan(gate->p) ? 2 : 3, true);
    churn_json_append(text, gate->hold ? ", \"hold\": true" : ", \"hold\": false");
    churn_json_append(text, ", \"verdict\": ");
    churn_json_quote(text, verdicts[gate->verdict]);
    if (gate->since != CHURN_DAY_MISSING) {
      churn_json_append(text, ", \"since\": ");
      churn_json_day(text, gate->since);
    }
    churn_json_append(text, ", \"message\": ");
    churn_json_quote(text, gate->message);
    if (translated) {
      churn_json_append(text, ", \"message_zh\": ");
      churn_json_quote(text, gate->message_zh);
    }
    churn_json_append(text, "}");
  }
  churn_json_list_close(text, 2);
}
