/* The ranked list into a database, whatever its kind.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <churn/sink.h>

#include "base/error.h"
#include "database/target.h"
#include "project/project.h"
#include "sink/writers.h"

bool churn_sink_is_database(const char *output)
{
  return churn_database_kind_of(output) != CHURN_DATABASE_NONE;
}

bool churn_sink_of_project(const churn_project *project, churn_sink *sink)
{
  if (project->scores_to == NULL)
    return false;
  *sink = (churn_sink){project->scores_to, project->scores_table, NULL};
  return true;
}

const char *churn_sink_table(const churn_sink *sink)
{
  return sink->table == NULL ? "churn_scores" : sink->table;
}

const char *churn_sink_kind(const churn_sink *sink)
{
  static const char *const kinds[] = {[CHURN_DATABASE_NONE] = NULL,
                                      [CHURN_DATABASE_SQLITE] = "sqlite",
                                      [CHURN_DATABASE_POSTGRESQL] = "postgresql"};
  return kinds[churn_database_kind_of(sink->target)];
}

/* database/ tells of reading; an output that is not there cannot be created. */
static churn_status as_output(churn_status status, churn_error *error)
{
  if (status != CHURN_NO_INPUT && status != CHURN_BAD_PROJECT)
    return status;
  if (error != NULL)
    error->status = CHURN_CANNOT_CREATE;
  return CHURN_CANNOT_CREATE;
}

static churn_status check_target(const char *target, churn_error *error)
{
  if (!churn_sink_is_database(target))
    return churn_error_set(error, CHURN_USAGE,
                           "\"%.60s\" is no database; expected sqlite:FILE or postgresql:", target);
  churn_status status = churn_database_check(target, error);
  if (status == CHURN_BAD_PROJECT && error != NULL)
    error->status = CHURN_USAGE;
  return status == CHURN_BAD_PROJECT ? CHURN_USAGE : status;
}

static churn_status write_to(const churn_sink *sink, const churn_ranking *ranking,
                             churn_error *error)
{
  churn_sink to = {sink->target, churn_sink_table(sink), sink->stop};
  churn_status status = check_target(to.target, error);
  if (status != CHURN_OK)
    return status;
  status = churn_database_kind_of(to.target) == CHURN_DATABASE_SQLITE
               ? churn_sink_sqlite(&to, ranking, error)
               : churn_sink_postgresql(&to, ranking, error);
  return as_output(status, error);
}

churn_status churn_sink_check(const churn_sink *sink, churn_error *error)
{
  return write_to(sink, NULL, error);
}

churn_status churn_sink_write(const churn_ranking *ranking, const churn_sink *sink,
                              churn_error *error)
{
  return write_to(sink, ranking, error);
}
