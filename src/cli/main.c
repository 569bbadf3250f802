/* churn: the program. Picks the verb; everything else is in the verb's own file.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "cmd.h"

#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

static const cli_verb verbs[] = {
    {"demo", "[DIR]", "simulate customers, train, evaluate and score; says what to look at",
     cmd_demo},
    {"check", "PROJECT", "read everything, say what is there, name every fault; writes nothing",
     cmd_check},
    {"features", "PROJECT", "write the feature table as CSV", cmd_features},
    {"train", "PROJECT -o MODEL", "fit a model on the labelled history", cmd_train},
    {"evaluate", "PROJECT -m MODEL", "how good a model is on rows it did not see", cmd_evaluate},
    {"compare", "PROJECT", "which feature set predicts better, is it real, what does it cost",
     cmd_compare},
    {"score", "PROJECT -m MODEL", "rank current customers by the probability that they leave",
     cmd_score},
    {"rates", "PROJECT",
     "customers and money lost, per period and segment; how long customers stay", cmd_rates},
    {"reps", "PROJECT", "churn per account rep against what was to be expected; money at risk",
     cmd_reps},
    {"report", "PROJECT", "the page for the retention desk: who, why, what it is worth; one file",
     cmd_report},
    {"nightly", "PROJECT", "score with the promoted model, check, publish; all or nothing",
     cmd_nightly},
    {"outcomes", "PROJECT", "what contacting customers has saved, against the control group",
     cmd_outcomes},
    {"retrain", "PROJECT", "train a challenger, and promote it where it beats the model in use",
     cmd_retrain},
    {"models", "ACTION PROJECT [MODEL]", "list, show, promote, rollback, history: the registry",
     cmd_models},
    {"simulate", "DIR", "make a world of customers with known probabilities", cmd_simulate},
};

enum { VERBS = sizeof verbs / sizeof verbs[0] };

static int show_help(FILE *file, int code)
{
  fputs("churn: which customers are about to leave, why, and what it is worth to keep them\n\n"
        "Usage: churn VERB [OPTION…] [ARGUMENT…]\n\n",
        file);
  cli_table *table = cli_table_new("ll");
  for (size_t i = 0; i < VERBS; i++)
    cli_table_row(table, cli_format("churn %s %s", verbs[i].name, verbs[i].arguments),
                  verbs[i].summary);
  cli_table_print(table, file, "  ");
  fputs("\n`churn VERB --help` lists the options of a verb. PROJECT is a YAML file: see churn(1) "
        "and the one that\n"
        "`churn demo` leaves behind. Exit codes: 0 done, 1 a gate tripped, 2 usage, 65 bad data, "
        "66 input missing, "
        "70 internal,\n"
        "73 cannot create output, 74 I/O error, 75 busy, 77 permission, 78 bad project file.\n",
        file);
  return fflush(file) == 0 ? code : cli_exit_code(CHURN_IO);
}

static const cli_verb *find_verb(const char *name)
{
  for (size_t i = 0; i < VERBS; i++)
    if (strcmp(verbs[i].name, name) == 0)
      return &verbs[i];
  return NULL;
}

static int unknown_verb(const char *name)
{
  fprintf(stderr, "churn: \"%s\" is no verb; expected one of:", name);
  for (size_t i = 0; i < VERBS; i++)
    fprintf(stderr, " %s", verbs[i].name);
  fputs("\nTry `churn --help`.\n", stderr);
  return CLI_EXIT_USAGE;
}

/* A file must not be opened in the place of a standard stream that the caller closed, or messages
 * would be written into it. The stand-in refuses what the stream is for. */
static void reserve_streams(void)
{
  static const int modes[] = {O_WRONLY, O_RDONLY, O_RDONLY};
  for (int i = STDIN_FILENO; i <= STDERR_FILENO; i++)
    if (fcntl(i, F_GETFD) < 0)
      (void)!open("/dev/null", modes[i]);
}

/* Sources are mapped: what another program cuts off while they are read is a bus error. Nothing can
 * be cleaned up here; outputs have no name before they are whole. */
static void end_short_read(int number, siginfo_t *information, void *context)
{
  (void)context;
  if (information->si_code <= 0) { /* sent by somebody, not by the memory */
    signal(number, SIG_DFL);
    raise(number);
    return;
  }
  static const char message[] =
      "churn: a file became shorter while it was read; run again when nothing writes to it\n";
  (void)!write(STDERR_FILENO, message, sizeof message - 1);
  _exit(cli_exit_code(CHURN_IO));
}

int main(int argc, char **argv)
{
  reserve_streams();
  struct sigaction short_read = {.sa_sigaction = end_short_read, .sa_flags = SA_SIGINFO};
  sigaction(SIGBUS, &short_read, NULL);
  /* Past the limit on file sizes a write then fails like on a full disk, instead of killing us. */
  signal(SIGXFSZ, SIG_IGN);
  if (argc < 2)
    return show_help(stderr, CLI_EXIT_USAGE);
  const char *first = argv[1];
  if (strcmp(first, "--help") == 0 || strcmp(first, "-h") == 0 ||
      (strcmp(first, "help") == 0 && argc == 2))
    return show_help(stdout, 0);
  if (strcmp(first, "--version") == 0) {
    puts("churn " CHURN_VERSION);
    return fflush(stdout) == 0 ? 0 : cli_exit_code(CHURN_IO);
  }
  bool help = strcmp(first, "help") == 0;
  const cli_verb *verb = find_verb(help ? argv[2] : first);
  if (verb == NULL)
    return unknown_verb(help ? argv[2] : first);
  const char *help_arguments[] = {verb->name, "--help", NULL};
  if (help)
    return verb->run(verb, 2, help_arguments);
  const char **arguments; /* popt reads them only, but C has no implicit char ** -> const char ** */
  memcpy(&arguments, &argv, sizeof arguments);
  return verb->run(verb, argc - 1, arguments + 1);
}
