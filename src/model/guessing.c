/* Is the model of any use? What its out-of-fold figures say of that.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <churn/model.h>

#include <stdio.h>
#include <string.h>

/* Of the probabilities that the model gives out. */
static double log_loss_of(const churn_model *model)
{
  const churn_recalibration *recalibration = &model->recalibration;
  bool recalibrated = recalibration->method != NULL && strcmp(recalibration->method, "none") != 0;
  return recalibrated ? recalibration->log_loss_after : model->out_of_fold.figures.log_loss;
}

bool churn_model_guesses(const churn_model *model)
{
  return model->out_of_fold.folds > 0 &&
         log_loss_of(model) >= model->out_of_fold.figures.null_log_loss;
}

void churn_model_guessing_text(const churn_model *model, char text[CHURN_MODEL_GUESSING_SIZE])
{
  text[0] = '\0';
  if (churn_model_guesses(model))
    snprintf(text, CHURN_MODEL_GUESSING_SIZE,
             "out of fold the model predicts no better than the same probability for everyone "
             "(log-loss %.4f, with that %.4f): do not act on its list",
             log_loss_of(model), model->out_of_fold.figures.null_log_loss);
}
