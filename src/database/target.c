/* Texts that name a database.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "database/target.h"

#include "database/libpq.h"

#include <string.h>

static bool begins(const char *text, const char *prefix)
{
  return strncmp(text, prefix, strlen(prefix)) == 0;
}

churn_database_kind churn_database_kind_of(const char *text)
{
  if (begins(text, "sqlite:"))
    return CHURN_DATABASE_SQLITE;
  if (begins(text, "postgresql:") || begins(text, "postgres:"))
    return CHURN_DATABASE_POSTGRESQL;
  return CHURN_DATABASE_NONE;
}

const char *churn_database_address(const char *target)
{
  bool whole = begins(target, "postgresql://") || begins(target, "postgres://");
  return whole ? target : strchr(target, ':') + 1;
}

static bool is_secret(const char *keyword)
{
  return strcmp(keyword, "password") == 0 || strcmp(keyword, "sslpassword") == 0;
}

static churn_status check_options(const PQconninfoOption *options, churn_error *error)
{
  for (const PQconninfoOption *option = options; option->keyword != NULL; option++)
    if (option->val != NULL && is_secret(option->keyword))
      return churn_error_set(error, CHURN_BAD_PROJECT,
                             "postgresql: a %s does not belong here, where others read it; put it "
                             "into a password file (PGPASSFILE, ~/.pgpass), a service file "
                             "(postgresql:service=NAME), or the environment (PGPASSWORD)",
                             option->keyword);
  return CHURN_OK;
}

static churn_status check_connection(const char *address, churn_error *error)
{
  char *reason = NULL;
  churn_status status = churn_libpq_load(error);
  if (status != CHURN_OK)
    return status;
  PQconninfoOption *options = PQconninfoParse(address, &reason);
  if (options != NULL)
    status = check_options(options, error);
  else if (reason == NULL)
    status = churn_error_no_memory(error);
  else /* libpq's words may quote the text, and with it a password */
    status = churn_error_set(error, CHURN_BAD_PROJECT,
                             "postgresql: this is no connection string; accepted: postgresql: (all "
                             "from the environment), postgresql:service=NAME, "
                             "postgresql:host=HOST dbname=NAME user=NAME, postgresql://HOST/NAME");
  PQfreemem(reason);
  PQconninfoFree(options);
  return status;
}

churn_status churn_database_check(const char *target, churn_error *error)
{
  const char *address = churn_database_address(target);
  if (churn_database_kind_of(target) == CHURN_DATABASE_POSTGRESQL)
    return check_connection(address, error);
  if (address[0] == '\0')
    return churn_error_set(error, CHURN_BAD_PROJECT,
                           "sqlite: the file is missing; expected "
                           "sqlite:FILE, like sqlite:crm.db");
  return CHURN_OK;
}
