/* Any bytes as a model file: refused, or a model that writes and reads back as itself. Bytes that
 * still have the head are sealed, so that the id's check hides nothing.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "fuzz.h"
#include "model/file.h"

#include <stdlib.h>
#include <string.h>

static churn_model *parse(const char *bytes, size_t length)
{
  churn_error error = {0};
  churn_model *model = NULL;
  churn_status status = churn_model_parse(bytes, length, "fuzz.json", &model, &error);
  demand((status == CHURN_OK) == (model != NULL));
  demand(status == CHURN_OK || (status == CHURN_MALFORMED && error.message[0] != '\0'));
  return model;
}

static churn_json_text print(const churn_model *model)
{
  churn_error error = {0};
  churn_json_text text = {0};
  demand(churn_model_print(model, "fuzz.json", &text, &error) == CHURN_OK);
  return text;
}

static void check_round_trip(const churn_model *model)
{
  churn_json_text first = print(model);
  churn_model *back = parse(first.bytes, first.length);
  demand(back != NULL);
  churn_json_text second = print(back);
  demand(first.length == second.length && memcmp(first.bytes, second.bytes, first.length) == 0);
  churn_model_free(back);
  free(first.bytes);
  free(second.bytes);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
  char *bytes = malloc(size == 0 ? 1 : size);
  demand(bytes != NULL);
  if (size > 0)
    memcpy(bytes, data, size);
  churn_model_free(parse(bytes, size));
  churn_model *model = churn_model_seal(bytes, size) ? parse(bytes, size) : NULL;
  if (model != NULL)
    check_round_trip(model);
  churn_model_free(model);
  free(bytes);
  return 0;
}
