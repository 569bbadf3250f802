/* The project file as plain structs. Place in the flow: read first; every later stage borrows from
 * it and never changes it.
 *
 * All texts are owned by the project and live until churn_project_free. A `located` text knows
 * where it stands, so that an error found later (a wrong column in an expression, a missing file)
 * can still point at file:line:column.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CHURN_PROJECT_PROJECT_H
#define CHURN_PROJECT_PROJECT_H

#include "base/error.h"
#include "base/type.h"
#include "database/target.h"

#include <churn/kinds.h>
#include <churn/playbook.h>
#include <stdbool.h>

/* A text of the project file and the place of its first character (after an opening quote). text
 * NULL = not given. */
typedef struct churn_located {
  char *text;
  uint64_t line;
  uint64_t column;
} churn_located;

/* A column that the project maps. `name` is what expressions call it, `heading` what the file calls
 * it (same unless `from:`). */
typedef struct churn_column_spec {
  churn_located name;
  churn_located heading;
  churn_type type;
  churn_located
      known_at; /* name of the day column from which the value is visible; text NULL = none */
  bool is_static;
} churn_column_spec;

/* Maps another key to the customer: rows of the source carry `id` of the file `path`, whose column
 * `customer` is the customer id. */
typedef struct churn_via_spec {
  char *path;          /* NULL = no via */
  churn_rowset rowset; /* as in churn_source_spec; without a table of its own by default */
  churn_located from;
  churn_located id;
  churn_located customer;
} churn_via_spec;

/* A file and what its columns mean. Formats are complete: the project's defaults are already merged
 * in. */
typedef struct churn_source_spec {
  churn_located name;  /* "customers", the history's name, "outcome" */
  churn_located from;  /* as written */
  char *path;          /* resolved; "-" = standard input; of a database the rowset's name */
  churn_rowset rowset; /* target NULL = a file; the table is the source's name by default */
  churn_format format;
  churn_located id;       /* heading; text NULL = the row number (customers only) */
  churn_located day;      /* heading (histories, labels) */
  churn_located known_at; /* column name; rows are visible only when known < T */
  churn_via_spec via;
  churn_column_spec *columns;
  size_t column_count;
  bool columns_declared; /* false: every heading is a column, types inferred */
} churn_source_spec;

typedef enum churn_base_kind {
  CHURN_BASE_FILE,        /* customers.from */
  CHURN_BASE_FROM_HISTORY /* customers.from_history: whoever appears there, joined on the first row
                           */
} churn_base_kind;

/* How one kind of loss is told. */
typedef struct churn_kind_spec {
  bool given;
  churn_located *reasons; /* values of the recorded reason */
  size_t reason_count;
  churn_located rule; /* a condition as of the leaving day; text NULL = none */
} churn_kind_spec;

/* A recorded reason that is listed decides; else the first rule that is true. */
typedef struct churn_kinds_spec {
  bool given;
  churn_located reason; /* name of a customers' column; text NULL = none is recorded */
  churn_kind_spec of[CHURN_KIND_UNCLASSIFIED];
  churn_kind rules[CHURN_KIND_UNCLASSIFIED]; /* those with a rule, as they stand in the file */
  size_t rule_count;
} churn_kinds_spec;

typedef enum churn_outcome_kind {
  CHURN_OUTCOME_NONE,   /* no outcome: features and scores only */
  CHURN_OUTCOME_LEFT,   /* {horizon, gap}: from customers.left */
  CHURN_OUTCOME_SILENT, /* {silent: HISTORY, horizon, active_within}: no row in the label window */
  CHURN_OUTCOME_EVENT,  /* {event: HISTORY [where CONDITION], horizon, gap, terminal}: a row in the
                           label window */
  CHURN_OUTCOME_DROP,   /* {drop: EXPRESSION, below, horizon, gap, leavers}: the level falls below a
                           share of what it was */
  CHURN_OUTCOME_LABELS, /* {from: FILE, id, day, churned, horizon}: labels from a file, day = T */
  CHURN_OUTCOME_COLUMN  /* {column, positive, negative}: a customers' column of a flat export */
} churn_outcome_kind;

/* "none", "left", "silent", …: as the comments above begin; fixed texts. */
const char *churn_outcome_kind_name(churn_outcome_kind kind);

typedef struct churn_outcome_spec {
  churn_outcome_kind kind;
  churn_located place;        /* of the `outcome` key's value */
  churn_located history;      /* SILENT, EVENT: the history's name */
  churn_located where;        /* EVENT: the condition after `where`, text NULL = every row */
  int32_t horizon_days;       /* > 0 except COLUMN (0) */
  int32_t gap_days;           /* >= 0 */
  int32_t active_within_days; /* 0 = no limit */
  churn_located level;        /* DROP: the expression */
  double below;               /* DROP: share of the customer's own level, above 0, at most 1 */
  bool leavers_lost;          /* DROP: who leaves in the label window counts, instead of dropping */
  bool terminal;              /* EVENT: who had it is in the base no more */
  bool terminal_given;        /* the project says whether */
  churn_source_spec labels;   /* LABELS: name "outcome", id, day */
  churn_located churned;      /* LABELS: heading of the label column (1/0, true/false, yes/no) */
  churn_located column;       /* COLUMN: heading */
  churn_located positive;     /* COLUMN: the value that means churned */
  churn_located negative;     /* COLUMN: optional */
  bool leavers_left_out;      /* COLUMN: who has left is scored, and not listed */
  bool excludes;              /* some kind is excluded */
  bool excluded[CHURN_KIND_UNCLASSIFIED]; /* all but LABELS: rows of who is lost so have no label */
} churn_outcome_spec;

/* An outcome under `outcomes`. */
typedef struct churn_named_outcome {
  churn_located name;
  churn_outcome_spec spec;
} churn_named_outcome;

/* A share of the customers that is not to be contacted. */
typedef struct churn_control_spec {
  double share;    /* above 0, below 1 */
  const char *key; /* NULL = no control group */
} churn_control_spec;

/* What becomes, in training and evaluation, of rows of customers who were contacted around T
 * (design/contacts.h). */
typedef enum churn_contacted {
  CHURN_CONTACTED_DROP, /* no label */
  CHURN_CONTACTED_KEEP,
  CHURN_CONTACTED_MODEL /* a feature tells; 0 when customers are scored */
} churn_contacted;

typedef struct churn_contacts_spec {
  churn_located history; /* text NULL = no log of contacts */
  churn_contacted rule;
  int32_t since_days; /* before T in which a contact counts; 0 = the horizon */
} churn_contacts_spec;

typedef struct churn_snapshots_spec {
  churn_day first, last; /* CHURN_DAY_MISSING = not given */
  int32_t every_months;  /* one of the two is > 0 when `every` is given */
  int32_t every_days;
  churn_day test_from;
} churn_snapshots_spec;

typedef enum churn_penalty {
  CHURN_PENALTY_NONE,
  CHURN_PENALTY_RIDGE,
  CHURN_PENALTY_LASSO,
  CHURN_PENALTY_ELASTIC_NET,
  CHURN_PENALTY_FIRTH /* Jeffreys' prior (fit/firth.h); has no lambda */
} churn_penalty;

/* Which covariance of the coefficients. AUTO: clustered by customer where one has several rows. */
typedef enum churn_covariance_choice {
  CHURN_CHOOSE_AUTO,
  CHURN_CHOOSE_MODEL,
  CHURN_CHOOSE_ROBUST,
  CHURN_CHOOSE_CLUSTERED
} churn_covariance_choice;

/* What turns logits into probabilities, beside the logistic function. */
typedef enum churn_recalibrate {
  CHURN_RECALIBRATE_NONE,
  CHURN_RECALIBRATE_PLATT,
  CHURN_RECALIBRATE_ISOTONIC
} churn_recalibrate;

/* Where lambda comes from. */
typedef enum churn_lambda_source {
  CHURN_LAMBDA_GIVEN,
  CHURN_LAMBDA_CV,    /* cross-validation, one-standard-error rule */
  CHURN_LAMBDA_CV_MIN /* cross-validation, least deviance */
} churn_lambda_source;

/* Features that fit the pattern are penalised by lambda times the factor; the last that fits
 * counts, 1 where none does. */
typedef struct churn_factor_spec {
  churn_located pattern;
  double factor; /* >= 0; 0 = not penalised */
} churn_factor_spec;

/* Do the rows stand for as many customers each? */
typedef enum churn_weighting {
  CHURN_WEIGHTING_NONE,
  CHURN_WEIGHTING_FREQUENCY, /* fit.weights: a row stands for so many equal ones */
  CHURN_WEIGHTING_INCLUSION, /* customers.weight: 1 / the chance that the customer was exported */
  CHURN_WEIGHTING_SAMPLED    /* fit.sampled: churners and others were thinned apart */
} churn_weighting;

/* Shares of the churners and of the others that the export holds. */
typedef struct churn_sampled_spec {
  double churners, others; /* above 0, at most 1; both 1 when not given */
} churn_sampled_spec;

/* On standardised columns: mean negative log-likelihood + lambda sum_j factor_j (alpha |b_j| + (1 -
 * alpha) / 2 b_j^2). */
typedef struct churn_fit_spec {
  churn_covariance_choice covariance;
  bool profile_intervals; /* intervals: profile, profile_always */
  bool profile_always;    /* whatever time they take */
  churn_penalty penalty;
  bool firth_where_separated; /* separation: firth */
  churn_lambda_source lambda_source;
  double lambda; /* GIVEN */
  double alpha;  /* 0 ridge, 1 lasso, between the two elastic net */
  uint32_t folds;
  uint64_t seed; /* of the folds */
  churn_factor_spec *factors;
  size_t factor_count;
  bool no_out_of_fold; /* out_of_fold: no */
  churn_recalibrate recalibrate;
  churn_weighting weighting;
  churn_located weight; /* FREQUENCY, INCLUSION: expression; a bare name is a customers' column */
  churn_sampled_spec sampled;
  churn_located offset; /* likewise an expression; text NULL = none */
} churn_fit_spec;

/* When a newly trained model takes the place of the one in use (churn/retrain.h). */
typedef struct churn_retrain_spec {
  double margin;    /* AUC by which it must be better; >= 0 */
  double not_worse; /* AUC by which it may come out lower when the one in use is too old; >= 0 */
  int32_t max_age_days;         /* in use for longer: too old */
  uint64_t min_churners;        /* and as many others, to train on and to judge on */
  double slope_low, slope_high; /* bounds of its calibration on the judged rows */
  double intercept_low, intercept_high;
} churn_retrain_spec;

typedef enum churn_missing_rule {
  CHURN_MISSING_MEAN,
  CHURN_MISSING_ZERO,
  CHURN_MISSING_ERROR
} churn_missing_rule;

/* A feature as written: expression text plus what the long form adds. */
typedef struct churn_feature_spec {
  churn_located name;
  churn_located expression;
  churn_missing_rule missing;
  churn_located reference; /* text NULL = the most frequent level */
  churn_located label;     /* words for the reasons; text NULL = made from the expression */
  bool is_default; /* from the shipped list: skipped with a note when a column is not mapped */
} churn_feature_spec;

typedef struct churn_feature_set_spec {
  churn_located name;
  churn_located *patterns; /* names of features, '*' and '?' as in a shell */
  size_t pattern_count;
} churn_feature_set_spec;

/* What a night's figures are held against (monitor/gates.h says how). */
typedef enum churn_gate_kind {
  CHURN_GATE_ROWS,
  CHURN_GATE_UNMATCHED,
  CHURN_GATE_REJECTED,
  CHURN_GATE_FRESHNESS,
  CHURN_GATE_MISSING,
  CHURN_GATE_UNSEEN,
  CHURN_GATE_DRIFT,
  CHURN_GATE_SCORES,
  CHURN_GATE_RATE,
  CHURN_GATE_KINDS
} churn_gate_kind;

typedef struct churn_gate_spec {
  bool off;
  bool hold;             /* tripped: nothing is published */
  double limit;          /* what it means depends on the kind */
  churn_located *except; /* sources or features that it does not judge, '*' and '?' as in a shell */
  size_t except_count;
} churn_gate_spec;

/* Whether the gate does not judge `subject`. */
bool churn_gate_excepts(const churn_gate_spec *gate, const char *subject);

typedef struct churn_nightly_spec {
  char *output;             /* folder of the runs, resolved; "runs" beside the project by default */
  uint64_t keep;            /* published runs that stay, at least 1; 90 by default */
  int32_t known_after_days; /* nights in a row after which what trips is no news; 0 = never */
  bool no_changes;          /* changes: no */
  bool no_outcomes;         /* outcomes: no */
  bool report;              /* a page is written, too */
  uint64_t top; /* customers at the head of the list that a night is told by; 0 = a tenth */
  churn_gate_spec gates[CHURN_GATE_KINDS];
} churn_nightly_spec;

/* Which features a rule of a cause takes. */
typedef enum churn_rule_kind {
  CHURN_RULE_NAME,    /* the feature of that name */
  CHURN_RULE_PATTERN, /* features that it fits, '*' and '?' as in a shell, in any case (ASCII) */
  CHURN_RULE_HISTORY, /* features whose expression names that history first */
  CHURN_RULE_KINDS
} churn_rule_kind;

/* Which values of a number speak for the cause. */
typedef enum churn_speaks { CHURN_SPEAKS_ALWAYS, CHURN_SPEAKS_HIGH, CHURN_SPEAKS_LOW } churn_speaks;

typedef struct churn_cause_rule {
  churn_located text;
  churn_rule_kind kind;
  churn_speaks speaks; /* of a history: of the number of its rows */
  uint32_t cause;
  bool of_project; /* stands in the project file: goes before those of the playbook's own file */
} churn_cause_rule;

typedef struct churn_playbook {
  churn_located place; /* of the key `playbook` */
  churn_cause *causes;
  size_t cause_count;
  uint32_t other;          /* the cause of features that no rule takes */
  churn_cause_rule *rules; /* in the order they are written */
  size_t rule_count;
  const char *owners[CHURN_OWNERS][CHURN_LANGUAGES];
} churn_playbook;

/* What contacting a customer saves and costs; NaN = not given. */
typedef struct churn_action_spec {
  double save_rate, cost;
} churn_action_spec;

/* How many customers can be contacted; UINT64_MAX = no limit. */
typedef struct churn_capacity_spec {
  bool given;
  churn_located place;           /* of the key */
  uint64_t total;                /* in all */
  uint64_t owners[CHURN_OWNERS]; /* by the owner of their main cause */
  uint64_t each_rep;             /* by each rep, of those whom the owner rep serves */
  int32_t per_days;              /* within so many days; 0 = for each list anew */
  int32_t rest_days;             /* since the last contact; 0 = none */
} churn_capacity_spec;

/* Who is loyal and slipping. */
typedef struct churn_loyal_spec {
  bool given;
  double value_share;  /* value within the highest such share of the base */
  int32_t tenure_days; /* at least so long a customer; 0 = as long as half of the base */
  double rise;         /* the odds of leaving are at least so many times those of then */
  int32_t since_days;  /* then: so many days before */
  double probability;  /* the least; NaN = the mean of the base */
} churn_loyal_spec;

/* The rule that takes a feature, NULL = none; `history` is the one that its expression names first,
 * NULL = none. A rule of the project goes before one of the playbook's file; then a name before a
 * pattern before a history; then the order they are written in. */
const churn_cause_rule *churn_playbook_rule(const churn_playbook *playbook, const char *feature,
                                            const char *history);

/* The cause of that rule, or the one of features that no rule takes. */
uint32_t churn_playbook_cause_of(const churn_playbook *playbook, const char *feature,
                                 const char *history, bool *found);

struct churn_project {
  struct churn_arena *arena; /* owns the project and every text in it */
  char *path;
  char *folder;
  churn_base_kind base_kind;
  churn_source_spec customers; /* BASE_FILE */
  churn_located from_history;  /* BASE_FROM_HISTORY */
  churn_located joined;        /* heading of customers; text NULL = always a customer */
  churn_located left;          /* heading; text NULL = never left */
  churn_located value;  /* expression; text NULL = none. A bare name is a customers' column */
  churn_located weight; /* likewise: 1 / the customer's chance to be in the file */
  churn_located rep;    /* expression: who looks after the customer; text NULL = not given */
  churn_kinds_spec kinds;
  churn_source_spec *histories;
  size_t history_count;
  churn_outcome_spec outcome; /* the one that is worked with */
  const char *outcome_name;   /* its name under `outcomes`; NULL = it has none */
  churn_named_outcome *outcomes;
  size_t outcome_count;
  churn_control_spec control;
  churn_contacts_spec contacts;
  churn_snapshots_spec snapshots;
  churn_day data_until; /* CHURN_DAY_MISSING = newest day of any history */
  double test_share;    /* split.test; 0 = none */
  int pool_rows;        /* fewer rows than this are pooled; 20 by default, 0 = off */
  char *rejects;  /* folder for rejected rows, resolved; "rejects" beside the project by default */
  char *cache;    /* folder for parsed sources, resolved; NULL = none */
  char *registry; /* folder for models and what was decided, resolved; "models" by default */
  churn_nightly_spec nightly;
  churn_retrain_spec retrain;
  char *scores_to;    /* the database that ranked lists go to, resolved; NULL = none */
  char *scores_table; /* its table; NULL = the default of churn/sink.h */
  churn_fit_spec fit;
  bool features_all_customer_columns; /* `features: customers.*` */
  churn_located features_place;
  churn_feature_spec *features; /* declared, or the default list */
  size_t feature_count;
  churn_feature_set_spec *sets;
  size_t set_count;
  churn_playbook *playbook; /* NULL = none */
  churn_language language;  /* of its texts; never OF_PROJECT */
  churn_action_spec action; /* where causes say nothing of their own, or there is no playbook */
  churn_capacity_spec capacity;
  churn_loyal_spec loyal;
  bool list_intervals; /* the ranked list says how sure it is */
};

/* The place of a located text in the project file. */
/* What could be read of a project file that has faults, for callers that look for more of them; as
 * churn_project_read, but BAD_PROJECT is not told. Sections that are wrong are as if they were not
 * there, or in part; only texts that are not NULL may be relied on. */
CHURN_MUST_USE churn_status churn_project_read_faulty(const char *path, churn_project **project,
                                                      churn_error *error);

churn_place churn_project_place(const churn_project *project, const churn_located *located);

/* A step between days: `COUNT UNIT` as in `every: 1 month`; one of the two becomes > 0, the other
 * 0. False, and nothing changed, where it is none. */
#define CHURN_STEP_EXPECTED "a step like 1 month, 3 months, 1 year, 2 weeks or 7d"
bool churn_step_parse(const char *text, int32_t *days, int32_t *months);

/* The key of a gate: "rows", … */
const char *churn_gate_name(churn_gate_kind kind);

/* Index of a history by name, or -1. */
int churn_project_find_history(const churn_project *project, const char *name);

/* Whether it is the column of any outcome, chosen or not: no feature may read the answer. */
bool churn_project_is_outcome_column(const churn_project *project, const char *heading);

/* Whether there is a control group, and whether the customer is in it: the hash of the id, keyed by
 * the hash of `key`, lies below the share, whoever else there is. */
bool churn_project_has_control(const churn_project *project);
bool churn_project_is_control(const churn_project *project, const char *id);

/* Whether the feature of that name tells who was contacted. */
bool churn_project_models_contact(const churn_project *project, const char *feature);

/* "drop", "keep", "model". */
const char *churn_contacted_name(churn_contacted rule);

/* Whether customers or a history come from standard input ("-"), which can be read only once. */
bool churn_project_reads_standard_input(const churn_project *project);

#endif
