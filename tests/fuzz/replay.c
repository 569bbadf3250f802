/* Runs a fuzzer's function once on each file named: the corpus as an ordinary test.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "fuzz.h"
#include "support.h"

#include <stdio.h>
#include <stdlib.h>

int main(int count, char **paths)
{
  for (int i = 1; i < count; i++) {
    size_t length = 0;
    char *bytes = file_read(paths[i], &length);
    if (bytes == NULL) {
      fprintf(stderr, "cannot read %s\n", paths[i]);
      return 1;
    }
    LLVMFuzzerTestOneInput((const uint8_t *)bytes, length);
    free(bytes);
  }
  printf("%d files survived\n", count - 1);
  return count > 1 ? 0 : 1;
}
