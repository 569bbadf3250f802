/* Text that is made of a file's bytes.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "source/made.h"

#include "base/error.h"
#include "base/memory.h"

#include <stdlib.h>
#include <string.h>

/* What is held back before it goes to the file. */
enum { HELD = 1 << 20 };

churn_made churn_made_start(const churn_run *run)
{
  bool bound = run != NULL && run->memory_bytes > 0;
  return (churn_made){.most = bound ? run->memory_bytes / 4 + 1 : 0};
}

static churn_status put_away(churn_made *made, churn_error *error)
{
  churn_status status = CHURN_OK;
  uint64_t at;
  if (made->file == NULL)
    status = churn_temporary_open(&made->file, error);
  if (status == CHURN_OK)
    status = churn_temporary_append(made->file, made->bytes, made->used, &at, error);
  made->filed += made->used;
  made->used = 0;
  return status;
}

churn_status churn_made_room(churn_made *made, size_t least, char **at, size_t *room,
                             churn_error *error)
{
  churn_status status = CHURN_OK;
  bool full = made->capacity - made->used < least;
  if (made->most > 0 && (made->file != NULL ? full : made->used + least > made->most))
    status = put_away(made, error);
  if (status == CHURN_OK &&
      !churn_array_reserve(&made->bytes, &made->capacity,
                           made->file == NULL || least > HELD ? made->used + least : HELD, 1))
    status = churn_error_no_memory(error);
  *at = made->bytes + made->used;
  *room = made->capacity - made->used;
  return status;
}

void churn_made_took(churn_made *made, size_t bytes)
{
  made->used += bytes;
}

churn_status churn_made_finish(churn_made *made, churn_input *text, churn_error *error)
{
  const void *mapped = NULL;
  churn_status status = CHURN_OK;
  if (made->file == NULL) {
    /* Text is never NULL. */
    if (!churn_array_reserve(&made->bytes, &made->capacity, 1, 1))
      status = churn_error_no_memory(error);
    *text = (churn_input){made->bytes, made->used, false};
    made->bytes = status == CHURN_OK ? NULL : made->bytes;
  } else {
    status = put_away(made, error);
    if (status == CHURN_OK)
      status = churn_temporary_keep_map(made->file, (size_t)made->filed, &mapped, error);
    *text = (churn_input){.length = (size_t)made->filed, .mapped = true};
    memcpy(&text->bytes, &mapped, sizeof mapped);
  }
  if (status != CHURN_OK)
    *text = (churn_input){NULL, 0, false};
  churn_made_clear(made);
  return status;
}

void churn_made_clear(churn_made *made)
{
  churn_temporary_close(made->file);
  free(made->bytes);
  *made = (churn_made){.most = made->most};
}
