/* Running the program from a test.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "program.h"

#include "support.h"

#include <dirent.h>
#include <fcntl.h>
#include <grp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum { MOST_ARGUMENTS = 32, NOBODY = 65534, CANNOT_START = 125 };

static const char guarded_bytes[] = "what stood here before\n";

static void redirect(const char *path, int flags, int descriptor)
{
  int opened = open(path, flags, 0600);
  if (opened < 0 || dup2(opened, descriptor) < 0)
    _exit(CANNOT_START);
  close(opened);
}

static bool become_nobody(void)
{
  return setgroups(0, NULL) == 0 && setgid(NOBODY) == 0 && setuid(NOBODY) == 0;
}

/* The program is opened before the rights are dropped, so that its folder need not be open to all.
 */
static void start(const char *program, const char *const *arguments, bool as_nobody,
                  const char *output, const char *errors)
{
  char *all[MOST_ARGUMENTS] = {(char *)(uintptr_t)program};
  for (int i = 0; arguments[i] != NULL && i + 2 < MOST_ARGUMENTS; i++)
    all[i + 1] = (char *)(uintptr_t)arguments[i];
  extern char **environ;
  int binary = open(program, O_RDONLY);
  redirect("/dev/null", O_RDONLY, STDIN_FILENO);
  redirect(output, O_WRONLY | O_CREAT | O_TRUNC, STDOUT_FILENO);
  redirect(errors, O_WRONLY | O_CREAT | O_TRUNC, STDERR_FILENO);
  if (binary < 0 || (as_nobody && geteuid() == 0 && !become_nobody()))
    _exit(CANNOT_START);
  fexecve(binary, all, environ);
  _exit(CANNOT_START);
}

program_result program_run(const char *program, const char *const *arguments, bool as_nobody)
{
  char output[1024], errors[1024];
  snprintf(output, sizeof output, "%s", scratch_path(".stdout"));
  snprintf(errors, sizeof errors, "%s", scratch_path(".stderr"));
  pid_t child = fork();
  if (child == 0)
    start(program, arguments, as_nobody, output, errors);
  int status = 0;
  if (child < 0 || waitpid(child, &status, 0) != child)
    _fail(__FILE__, __LINE__);
  program_result result = {.code =
                               WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status)};
  result.output = file_read(output, &result.output_length);
  result.errors = file_read(errors, NULL);
  unlink(output);
  unlink(errors);
  if (result.code == CANNOT_START || result.output == NULL || result.errors == NULL)
    _fail(__FILE__, __LINE__);
  return result;
}

void program_result_clear(program_result *result)
{
  free(result->output);
  free(result->errors);
  *result = (program_result){0};
}

static size_t entries_of_folder(const char *path)
{
  char folder[1024];
  snprintf(folder, sizeof folder, "%.*s", (int)(strrchr(path, '/') - path), path);
  DIR *open_folder = opendir(folder);
  size_t count = 0;
  while (open_folder != NULL && readdir(open_folder) != NULL)
    count++;
  if (open_folder != NULL)
    closedir(open_folder);
  return count;
}

guarded_file guard_make(const char *name)
{
  guarded_file guard;
  struct stat found;
  snprintf(guard.path, sizeof guard.path, "%s", scratch_write(name, guarded_bytes));
  if (stat(guard.path, &found) != 0)
    _fail(__FILE__, __LINE__);
  guard.inode = found.st_ino;
  guard.changed = found.st_mtim;
  guard.entries = entries_of_folder(guard.path);
  return guard;
}

const char *guard_fault(const guarded_file *guard)
{
  struct stat found;
  size_t length = 0;
  char *bytes = file_read(guard->path, &length);
  bool same = bytes != NULL && length == sizeof guarded_bytes - 1 &&
              memcmp(bytes, guarded_bytes, length) == 0;
  free(bytes);
  if (!same)
    return "the bytes are others";
  if (stat(guard->path, &found) != 0 || found.st_ino != guard->inode)
    return "it is another file";
  if (found.st_mtim.tv_sec != guard->changed.tv_sec ||
      found.st_mtim.tv_nsec != guard->changed.tv_nsec)
    return "its time is another";
  if (entries_of_folder(guard->path) != guard->entries)
    return "something was left in its folder";
  return NULL;
}
