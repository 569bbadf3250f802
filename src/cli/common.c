/* What all verbs share: options, notes, errors, exit codes.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "cmd.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { SHOWN_OF_A_KIND = 20, TEXT_SIZE = CHURN_MESSAGE_SIZE + CHURN_PLACE_SIZE + 64 };

int cli_exit_code(churn_status status)
{
  static const int codes[] = {[CHURN_OK] = 0,
                              [CHURN_USAGE] = 2,
                              [CHURN_MALFORMED] = 65,
                              [CHURN_INCONSISTENT] = 65,
                              [CHURN_DEGENERATE] = 65,
                              [CHURN_NO_INPUT] = 66,
                              [CHURN_INTERNAL] = 70,
                              [CHURN_NO_MEMORY] = 70,
                              [CHURN_CANNOT_CREATE] = 73,
                              [CHURN_IO] = 74,
                              [CHURN_BUSY] = 75,
                              [CHURN_PERMISSION] = 77,
                              [CHURN_BAD_PROJECT] = 78};
  return (size_t)status < sizeof codes / sizeof codes[0] ? codes[status] : 70;
}

void cli_common_options(cli *c, struct poptOption common[CLI_COMMON_ROWS])
{
  c->threads = CLI_NOT_GIVEN;
  const struct poptOption rows[CLI_COMMON_ROWS] = {
      {"threads", '\0', POPT_ARG_INT, &c->threads, 0,
       "threads to use (default: all); never changes a result", "N"},
      {"quiet", 'q', POPT_ARG_NONE, &c->quiet, 0,
       "no remarks and no progress: only errors and what was asked for", NULL},
      {"verbose", 'v', POPT_ARG_NONE, &c->verbose, 0, "show every note", NULL},
      {"help", 'h', POPT_ARG_NONE, NULL, 'h', "show this help", NULL},
      POPT_TABLEEND};
  memcpy(common, rows, sizeof rows);
}

struct poptOption cli_source_option(cli *c)
{
  return (struct poptOption){
      "source",
      '\0',
      POPT_ARG_ARGV,
      &c->sources,
      0,
      "read the source NAME (customers, a history, HISTORY.via, outcome) from PATH",
      "NAME=PATH"};
}

struct poptOption cli_cache_option(cli *c)
{
  return (struct poptOption){
      "no-cache",   '\0', POPT_ARG_NONE,
      &c->no_cache, 0,    "read the sources themselves, and leave the project's cache alone",
      NULL};
}

struct poptOption cli_outcome_option(cli *c)
{
  return (struct poptOption){"outcome",   '\0', POPT_ARG_STRING,
                             &c->outcome, 0,    "the outcome NAME of the project's `outcomes`",
                             "NAME"};
}

struct poptOption cli_set_option(const char **set)
{
  return (struct poptOption){
      "set", '\0', POPT_ARG_STRING, set, 0, "only the features of this set of the project", "NAME"};
}

struct poptOption cli_day_option(const char *name, const char *help, const char **day)
{
  return (struct poptOption){name, '\0', POPT_ARG_STRING, day, 0, help, "DAY"};
}

struct poptOption cli_output_option(const char **path)
{
  return (struct poptOption){"output", 'o', POPT_ARG_STRING | POPT_ARGFLAG_SHOW_DEFAULT,
                             path,     0,   "where to write; - is standard output",
                             "FILE"};
}

static void show_help(cli *c)
{
  printf("churn %s: %s\n\n", c->verb->name, c->verb->summary);
  poptPrintHelp(c->options, stdout, 0);
}

static void release(cli *c);

static bool end_usage(cli *c, int *code, const char *what, const char *detail)
{
  fprintf(stderr, "churn %s: %s%s%s\nTry `churn %s --help`.\n", c->verb->name, detail,
          detail[0] == '\0' ? "" : ": ", what, c->verb->name);
  release(c);
  *code = CLI_EXIT_USAGE;
  return false;
}

static bool take_arguments(cli *c, const char **arguments, int needed, int wanted, int *code)
{
  int count = 0;
  for (int i = 0; i < wanted; i++)
    arguments[i] = NULL;
  for (const char *next = poptGetArg(c->options); next != NULL; next = poptGetArg(c->options)) {
    if (count == wanted)
      return end_usage(c, code, "one argument too many", next);
    arguments[count++] = next;
  }
  if (count < needed)
    return end_usage(c, code, cli_format("expected %s", c->verb->arguments),
                     "an argument is missing");
  return true;
}

/* popt copies option texts and leaves them to the caller: whatever differs from the default is ours
 * to free. */
static void keep_texts(cli *c, const struct poptOption *table, char *const defaults[CLI_MOST_TEXTS])
{
  for (int i = 0; i < CLI_MOST_TEXTS && (table[i].longName != NULL || table[i].arg != NULL); i++)
    if ((table[i].argInfo & POPT_ARG_MASK) == POPT_ARG_STRING &&
        *(char **)table[i].arg != defaults[i])
      c->texts[i] = *(char **)table[i].arg;
}

static void note_defaults(const struct poptOption *table, char *defaults[CLI_MOST_TEXTS])
{
  for (int i = 0; i < CLI_MOST_TEXTS && (table[i].longName != NULL || table[i].arg != NULL); i++)
    if ((table[i].argInfo & POPT_ARG_MASK) == POPT_ARG_STRING)
      defaults[i] = *(char **)table[i].arg;
}

static void release(cli *c)
{
  churn_notes_free(c->run.notes);
  for (char **source = c->sources; source != NULL && *source != NULL; source++)
    free(*source);
  free(c->sources);
  for (int i = 0; i < CLI_MOST_TEXTS; i++)
    free(c->texts[i]);
  poptFreeContext(c->options);
}

bool cli_open(cli *c, const cli_verb *verb, int argc, const char **argv, struct poptOption *table,
              const char **arguments, int needed, int wanted, int *code)
{
  c->verb = verb;
  snprintf(c->name, sizeof c->name, "churn %s", verb->name);
  argv[0] = c->name; /* popt's help begins with it */
  c->options = poptGetContext("churn", argc, argv, table, 0);
  c->run.notes = churn_notes_new();
  if (c->options == NULL || c->run.notes == NULL) {
    fprintf(stderr, "churn: out of memory\n");
    *code = cli_exit_code(CHURN_NO_MEMORY);
    return false;
  }
  poptSetOtherOptionHelp(c->options, cli_format("[OPTION...] %s", verb->arguments));
  char *defaults[CLI_MOST_TEXTS] = {NULL};
  note_defaults(table, defaults);
  int option = poptGetNextOpt(c->options);
  keep_texts(c, table, defaults);
  if (option == 'h') {
    show_help(c);
    *code = fflush(stdout) == 0 ? 0 : cli_exit_code(CHURN_IO);
    release(c);
    return false;
  }
  if (option < -1)
    return end_usage(c, code, poptStrerror(option),
                     poptBadOption(c->options, POPT_BADOPTION_NOALIAS));
  if (!take_arguments(c, arguments, needed, wanted, code))
    return false;
  if (c->threads != CLI_NOT_GIVEN && c->threads <= 0)
    return end_usage(c, code, "expected a whole number above 0", "--threads");
  c->run.threads = c->threads == CLI_NOT_GIVEN ? 0 : c->threads;
  if (!c->quiet && isatty(STDERR_FILENO)) {
    cli_progress_init(&c->progress);
    c->run.progress = &c->progress;
  }
  return true;
}

static const char *const severities[] = {"note", "warning", "error"};
static const churn_log_level levels[] = {CHURN_LOG_INFO, CHURN_LOG_WARNING, CHURN_LOG_ERROR};

static void show_note(const cli *c, const churn_note *note)
{
  churn_error place = {.line = note->line, .column = note->column};
  char text[TEXT_SIZE];
  snprintf(place.message, sizeof place.message, "%s", note->text);
  snprintf(place.file, sizeof place.file, "%s", note->file);
  churn_error_format(&place, text, sizeof text);
  cli_log_line(c, levels[note->severity], severities[note->severity], text);
}

static bool same_note(const churn_note *a, const churn_note *b)
{
  return a->line == b->line && a->column == b->column && strcmp(a->text, b->text) == 0 &&
         strcmp(a->file, b->file) == 0;
}

/* Unmapped headings are news to who sets a project up (`check`), not every night. */
static bool is_hidden(const cli *c, const churn_note *note)
{
  if (c->quiet)
    return note->severity != CHURN_FAULT;
  return !c->verbose && strcmp(note->code, "ignored_columns") == 0 &&
         strcmp(c->verb->name, "check") != 0;
}

/* The same kind of note many times over hides the others, so only the first ones are shown unless
 * --verbose; a note that several steps of one run gave is shown once. */
static void show_notes(const cli *c)
{
  size_t count = churn_notes_count(c->run.notes);
  for (size_t i = 0; i < count; i++) {
    const churn_note *note = churn_notes_get(c->run.notes, i);
    size_t before = 0, after = 0;
    bool repeated = false;
    for (size_t j = 0; j < count; j++) {
      const churn_note *other = churn_notes_get(c->run.notes, j);
      if (strcmp(other->code, note->code) == 0)
        *(j < i ? &before : &after) += 1;
      repeated = repeated || (j < i && same_note(note, other));
    }
    if (repeated || is_hidden(c, note))
      continue;
    if (c->verbose || before < SHOWN_OF_A_KIND)
      show_note(c, note);
    else if (before == SHOWN_OF_A_KIND)
      cli_log_line(c, levels[note->severity], severities[note->severity],
                   cli_format("… and %zu more of this kind (--verbose shows them)", after));
  }
}

static void show_error(const cli *c)
{
  char text[TEXT_SIZE];
  churn_error_format(&c->error, text, sizeof text);
  cli_log_line(c, CHURN_LOG_ERROR, c->log == CLI_LOG_TEXT ? c->name : "error", text);
}

static bool is_noted(const cli *c)
{
  for (size_t i = 0; i < churn_notes_count(c->run.notes); i++) {
    const churn_note *note = churn_notes_get(c->run.notes, i);
    if (note->severity == CHURN_FAULT && note->line == c->error.line &&
        note->column == c->error.column && strcmp(note->text, c->error.message) == 0)
      return true;
  }
  return false;
}

/* Notes are shown once, in the order they came up. */
void cli_show_notes(cli *c)
{
  cli_progress_clear();
  if (c->notes_shown)
    return;
  show_notes(c);
  cli_warn_memory(c);
  c->notes_shown = true;
}

/* A flush that failed empties the buffer, and the next one finds nothing wrong: the stream's error
 * mark and the first errno tell. */
static void flush_output(cli *c)
{
  bool failed = fflush(stdout) != 0;
  if (c->output_errno == 0 && (failed || ferror(stdout)))
    c->output_errno = failed ? errno : EIO;
}

int cli_close(cli *c, churn_status status)
{
  cli_progress_clear();
  flush_output(c);
  if (c->output_errno != 0 && status == CHURN_OK) {
    status = CHURN_IO;
    snprintf(c->error.message, sizeof c->error.message, "cannot write to standard output: %s",
             strerror(c->output_errno));
    c->error.file[0] = '\0';
    c->error.line = c->error.column = 0;
  }
  cli_show_notes(c);
  if (status != CHURN_OK && c->error.message[0] != '\0' && !is_noted(c))
    show_error(c);
  release(c);
  return cli_exit_code(status);
}

churn_status cli_usage(cli *c, const char *format, ...)
{
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(c->error.message, sizeof c->error.message, format, arguments);
  va_end(arguments);
  c->error.status = CHURN_USAGE;
  return CHURN_USAGE;
}

churn_status cli_whole(cli *c, const char *option, long long given, uint64_t *number)
{
  if (given != CLI_NOT_GIVEN && given <= 0)
    return cli_usage(c, "%s: %lld is not accepted; expected a whole number above 0", option, given);
  *number = given == CLI_NOT_GIVEN ? 0 : (uint64_t)given;
  return CHURN_OK;
}

churn_status cli_check_target(cli *c, const char *path)
{
  char folder[CHURN_PLACE_SIZE];
  const char *slash = strrchr(path, '/');
  int length = slash == NULL ? 0 : (int)(slash - path) + 1;
  if (strcmp(path, "-") == 0 || strlen(path) >= sizeof folder - 1)
    return CHURN_OK;
  snprintf(folder, sizeof folder, "%.*s.", length, path); /* the dot tells a folder from a file */
  if (access(path, W_OK) == 0 || access(folder, W_OK | X_OK) == 0)
    return CHURN_OK;
  c->error.status = errno == EACCES || errno == EROFS ? CHURN_PERMISSION : CHURN_CANNOT_CREATE;
  snprintf(c->error.message, sizeof c->error.message, "cannot create the file: %s",
           strerror(errno));
  snprintf(c->error.file, sizeof c->error.file, "%s", path);
  return c->error.status;
}

churn_status cli_day(cli *c, const char *option, const char *text, churn_day *day)
{
  if (text == NULL)
    return CHURN_OK;
  churn_day read = churn_day_parse(text, strlen(text));
  if (read == CHURN_DAY_MISSING || strlen(text) != 10)
    return cli_usage(c, "%s: \"%s\" is no day; expected YYYY-MM-DD", option, text);
  *day = read;
  return CHURN_OK;
}

churn_status cli_read_project(cli *c, const char *path, churn_project **project)
{
  churn_source_override overrides[CLI_MOST_SOURCES];
  size_t count = 0;
  churn_status status = cli_read_memory(c);
  if (status != CHURN_OK)
    return status;
  for (char **source = c->sources; source != NULL && *source != NULL; source++) {
    char *equals = strchr(*source, '=');
    if (equals == NULL || equals == *source || equals[1] == '\0')
      return cli_usage(c, "--source: \"%s\" is no NAME=PATH", *source);
    if (count == CLI_MOST_SOURCES)
      return cli_usage(c, "--source: at most %d", CLI_MOST_SOURCES);
    *equals = '\0';
    overrides[count++] = (churn_source_override){*source, equals + 1};
  }
  /* A folder stands for the project file in it. */
  struct stat found;
  if (strcmp(path, "-") != 0 && stat(path, &found) == 0 && S_ISDIR(found.st_mode))
    path = cli_format("%s/churn.yaml", path);
  status = churn_project_read(path, overrides, count, c->run.notes, project, &c->error);
  for (size_t i = 0; i < count; i++) /* a verb may read the project again */
    c->sources[i][strlen(c->sources[i])] = '=';
  churn_error more = {0};
  if (status == CHURN_BAD_PROJECT &&
      churn_check_expressions(path, c->run.notes, &more) == CHURN_NO_MEMORY) {
    status = CHURN_NO_MEMORY;
    c->error = more;
  }
  if (status == CHURN_OK && c->no_cache)
    churn_project_forget_cache(*project);
  if (status == CHURN_OK && c->outcome != NULL)
    status = churn_project_choose_outcome(*project, c->outcome, &c->error);
  return status;
}

churn_status cli_choose_outcome(cli *c, const churn_model *model, churn_project *project)
{
  churn_status status = CHURN_OK;
  if (c->outcome == NULL && model->outcome != NULL)
    status = churn_project_choose_outcome(project, model->outcome, &c->error);
  return status;
}

churn_status cli_read_model(cli *c, const churn_project *project, const char *text,
                            churn_model **model)
{
  char *path = NULL;
  churn_status status = churn_registry_model_path(project, text, &c->run, &path, &c->error);
  if (status == CHURN_NO_INPUT && text == NULL)
    return cli_usage(c, "a model is missing; expected -m MODEL, as no model of the project is in "
                        "use yet (churn retrain, churn models promote)");
  if (status == CHURN_OK)
    status = churn_model_read(path, model, &c->error);
  free(path);
  return status;
}

void cli_say(cli *c, const char *format, ...)
{
  if (c->quiet)
    return;
  flush_output(c);
  cli_show_notes(c);
  if (c->output_errno != 0)
    return;
  va_list arguments;
  va_start(arguments, format);
  vfprintf(stderr, format, arguments);
  va_end(arguments);
  fputc('\n', stderr);
}
