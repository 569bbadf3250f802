/* Train, save, load, score: the whole library in one program, using only what is installed.
 *
 * Usage: example PROJECT MODEL LIST
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <churn/churn.h>
#include <stdio.h>

static churn_status train_and_save(const churn_project *project, const char *path,
                                   churn_error *error)
{
  churn_model *model = NULL;
  churn_train_settings settings = {
      .first = CHURN_DAY_MISSING, .last = CHURN_DAY_MISSING, .test_from = CHURN_DAY_MISSING};
  churn_status status = churn_train(project, &settings, NULL, &model, error);
  if (status == CHURN_OK)
    status = churn_model_write(model, path, error);
  churn_model_free(model);
  return status;
}

static churn_status load_and_score(const churn_project *project, const char *model_path,
                                   const char *list_path, churn_error *error)
{
  churn_model *model = NULL;
  churn_ranking *ranking = NULL;
  churn_score_settings settings = {.as_of = CHURN_DAY_MISSING, .top = 20};
  churn_status status = churn_model_read(model_path, &model, error);
  if (status == CHURN_OK)
    status = churn_score(project, model, &settings, NULL, &ranking, NULL, error);
  if (status == CHURN_OK)
    status = churn_ranking_write(ranking, list_path, error);
  if (status == CHURN_OK) {
    churn_ranked first;
    churn_ranking_get(ranking, 0, &first);
    printf("%s leaves with probability %.3f: %s\n", first.customer_id, first.probability,
           first.reasons[0]);
  }
  churn_ranking_free(ranking);
  churn_model_free(model);
  return status;
}

int main(int argc, char **argv)
{
  churn_project *project = NULL;
  churn_error error = {0};
  if (argc != 4) {
    fprintf(stderr, "usage: example PROJECT MODEL LIST\n");
    return 2;
  }
  churn_status status = churn_project_read(argv[1], NULL, 0, NULL, &project, &error);
  if (status == CHURN_OK)
    status = train_and_save(project, argv[2], &error);
  if (status == CHURN_OK)
    status = load_and_score(project, argv[2], argv[3], &error);
  if (status != CHURN_OK) {
    char text[2048];
    churn_error_format(&error, text, sizeof text);
    fprintf(stderr, "%s\n", text);
  }
  churn_project_free(project);
  return status == CHURN_OK ? 0 : 1;
}
