/* What killed processes left in the registry's folder.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "jobs/registry_parts.h"

#include <dirent.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

/* `.ID.json.PID-N.part` and `.ID.md.PID-N.part`, which base/output makes. */
static bool is_left_over(const char *name)
{
  static const char tail[] = ".part";
  size_t length = strlen(name), least = 1 + CHURN_ID_LENGTH + sizeof tail - 1;
  if (length <= least || name[0] != '.' || !churn_registry_is_id(name + 1, CHURN_ID_LENGTH))
    return false;
  const char *kind = name + 1 + CHURN_ID_LENGTH;
  return (strncmp(kind, ".json.", 6) == 0 || strncmp(kind, ".md.", 4) == 0) &&
         strcmp(name + length - (sizeof tail - 1), tail) == 0;
}

void churn_registry_sweep(const char *path)
{
  DIR *folder = opendir(path);
  if (folder == NULL)
    return;
  for (struct dirent *entry; (entry = readdir(folder)) != NULL;)
    if (is_left_over(entry->d_name))
      unlinkat(dirfd(folder), entry->d_name, 0);
  closedir(folder);
}
