/* Names of column types.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/type.h"

#include <string.h>

static const char *const names[] = {"unknown",  "number", "day", "scheduled",
                                    "category", "flag",   "id"};

const char *churn_type_name(churn_type type)
{
  return names[type];
}

churn_type churn_type_from_name(const char *name)
{
  for (int type = CHURN_TYPE_NUMBER; type <= CHURN_TYPE_FLAG; type++)
    if (strcmp(names[type], name) == 0)
      return (churn_type)type;
  return CHURN_TYPE_INFER;
}
