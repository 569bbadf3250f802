/* The command line: one file per verb with its option table; what they share. The only place that
 * prints or exits.
 *
 * A verb parses with `cli_open`, calls the library, prints, and returns through `cli_close`, which
 * shows what the library had to say and turns a status into an exit code.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CHURN_CLI_CMD_H
#define CHURN_CLI_CMD_H

#include <churn/churn.h>

#include <limits.h>
#include <popt.h>
#include <stdbool.h>
#include <stdio.h>

/* A verb: its row in the help, and what runs it with its own arguments (argv[0] = the verb). */
typedef struct cli_verb {
  const char *name;
  const char *arguments;
  const char *summary;
  int (*run)(const struct cli_verb *verb, int argc, const char **argv);
} cli_verb;

int cmd_check(const cli_verb *verb, int argc, const char **argv);
int cmd_features(const cli_verb *verb, int argc, const char **argv);
int cmd_train(const cli_verb *verb, int argc, const char **argv);
int cmd_compare(const cli_verb *verb, int argc, const char **argv);
int cmd_evaluate(const cli_verb *verb, int argc, const char **argv);
int cmd_score(const cli_verb *verb, int argc, const char **argv);
int cmd_rates(const cli_verb *verb, int argc, const char **argv);
int cmd_reps(const cli_verb *verb, int argc, const char **argv);
int cmd_nightly(const cli_verb *verb, int argc, const char **argv);
int cmd_report(const cli_verb *verb, int argc, const char **argv);
int cmd_outcomes(const cli_verb *verb, int argc, const char **argv);
int cmd_retrain(const cli_verb *verb, int argc, const char **argv);
int cmd_models(const cli_verb *verb, int argc, const char **argv);
int cmd_simulate(const cli_verb *verb, int argc, const char **argv);
int cmd_demo(const cli_verb *verb, int argc, const char **argv);

enum { CLI_EXIT_GATE = 1, CLI_EXIT_USAGE = 2, CLI_MOST_SOURCES = 64, CLI_MOST_TEXTS = 24 };

/* How messages are written: for people, with <level> before each line for journald
 * (sd-daemon(3)), or an object of JSON a line. */
typedef enum cli_log_form { CLI_LOG_TEXT, CLI_LOG_JOURNAL, CLI_LOG_JSON } cli_log_form;

/* What every verb has: the run that the library gets, the error it fills, and the options of
 * cli_common_options. */
typedef struct cli {
  const cli_verb *verb;
  char name[32]; /* "churn VERB" */
  poptContext options;
  churn_run run;
  churn_progress progress;
  churn_error error;
  int threads;
  int quiet;
  int verbose;
  int no_cache;
  cli_log_form log;
  bool notes_shown;
  int output_errno;            /* why standard output could not be written, 0 = it could */
  char **sources;              /* --source NAME=PATH, as given */
  char *outcome;               /* --outcome NAME, as given */
  char *memory;                /* --memory SIZE, as given */
  char *texts[CLI_MOST_TEXTS]; /* option texts that popt allocated */
} cli;

/* popt converts help texts to the locale's character set, and cuts them at the first character that
 * it lacks: option tables are ASCII.
 *
 * Fills `common` with the options all verbs share, bound to `c`; a verb includes it in its own
 * table. */
enum { CLI_COMMON_ROWS = 5 };
void cli_common_options(cli *c, struct poptOption common[CLI_COMMON_ROWS]);

/* The last rows of every verb's table. */
#define CLI_COMMON_TABLE(common)                                                                   \
  {NULL, '\0', POPT_ARG_INCLUDE_TABLE, common, 0, "Options of every verb:", NULL}, POPT_TABLEEND

/* The rows of verbs that read a project's data. */
#define CLI_PROJECT_TABLE(c)                                                                       \
  cli_source_option(c), cli_outcome_option(c), cli_memory_option(c), cli_cache_option(c)

/* Rows that several verbs have: --source, --outcome and --no-cache, for verbs that read a project;
 * --set; a day such as --first; -o, with what it is to begin with shown as the default. */
struct poptOption cli_source_option(cli *c);
struct poptOption cli_cache_option(cli *c);
struct poptOption cli_outcome_option(cli *c);
struct poptOption cli_set_option(const char **set);
struct poptOption cli_day_option(const char *name, const char *help, const char **day);
struct poptOption cli_output_option(const char **path);

/* The row of --lang, and its text into *language, OF_PROJECT where it is NULL. */
struct poptOption cli_lang_option(const char **code);
churn_status cli_lang(cli *c, const char *code, churn_language *language);

/* What a list left out, and why: ", 12 left out (cause life)"; "" where nobody is. */
const char *cli_left_out(const churn_project *project, uint64_t count);

/* memory.c: the row of --memory, for verbs that read histories; its text into c->run
 * (cli_read_project does); and a warning where the run took more. */
struct poptOption cli_memory_option(cli *c);
churn_status cli_read_memory(cli *c);
void cli_warn_memory(const cli *c);

/* Parses argv by `table` and the common options. False when the verb must end now with *code (help
 * was shown, or wrong usage). `arguments` gets exactly `wanted` positional arguments (at least
 * `needed`; the others NULL). */
bool cli_open(cli *c, const cli_verb *verb, int argc, const char **argv, struct poptOption *table,
              const char **arguments, int needed, int wanted, int *code);

/* Shows notes, then the error when status says so; frees what cli_open made; gives the exit code.
 * Output that could not be written to standard output is an I/O error. */
int cli_close(cli *c, churn_status status);

/* Reads the project with the --source overrides, without its cache under --no-cache, for the
 * outcome of --outcome; also reads --memory. */
churn_status cli_read_project(cli *c, const char *path, churn_project **project);

/* Reads the model that -m means: a file, an id of the registry, the first letters of one,
 * `current`; NULL = the one in use. */
churn_status cli_read_model(cli *c, const churn_project *project, const char *text,
                            churn_model **model);

/* Works with the outcome that the model was trained on, unless --outcome named one. */
churn_status cli_choose_outcome(cli *c, const churn_model *model, churn_project *project);

/* Wrong usage in words: prints and gives CHURN_USAGE. */
churn_status cli_usage(cli *c, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* An option that takes a whole number above 0 starts as CLI_NOT_GIVEN, which gives 0, the library's
 * word for its default; a 0 that was given is refused. */
enum { CLI_NOT_GIVEN = INT_MIN };
churn_status cli_whole(cli *c, const char *option, long long given, uint64_t *number);

/* Fails early when no file can be made at `path`, before an hour of work is done for it. */
churn_status cli_check_target(cli *c, const char *path);

/* A day option: NULL text leaves *day as it is. */
churn_status cli_day(cli *c, const char *option, const char *text, churn_day *day);

/* Exit code of a status (DESIGN section 6). */
int cli_exit_code(churn_status status);

/* Shows what the library had to say so far, once. */
void cli_show_notes(cli *c);

/* The last word of a verb on standard error, after all notes; nothing with --quiet. */
void cli_say(cli *c, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* log.c: the row of --log-format, for verbs that run unattended; its text into c->log (NULL:
 * journal where standard error is one, else text); a line in that form: `STAGE: TEXT`. */
struct poptOption cli_log_option(const char **format);
churn_status cli_read_log(cli *c, const char *format);
void cli_log_line(const cli *c, churn_log_level level, const char *stage, const char *text);

/* Such a line of an error, for later: the time in it is to be filled in where the result points to,
 * NULL = nowhere. The text is plain. */
char *cli_log_prepare(const cli *c, const char *text, char *line, size_t size);

/* The same for churn_log; `context` is the cli. --quiet leaves the ordinary lines out. */
void cli_log_stage(void *context, churn_log_level level, const char *stage, const char *text);

/* signals.c: SIGINT and SIGTERM set c->run.stop->asked where that is worth it, and else end the
 * program with the words `otherwise`. cli_end_by_signal ends it by the signal that came, if one
 * did.
 */
void cli_catch_signals(cli *c, const char *otherwise);
bool cli_was_signalled(void);
void cli_end_by_signal(void);

/* Progress bar on standard error, when it is a terminal. */
void cli_progress_init(churn_progress *progress);
void cli_progress_clear(void);

/* A table of texts with aligned columns. `align` has one letter a column: l or r, n for another
 * column at the left that may be cut (below). Cells are copied. */
typedef struct cli_table cli_table;
cli_table *cli_table_new(const char *align);
void cli_table_row(cli_table *table, ...); /* as many const char * as there are columns */
/* No line of the table is to be wider than `width`, as far as cutting texts of the first column,
 * and of those marked n, in the middle can see to it, on a terminal: in a pipe or file nothing is
 * cut. */
void cli_table_narrow(cli_table *table, size_t width);
void cli_table_print(cli_table *table, FILE *file, const char *indent); /* and frees it */

/* Texts for cells; each lives in one of 64 static buffers, used in turn. */
const char *cli_number(double value, int digits); /* fixed digits; "" for NaN */
const char *cli_short(double value); /* at most 5 significant digits, as a person would write it */
const char *cli_count(uint64_t value);                    /* 12,345 */
const char *cli_money(double value);                      /* -12,345; "" for NaN */
const char *cli_plural(uint64_t count, const char *noun); /* 1 row, 12,345 rows */
const char *cli_money(double value);                      /* a whole amount, 12,345; "" for NaN */
const char *cli_percent(double share, int digits);
const char *cli_text_day(churn_day day);
const char *cli_format(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Reports, shared by the verbs and the demo. */
void cli_print_coefficients(const churn_model *model, FILE *file);
void cli_print_inference(const churn_model *model, FILE *file);
void cli_print_figures(const churn_figures *figures, const char *title, FILE *file);
void cli_print_calibration(const churn_model *model, FILE *file);
bool cli_is_weighted(const churn_model *model);   /* rows stand for more than themselves */
const char *cli_recalibrated(const char *method); /* "recalibrated by platt", "not recalibrated" */
void cli_print_validation(const churn_model *model, FILE *file); /* all figures, and the above */
void cli_print_comparison(const churn_comparison *comparison, FILE *file);
void cli_print_rates(const churn_rates *rates, FILE *file);
void cli_print_reps(const churn_reps *reps, FILE *file);
void cli_print_agreement(const churn_agreement *agreement, FILE *file);
void cli_print_ledger(const churn_ledger *ledger, FILE *file);
void cli_print_evaluation(const churn_evaluation *evaluation, FILE *file);

#endif
