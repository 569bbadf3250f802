/* How much memory a run may take, and what of the histories lies in temporary files.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "history/spill.h"

#include "base/error.h"
#include "base/memory.h"
#include "base/parallel.h"

#include <fcntl.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#if defined(__GLIBC__)
#include <malloc.h>
#endif

/* The files are let go no oftener than they have brought so many bytes in. */
#define LEAST_WINDOW ((uint64_t)4 << 20)

/* Customers between two looks at the memory. */
enum { CUSTOMERS_A_LOOK = 64, STATM_SIZE = 128 };

struct churn_spill {
  uint64_t bound;
  int statm; /* /proc/self/statm; -1 = there is none */
  uint64_t page;
  uint64_t shared_before; /* bytes of files (the program itself) before any of ours */
  churn_temporary **files;
  size_t file_count, file_capacity;
  atomic_size_t walked;
};

/* What the process takes: memory of its own, and pages of files. */
typedef struct usage {
  uint64_t own, shared;
} usage;

static bool look(const churn_spill *spill, usage *found)
{
  char text[STATM_SIZE];
  unsigned long long resident = 0, shared = 0;
  ssize_t length = spill->statm < 0 ? -1 : pread(spill->statm, text, sizeof text - 1, 0);
  if (length <= 0)
    return false;
  text[length] = '\0';
  if (sscanf(text, "%*u %llu %llu", &resident, &shared) != 2)
    return false;
  shared = shared < resident ? shared : resident;
  *found = (usage){(resident - shared) * spill->page, shared * spill->page};
  return true;
}

churn_status churn_spill_new(const churn_run *run, churn_spill **spill, churn_error *error)
{
  *spill = NULL;
  if (run == NULL || run->memory_bytes == 0)
    return CHURN_OK;
  churn_spill *made = calloc(1, sizeof *made);
  if (made == NULL)
    return churn_error_no_memory(error);
  usage now;
  made->bound = run->memory_bytes;
  made->page = (uint64_t)sysconf(_SC_PAGESIZE);
  made->statm = open("/proc/self/statm", O_RDONLY | O_CLOEXEC);
  made->shared_before = look(made, &now) ? now.shared : 0;
  atomic_init(&made->walked, 0);
  *spill = made;
  return CHURN_OK;
}

void churn_spill_free(churn_spill *spill)
{
  if (spill == NULL)
    return;
  for (size_t i = 0; i < spill->file_count; i++)
    churn_temporary_close(spill->files[i]);
  free(spill->files);
  if (spill->statm >= 0)
    close(spill->statm);
  free(spill);
}

uint64_t churn_spill_room(const churn_spill *spill)
{
  usage now;
  if (spill == NULL)
    return UINT64_MAX;
  if (!look(spill, &now))
    return 0;
  uint64_t most = spill->bound - spill->bound / 4, taken = now.own + spill->shared_before;
  return taken < most ? most - taken : 0;
}

bool churn_spill_half_free(const churn_spill *spill)
{
  return spill == NULL || churn_spill_room(spill) > spill->bound / 4;
}

int churn_spill_threads(const churn_spill *spill, const churn_run *run, uint64_t bytes)
{
  int most = churn_parallel_threads(run);
  uint64_t fitting = churn_spill_room(spill) / (bytes + 1);
  return fitting >= (uint64_t)most ? most : fitting < 1 ? 1 : (int)fitting;
}

churn_status churn_spill_keep(churn_spill *spill, churn_temporary *file, churn_error *error)
{
  if (!churn_array_reserve(&spill->files, &spill->file_capacity, spill->file_count + 1,
                           sizeof *spill->files)) {
    churn_temporary_close(file);
    return churn_error_no_memory(error);
  }
  spill->files[spill->file_count++] = file;
  return CHURN_OK;
}

void churn_spill_walked(churn_spill *spill, size_t customers)
{
  if (spill == NULL || spill->file_count == 0)
    return;
  size_t before = atomic_fetch_add_explicit(&spill->walked, customers, memory_order_relaxed);
  if (before / CUSTOMERS_A_LOOK == (before + customers) / CUSTOMERS_A_LOOK)
    return;
  usage now;
  bool known = look(spill, &now);
  uint64_t window = spill->bound / 8 > LEAST_WINDOW ? spill->bound / 8 : LEAST_WINDOW;
  if (known && (now.own + now.shared <= spill->bound - spill->bound / 8 ||
                now.shared <= spill->shared_before + window))
    return;
  for (size_t i = 0; i < spill->file_count; i++)
    churn_temporary_let_go(spill->files[i]);
}

void churn_spill_trim(const churn_spill *spill)
{
#if defined(__GLIBC__)
  if (spill != NULL)
    malloc_trim(0);
#else
  (void)spill;
#endif
}
