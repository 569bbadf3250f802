/* Finds libpq's functions in the shared library.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "database/libpq.h"

#include "base/error.h"

#include <dlfcn.h>
#include <pthread.h>
#include <stdbool.h>
#include <string.h>

static void finish_nothing(PGconn *connection)
{
  (void)connection;
}

static void clear_nothing(PGresult *result)
{
  (void)result;
}

#undef PQfinish
#undef PQclear
churn_libpq churn_libpq_calls = {.PQfinish = finish_nothing, .PQclear = clear_nothing};

static pthread_once_t once = PTHREAD_ONCE_INIT;
static bool loaded;

static void load(void)
{
#define CHURN_LIBPQ_NAME(name) #name,
  static const char *const names[] = {CHURN_LIBPQ_FUNCTIONS(CHURN_LIBPQ_NAME)};
#undef CHURN_LIBPQ_NAME
  enum { COUNT = sizeof names / sizeof names[0] };
  void *found[COUNT];
  _Static_assert(sizeof found == sizeof churn_libpq_calls, "one pointer for each name");
  void *library = dlopen("libpq.so.5", RTLD_NOW | RTLD_LOCAL);
  loaded = library != NULL;
  for (size_t i = 0; i < COUNT && loaded; i++) {
    found[i] = dlsym(library, names[i]);
    loaded = found[i] != NULL;
  }
  if (loaded)
    memcpy(&churn_libpq_calls, found, sizeof found);
}

churn_status churn_libpq_load(churn_error *error)
{
  pthread_once(&once, load);
  if (!loaded)
    return churn_error_set(error, CHURN_NO_INPUT,
                           "postgresql: the client library is not installed (libpq.so.5; Debian's "
                           "package libpq5)");
  return CHURN_OK;
}
