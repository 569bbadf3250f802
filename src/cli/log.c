/* Lines on standard error in the form that the reader wants: a person, journald, a program.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "cmd.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

struct poptOption cli_log_option(const char **format)
{
  return (struct poptOption){"log-format",
                             '\0',
                             POPT_ARG_STRING,
                             format,
                             0,
                             "lines on standard error as text, journal (with "
                             "<level> for journald; the default there) or json",
                             "FORM"};
}

/* systemd says which stream is its journal: DEVICE:INODE. */
static bool is_journal(void)
{
  const char *stream = getenv("JOURNAL_STREAM");
  struct stat found;
  unsigned long long device = 0, inode = 0;
  return stream != NULL && sscanf(stream, "%llu:%llu", &device, &inode) == 2 &&
         fstat(STDERR_FILENO, &found) == 0 && found.st_dev == device && found.st_ino == inode;
}

churn_status cli_read_log(cli *c, const char *format)
{
  static const char *const names[] = {"text", "journal", "json"};
  if (format == NULL) {
    c->log = is_journal() ? CLI_LOG_JOURNAL : CLI_LOG_TEXT;
    return CHURN_OK;
  }
  for (int i = 0; i < 3; i++)
    if (strcmp(format, names[i]) == 0) {
      c->log = (cli_log_form)i;
      return CHURN_OK;
    }
  return cli_usage(c, "--log-format: \"%s\" is unknown; expected text, journal or json", format);
}

static void write_json(churn_log_level level, const char *stage, const char *text)
{
  const char *name = level == CHURN_LOG_ERROR     ? "error"
                     : level == CHURN_LOG_WARNING ? "warning"
                                                  : "info";
  char now[32] = "";
  time_t seconds = time(NULL);
  struct tm parts;
  if (gmtime_r(&seconds, &parts) != NULL)
    strftime(now, sizeof now, "%Y-%m-%dT%H:%M:%SZ", &parts);
  json_t *line =
      json_pack("{s:s, s:s, s:s, s:s}", "time", now, "level", name, "stage", stage, "text", text);
  char *bytes = line == NULL ? NULL : json_dumps(line, JSON_COMPACT);
  /* A path may hold bytes that are no UTF-8, and memory may be short: the stage is told anyhow. */
  if (bytes != NULL)
    fprintf(stderr, "%s\n", bytes);
  else
    fprintf(stderr, "{\"time\":\"%s\",\"level\":\"%s\",\"stage\":\"%s\"}\n", now, name, stage);
  free(bytes);
  json_decref(line);
}

/* Every line of the text gets its level. */
static void write_journal(churn_log_level level, const char *stage, const char *text)
{
  for (const char *end = text; end != NULL; text = end + 1) {
    end = strchr(text, '\n');
    fprintf(stderr, "<%d>%s: %.*s\n", (int)level, stage,
            end == NULL ? (int)strlen(text) : (int)(end - text), text);
  }
}

void cli_log_line(const cli *c, churn_log_level level, const char *stage, const char *text)
{
  cli_progress_clear();
  if (c->log == CLI_LOG_JSON)
    write_json(level, stage, text);
  else if (c->log == CLI_LOG_JOURNAL)
    write_journal(level, stage, text);
  else
    fprintf(stderr, "%s: %s\n", stage, text);
}

char *cli_log_prepare(const cli *c, const char *text, char *line, size_t size)
{
  static const char json[] = "{\"time\":\"0000-00-00T00:00:00Z\",\"level\":\"error\",\"stage\":"
                             "\"error\",\"text\":\"%s\"}\n";
  const char *clear = c->run.progress == NULL ? "" : "\r\033[K"; /* the bar */
  if (c->log == CLI_LOG_JSON)
    snprintf(line, size, json, text);
  else if (c->log == CLI_LOG_JOURNAL)
    snprintf(line, size, "<%d>error: %s\n", (int)CHURN_LOG_ERROR, text);
  else
    snprintf(line, size, "%s%s: %s\n", clear, c->name, text);
  return c->log == CLI_LOG_JSON ? line + strcspn(line, "0") : NULL;
}

void cli_log_stage(void *context, churn_log_level level, const char *stage, const char *text)
{
  const cli *c = context;
  if (!c->quiet || level < CHURN_LOG_INFO)
    cli_log_line(c, level, stage, text);
}
