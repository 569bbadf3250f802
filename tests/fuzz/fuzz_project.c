/* Any bytes as a project file: read, or refused with a message; never a crash, never silence.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "fuzz.h"

#include <churn/project.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
  char path[64];
  int descriptor = memfd_create("fuzz", MFD_CLOEXEC);
  if (descriptor < 0)
    return 0;
  demand(write(descriptor, data, size) == (ssize_t)size);
  snprintf(path, sizeof path, "/proc/self/fd/%d", descriptor);
  churn_notes *notes = churn_notes_new();
  churn_project *project = NULL;
  churn_error error = {0};
  churn_status status = churn_project_read(path, NULL, 0, notes, &project, &error);
  demand((status == CHURN_OK) == (project != NULL));
  demand(status == CHURN_OK || (error.status == status && error.message[0] != '\0'));
  demand((status == CHURN_BAD_PROJECT) <= (churn_notes_count_of(notes, CHURN_FAULT) > 0));
  churn_project_free(project);
  churn_notes_free(notes);
  close(descriptor);
  return 0;
}
