/* Input files that are wrong, through the program: each kind of file (customers, history, labels,
 * flat export) with each fault, one at a time. The exit code, the exact file:line:column and words
 * that say what is expected are demanded of `features` and of `check`; what stood at the output's
 * place must be untouched. Odd files that are legal give the bytes of the plain ones.
 *
 * Lines and columns were counted by hand: lines from 1, columns in characters from 1.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "program.h"
#include "support.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

typedef enum kind { CUSTOMERS, HISTORY, LABELS, FLAT, KINDS } kind;

static const char *const file_names[KINDS] = {"customers.csv", "calls.csv", "labels.csv",
                                              "flat.csv"};
static const char *const project_names[KINDS] = {"spells.yaml", "spells.yaml", "labels.yaml",
                                                 "flat.yaml"};

#define CUSTOMERS_KEYS                                                                             \
  "customers: {from: customers.csv, id: id, joined: joined, left: left,\n"                         \
  "  columns: {region: {type: category, static: true}, staff: {type: number, static: true}}}\n"    \
  "histories:\n"                                                                                   \
  "  calls: {from: calls.csv, id: id, day: at,\n"                                                  \
  "    columns: {minutes: number, agent: category, closed: day, urgent: flag}}\n"                  \
  "data_until: 2024-06-30\n"                                                                       \
  "snapshots: {first: 2024-03-01, last: 2024-04-01, every: 1 month}\n"                             \
  "features:\n"                                                                                    \
  "  calls: count(calls)\n"                                                                        \
  "  minutes: sum(minutes from calls)\n"                                                           \
  "  agent: last(agent from calls)\n"                                                              \
  "  open: count(calls where missing(closed))\n"                                                   \
  "  urgent: count(calls where urgent = 1)\n"                                                      \
  "  region: customers.region\n"                                                                   \
  "  staff: customers.staff\n"

static const char spells_project[] = "version: 1\n" CUSTOMERS_KEYS "outcome: {horizon: 30d}\n";
static const char labels_project[] =
    "version: 1\n" CUSTOMERS_KEYS
    "outcome: {from: labels.csv, id: id, day: day, churned: churned, horizon: 30d}\n";
static const char flat_project[] =
    "version: 1\n"
    "customers: {from: flat.csv, id: key,\n"
    "  columns: {tenure: number, plan: category, fee: number, since: day}}\n"
    "outcome: {column: Churn, positive: \"Yes\"}\n"
    "features:\n"
    "  tenure: customers.tenure\n"
    "  plan: customers.plan\n"
    "  fee: customers.fee\n"
    "  undated: if(missing(customers.since), 1, 0)\n";

#define C_HEAD "id,joined,left,region,staff\n"
#define C_1 "a1,2023-01-05,,north,12.5\n"
#define C_2 "b2,2023-02-10,2024-03-20,south,7\n"
#define C_3 "b2,2024-03-25,,south,9\n"
#define C_4 "d4,2022-11-30,2024-04-18,caf\xc3\xa9,3.25\n"
#define H_HEAD "id,at,minutes,agent,closed,urgent\n"
#define H_1 "a1,2024-02-03,12.5,kim,2024-02-05,1\n"
#define H_2 "a1,2024-02-20,3,lee,,no\n"
#define H_3 "b2,2024-01-15,7.25,,2024-01-16,TRUE\n"
#define L_HEAD "id,day,churned\n"
#define L_1 "a1,2024-03-01,0\n"
#define L_2 "a1,2024-04-01,1\n"
#define L_3 "b2,2024-03-01,Yes\n"
#define F_HEAD "key,tenure,plan,fee,since,Churn\n"
#define F_1 "k1,3,basic,29.9,2021-05-06,Yes\n"
#define F_2 "k2,14,pro,,,No\n"
#define F_3 "k3,7.5,basic,61.25,2020-02-29,No\n"

static const char *const clean[KINDS] = {C_HEAD C_1 C_2 C_3 C_4, H_HEAD H_1 H_2 H_3,
                                         L_HEAD L_1 L_2 L_3, F_HEAD F_1 F_2 F_3};

typedef struct wrong {
  kind kind;
  const char *fault;
  const char *bytes;
  unsigned line, column;
  const char *message;
} wrong;

#define EMPTY "the file is empty; expected a heading line"
#define NO_DAY "is no day; expected YYYY-MM-DD"
#define NO_NUMBER "is no number; expected digits"
#define OTHER_DELIMITER "is the delimiter another one? (delimiter: \";\")"

static const wrong cases[] = {
    /* customers */
    {CUSTOMERS, "an empty file", "", 1, 1, EMPTY},
    {CUSTOMERS, "only a byte-order mark", "\xEF\xBB\xBF", 1, 1, EMPTY},
    {CUSTOMERS, "another delimiter", "id;joined;left;region;staff\na1;2023-01-05;;north;12.5\n", 1,
     1, OTHER_DELIMITER},
    {CUSTOMERS, "no id column", "ident,joined,left,region,staff\n" C_1, 1, 1,
     "no column \"id\" (asked for at "},
    {CUSTOMERS, "no column of a feature", "id,joined,left,region\na1,2023-01-05,,north\n", 1, 1,
     "no column \"staff\" (asked for at "},
    {CUSTOMERS, "no column for left", "id,joined,region,staff\na1,2023-01-05,north,1\n", 1, 1,
     "the file has: id, joined, region, staff"},
    {CUSTOMERS, "a heading twice", "id,joined,left,region,staff,left\na1,2023-01-05,,n,1,\n", 1, 29,
     "the heading \"left\" stands twice, as column 3 and column 6; rename one"},
    {CUSTOMERS, "a field too many in a row", C_HEAD C_1 "b2,2023-02-10,,south,7,8\n", 3, 1,
     "6 fields, but the heading line has 5"},
    {CUSTOMERS, "a field too few in a row", C_HEAD "b2,2023-02-10,,south\n" C_1, 2, 1,
     "4 fields, but the heading line has 5"},
    {CUSTOMERS, "a row twice", C_HEAD C_1 C_2 C_1, 4, 4,
     "id \"a1\": this spell overlaps the one on line 2; expected it to begin after that one ended"},
    {CUSTOMERS, "spells that overlap by a day", C_HEAD C_2 C_1 "b2,2024-03-20,,south,9\n", 4, 4,
     "id \"b2\": this spell overlaps the one on line 2; expected it to begin after that one ended"},
    {CUSTOMERS, "a spell in front of the one it overlaps",
     C_HEAD "\"b2\", 2024-03-19,,south,9\n" C_1 C_2, 2, 7,
     "id \"b2\": this spell overlaps the one on line 4"},
    {CUSTOMERS, "left before joined", C_HEAD C_1 "b2,2023-02-10,2023-02-09,south,7\n", 3, 15,
     "the customer left before joining"},
    {CUSTOMERS, "an impossible date in joined", C_HEAD C_1 "b2,2023-02-29,,south,7\n", 3, 4,
     "\"2023-02-29\" " NO_DAY " (column \"joined\")"},
    {CUSTOMERS, "an impossible date in left", C_HEAD C_1 "b2,2023-02-10,2023-13-01,south,7\n", 3,
     15, "\"2023-13-01\" " NO_DAY " (column \"left\")"},
    {CUSTOMERS, "a date cut short", C_HEAD C_1 "b2,2023-02-1,,south,7\n", 3, 4,
     "\"2023-02-1\" " NO_DAY},
    {CUSTOMERS, "a date in another order", C_HEAD "b2,10/02/2023,,south,7\n", 2, 4,
     "\"10/02/2023\" " NO_DAY},
    {CUSTOMERS, "inf for a number", C_HEAD C_4 "a1,2023-01-05,,north,inf\n", 3, 22,
     "\"inf\" " NO_NUMBER},
    {CUSTOMERS, "nan for a number", C_HEAD C_4 "a1,2023-01-05,,north,nan\n", 3, 22,
     "\"nan\" " NO_NUMBER},
    {CUSTOMERS, "-Infinity for a number", C_HEAD "a1,2023-01-05,,caf\xc3\xa9,-Infinity\n", 2, 21,
     "\"-Infinity\" " NO_NUMBER},
    {CUSTOMERS, "a number too large", C_HEAD "a1,2023-01-05,,north,1e999\n", 2, 22,
     "\"1e999\" " NO_NUMBER},
    {CUSTOMERS, "a hexadecimal number", C_HEAD "a1,2023-01-05,,north,0x1F\n", 2, 22,
     "\"0x1F\" " NO_NUMBER},
    {CUSTOMERS, "a decimal comma", C_HEAD "a1,2023-01-05,,north,\"12,5\"\n", 2, 22,
     "\"12,5\" is no number; expected digits, '.' as decimal mark (column \"staff\")"},
    {CUSTOMERS, "an empty id", C_HEAD C_1 " ,2023-01-05,,north,1\n", 3, 2,
     "the id is empty; every row needs one (column \"id\")"},
    {CUSTOMERS, "a last line cut in a field", C_HEAD C_1 "d4,2022-11-3", 3, 1,
     "2 fields, but the heading line has 5"},
    {CUSTOMERS, "a last line cut in quotes", C_HEAD C_1 "d4,2022-11-30,,\"nor", 3, 16,
     "this quote is never closed; close it"},
    {CUSTOMERS, "a quote inside a field", C_HEAD C_1 "d4,2022-11-30,,12\" pipe,1\n", 3, 18,
     "a quote inside a field without quotes; put the whole field in quotes"},
    {CUSTOMERS, "a byte that is no UTF-8", C_HEAD C_1 "d4,2022-11-30,,caf\xe9,1\n", 3, 19,
     "byte 0xE9 is no valid UTF-8; set the file's encoding"},
    {CUSTOMERS, "a wrong field past a quoted line end",
     C_HEAD C_1 "d4,2022-11-30,,\"caf\n\xc3\xa9\",many\n", 4, 4, "\"many\" " NO_NUMBER},
    /* a history */
    {HISTORY, "an empty file", "", 1, 1, EMPTY},
    {HISTORY, "blank lines only", "\n \n\n", 1, 1, EMPTY},
    {HISTORY, "another delimiter", "id;at;minutes;agent;closed;urgent\na1;2024-02-03;12,5;kim;;1\n",
     1, 1, OTHER_DELIMITER},
    {HISTORY, "no day column", "id,on,minutes,agent,closed,urgent\n" H_1, 1, 1,
     "no column \"at\" (asked for at "},
    {HISTORY, "no column of a feature", "id,at,agent,closed,urgent\na1,2024-02-03,kim,,1\n", 1, 1,
     "no column \"minutes\" (asked for at "},
    {HISTORY, "a field too many in a row", H_HEAD H_1 "a1,2024-02-20,3,lee,,no,\n", 3, 1,
     "7 fields, but the heading line has 6"},
    {HISTORY, "an impossible day", H_HEAD H_1 "a1,2024-02-30,3,lee,,no\n", 3, 4,
     "\"2024-02-30\" " NO_DAY " (column \"at\")"},
    {HISTORY, "an impossible date in a column", H_HEAD H_1 "a1,2024-02-20,3,lee,2024-04-31,no\n", 3,
     21, "\"2024-04-31\" " NO_DAY " (column \"closed\")"},
    {HISTORY, "Inf for a number", H_HEAD H_1 "a1,2024-02-20,Inf,lee,,no\n", 3, 15,
     "\"Inf\" " NO_NUMBER},
    {HISTORY, "+nan for a number", H_HEAD H_1 "a1,2024-02-20,+nan,lee,,no\n", 3, 15,
     "\"+nan\" " NO_NUMBER},
    {HISTORY, "a flag that is none", H_HEAD H_1 "a1,2024-02-20,3,lee,,2\n", 3, 22,
     "\"2\" is no flag; expected 1 or 0, true or false, yes or no"},
    {HISTORY, "an empty id", H_HEAD ",2024-02-20,3,lee,,no\n", 2, 1, "the id is empty"},
    {HISTORY, "a last line cut in a field", H_HEAD H_1 "a1,2024-02-20,3", 3, 1,
     "3 fields, but the heading line has 6"},
    {HISTORY, "a last line cut in quotes", H_HEAD H_1 "a1,2024-02-20,3,\"le\n\n", 3, 17,
     "this quote is never closed"},
    {HISTORY, "text behind a closing quote", H_HEAD H_1 "a1,2024-02-20,3,\"lee\"x,,no\n", 3, 21,
     "text follows the closing quote of the field; a quote that belongs to the text must be "
     "doubled"},
    /* a label file */
    {LABELS, "an empty file", "", 1, 1, EMPTY},
    {LABELS, "another delimiter", "id;day;churned\na1;2024-03-01;0\n", 1, 1, OTHER_DELIMITER},
    {LABELS, "no column of labels", "id,day\na1,2024-03-01\n", 1, 1,
     "no column \"churned\" (asked for at "},
    {LABELS, "a field too many in a row", L_HEAD L_1 "a1,2024-04-01,1,1\n", 3, 1,
     "4 fields, but the heading line has 3"},
    {LABELS, "two labels for one day", L_HEAD L_1 L_3 "a1,2024-03-01,1\n", 4, 1,
     "customer \"a1\" has two labels for this day, the first on line 2"},
    {LABELS, "two pairs of labels, the first of which is named",
     L_HEAD L_3 L_1 "b2,2024-03-01,1\na1,2024-03-01,0\n", 4, 1,
     "customer \"b2\" has two labels for this day, the first on line 2"},
    {LABELS, "a label without a day", L_HEAD L_1 "b2,,1\n", 3, 4,
     "a label without a day; expected the as-of day"},
    {LABELS, "an impossible day", L_HEAD L_1 "a1,2024-04-31,1\n", 3, 4, "\"2024-04-31\" " NO_DAY},
    {LABELS, "inf for a label", L_HEAD L_1 "a1,2024-04-01,inf\n", 3, 15,
     "\"inf\" is no flag; expected 1 or 0"},
    {LABELS, "a number for a label", L_HEAD L_1 "a1,2024-04-01,0.7\n", 3, 15,
     "\"0.7\" is no flag; expected 1 or 0"},
    {LABELS, "a last line cut in a field", L_HEAD L_1 "a1,2024-0", 3, 1,
     "2 fields, but the heading line has 3"},
    {LABELS, "a last line cut in quotes", L_HEAD L_1 "a1,2024-04-01,\"", 3, 15,
     "this quote is never closed"},
    /* a flat export */
    {FLAT, "an empty file", "", 1, 1, EMPTY},
    {FLAT, "another delimiter", "key;tenure;plan;fee;since;Churn\nk1;3;basic;29.9;;Yes\n", 1, 1,
     OTHER_DELIMITER},
    {FLAT, "no column of a feature", "key,plan,fee,since,Churn\nk1,basic,29.9,,Yes\n", 1, 1,
     "no column \"tenure\" (asked for at "},
    {FLAT, "no column for the outcome", "key,tenure,plan,fee,since,churn\n" F_1, 1, 1,
     "no column \"Churn\" (asked for at "},
    {FLAT, "a field too many in a row", F_HEAD F_1 "k2,14,pro,,,No,\n", 3, 1,
     "7 fields, but the heading line has 6"},
    {FLAT, "an id twice", F_HEAD F_1 F_2 "k1,4,pro,30,,No\n", 4, 1,
     "id \"k1\" is there twice, first on line 2; expected one row a customer"},
    {FLAT, "an impossible date", F_HEAD F_1 "k2,14,pro,,2023-02-29,No\n", 3, 12,
     "\"2023-02-29\" " NO_DAY " (column \"since\")"},
    {FLAT, "infinity for a number", F_HEAD F_1 "k2,infinity,pro,,,No\n", 3, 4,
     "\"infinity\" " NO_NUMBER},
    {FLAT, "nan(2) for a number", F_HEAD F_1 "k2,14,pro,nan(2),,No\n", 3, 11,
     "\"nan(2)\" " NO_NUMBER},
    {FLAT, "a last line cut in a field", F_HEAD F_1 "k2,14,p", 3, 1,
     "3 fields, but the heading line has 6"},
    {FLAT, "a last line cut in quotes", F_HEAD F_1 "k2,14,\"p", 3, 7, "this quote is never closed"},
};

/* Writes the project of the kind and its files, the one under test with these bytes. */
static void write_world(kind k, const char *bytes, size_t length)
{
  scratch_write("spells.yaml", spells_project);
  scratch_write("labels.yaml", labels_project);
  scratch_write("flat.yaml", flat_project);
  for (kind other = CUSTOMERS; other < KINDS; other++)
    if (other == k)
      scratch_write_bytes(file_names[other], bytes, length);
    else
      scratch_write(file_names[other], clean[other]);
}

static program_result run_features(kind k, const char *target, bool as_nobody)
{
  const char *const arguments[] = {"features", scratch_path(project_names[k]), "-o", target, NULL};
  return program_run(CHURN_PROGRAM, arguments, as_nobody);
}

static program_result run_check(kind k, bool as_nobody)
{
  const char *const arguments[] = {"check", scratch_path(project_names[k]), NULL};
  return program_run(CHURN_PROGRAM, arguments, as_nobody);
}

static bool demand(const char *verb, const program_result *result, int code, const char *place,
                   const char *message)
{
  const char *at = strstr(result->errors, place);
  const char *end = at == NULL ? NULL : strchr(at, '\n');
  const char *words = at == NULL ? NULL : strstr(at, message);
  bool good = result->code == code && words != NULL && words < end;
  if (!good)
    print_error("  %s: exit code %d, expected %d with \"%s … %s\"; it says:\n%.600s\n", verb,
                result->code, code, place, message, result->errors);
  return good;
}

/* One wrong file through both verbs. `place` is how the message must begin behind the verb. */
static bool refuse(kind k, int code, const char *place, const char *message, bool as_nobody)
{
  guarded_file guard = guard_make("target.csv");
  program_result made = run_features(k, guard.path, as_nobody);
  program_result checked = run_check(k, as_nobody);
  const char *fault = guard_fault(&guard);
  bool good = demand("features", &made, code, place, message);
  good = demand("check", &checked, code, place, message) && good;
  if (made.output_length > 0)
    print_error("  features: something on standard output: %.200s\n", made.output);
  if (fault != NULL)
    print_error("  the output's file: %s\n", fault);
  good = good && made.output_length == 0 && fault == NULL;
  program_result_clear(&made);
  program_result_clear(&checked);
  return good;
}

static void each_fault_is_refused_at_its_place(void **state)
{
  (void)state;
  size_t failed = 0, count = sizeof cases / sizeof cases[0];
  for (size_t i = 0; i < count; i++) {
    const wrong *w = &cases[i];
    char place[1200];
    write_world(w->kind, w->bytes, strlen(w->bytes));
    snprintf(place, sizeof place, "%s:%u:%u: ", scratch_path(file_names[w->kind]), w->line,
             w->column);
    if (!refuse(w->kind, 65, place, w->message, false)) {
      print_error("%s: %s\n", file_names[w->kind], w->fault);
      failed++;
    }
  }
  assert_int_equal(failed, 0);
}

/* A field of a megabyte where a number, a day or a flag belongs: refused in few words. */
static void a_field_of_a_megabyte_is_refused_in_few_words(void **state)
{
  (void)state;
  enum { LONG = 1 << 20 };
  static const struct {
    kind kind;
    const char *before, *behind;
    unsigned line, column;
    const char *message;
  } long_cases[] = {
      {CUSTOMERS, C_HEAD C_1 "b2,2023-02-10,,south,", "\n", 3, 22, NO_NUMBER},
      {CUSTOMERS, C_HEAD C_1 "b2,", ",,south,\n", 3, 4, NO_DAY},
      {HISTORY, H_HEAD H_1 "a1,2024-02-20,", ",lee,,no\n", 3, 15, NO_NUMBER},
      {LABELS, L_HEAD L_1 "a1,2024-04-01,", "\n", 3, 15, "is no flag"},
      {FLAT, F_HEAD F_1 "k2,", ",pro,,,No\n", 3, 4, NO_NUMBER},
  };
  for (size_t i = 0; i < sizeof long_cases / sizeof long_cases[0]; i++) {
    size_t before = strlen(long_cases[i].before), behind = strlen(long_cases[i].behind);
    char *bytes = malloc(before + LONG + behind), place[1200];
    assert_non_null(bytes);
    memcpy(bytes, long_cases[i].before, before);
    memset(bytes + before, 'x', LONG);
    memcpy(bytes + before + LONG, long_cases[i].behind, behind);
    write_world(long_cases[i].kind, bytes, before + LONG + behind);
    free(bytes);
    snprintf(place, sizeof place, "%s:%u:%u: ", scratch_path(file_names[long_cases[i].kind]),
             long_cases[i].line, long_cases[i].column);
    assert_true(refuse(long_cases[i].kind, 65, place, long_cases[i].message, false));
    program_result result = run_features(long_cases[i].kind, "-", false);
    assert_true(strlen(result.errors) < 1500);
    program_result_clear(&result);
  }
}

/* The feature table of a world; the caller frees. */
static char *table_of(kind k, const char *bytes, size_t length, const char *what)
{
  write_world(k, bytes, length);
  program_result result = run_features(k, "-", false);
  if (result.code != 0) {
    print_error("%s: %s: exit code %d: %s\n", file_names[k], what, result.code, result.errors);
    fail();
  }
  char *table = result.output;
  result.output = NULL;
  program_result_clear(&result);
  return table;
}

/* Every field in quotes. */
static char *quoted(const char *text)
{
  char *out = malloc(3 * strlen(text) + 3), *to = out;
  assert_non_null(out);
  *to++ = '"';
  for (const char *at = text; *at != '\0'; at++) {
    if (*at == ',' || *at == '\n')
      *to++ = '"';
    *to++ = *at;
    if (*at == ',' || (*at == '\n' && at[1] != '\0'))
      *to++ = '"';
  }
  *to = '\0';
  return out;
}

/* `with` in place of every line end but the last, and of that one too unless `last` is given. */
static char *line_ends(const char *text, const char *with, const char *last)
{
  size_t length = strlen(text), ends = 0;
  for (size_t i = 0; i < length; i++)
    ends += text[i] == '\n';
  char *out = malloc(length + (ends + 1) * strlen(with) + strlen(last) + 1), *to = out;
  assert_non_null(out);
  for (const char *at = text; *at != '\0'; at++) {
    const char *end = at[1] == '\0' ? last : with;
    if (*at == '\n')
      to = stpcpy(to, end);
    else
      *to++ = *at;
  }
  *to = '\0';
  return out;
}

static char *with_front(const char *front, const char *text)
{
  char *out = malloc(strlen(front) + strlen(text) + 1);
  assert_non_null(out);
  stpcpy(stpcpy(out, front), text);
  return out;
}

static void legal_oddities_give_the_same_bytes(void **state)
{
  (void)state;
  for (kind k = CUSTOMERS; k < KINDS; k++) {
    char *plain = table_of(k, clean[k], strlen(clean[k]), "the clean file");
    assert_true(strlen(plain) > 60);
    struct {
      const char *what;
      char *bytes;
    } odd[] = {
        {"a byte-order mark", with_front("\xEF\xBB\xBF", clean[k])},
        {"CRLF line ends", line_ends(clean[k], "\r\n", "\r\n")},
        {"no line end at the end", line_ends(clean[k], "\n", "")},
        {"CRLF, none at the end", line_ends(clean[k], "\r\n", "")},
        {"everything quoted", quoted(clean[k])},
        {"an extra column", line_ends(clean[k], ",\"more, yet\"\n", ",\"more, yet\"\n")},
        {"blank lines", line_ends(clean[k], "\n\n", "\n\n")},
    };
    for (size_t i = 0; i < sizeof odd / sizeof odd[0]; i++) {
      char *table = table_of(k, odd[i].bytes, strlen(odd[i].bytes), odd[i].what);
      if (strcmp(table, plain) != 0)
        print_error("%s: %s\n", file_names[k], odd[i].what);
      assert_string_equal(table, plain);
      free(table);
      free(odd[i].bytes);
    }
    free(plain);
  }
}

/* NA and its like are missing values (churn(1), `missing`), never zeros. */
static void words_for_missing_are_missing(void **state)
{
  (void)state;
  static const char *const words[] = {"NA", "NaN", "NULL", "\\N", "  "};
  char *plain = table_of(FLAT, F_HEAD F_1 F_2, strlen(F_HEAD F_1 F_2), "an empty field");
  for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
    char bytes[200];
    snprintf(bytes, sizeof bytes, F_HEAD F_1 "k2,14,pro,%s,,No\n", words[i]);
    char *table = table_of(FLAT, bytes, strlen(bytes), words[i]);
    assert_string_equal(table, plain);
    free(table);
  }
  free(plain);
}

static size_t lines_of(const char *text)
{
  size_t lines = 0;
  for (; *text != '\0'; text++)
    lines += *text == '\n';
  return lines;
}

/* A history without a row is an answer: nothing happened. */
static void a_history_of_a_heading_alone_is_no_row(void **state)
{
  (void)state;
  char *plain = table_of(HISTORY, clean[HISTORY], strlen(clean[HISTORY]), "the clean file");
  char *table = table_of(HISTORY, H_HEAD, strlen(H_HEAD), "a heading alone");
  assert_int_equal(lines_of(table), lines_of(plain));
  assert_non_null(strstr(table, "a1,2024-03-01,0,0,0,,0,0,north,12.5\n"));
  free(table);
  free(plain);
}

/* A label file without a row names no day to look at; on a day that is asked for, `churned` is not
 * known. */
static void a_label_file_of_a_heading_alone_labels_nobody(void **state)
{
  (void)state;
  char place[1200];
  write_world(LABELS, L_HEAD, strlen(L_HEAD));
  snprintf(place, sizeof place, "%s: ", scratch_path(file_names[LABELS]));
  assert_true(refuse(LABELS, 65, place, "no label", false));
  const char *const arguments[] = {"features", scratch_path(project_names[LABELS]), "--as-of",
                                   "2024-03-01", NULL};
  program_result result = program_run(CHURN_PROGRAM, arguments, false);
  assert_int_equal(result.code, 0);
  assert_non_null(strstr(result.output, "a1,2024-03-01,,2,15.5,lee,1,1,north,12.5\n"));
  program_result_clear(&result);
}

/* The labels of a flat export are judged together, so it is the project that has to say which value
 * means what. */
static void a_flat_outcome_that_is_no_pair_of_values_is_refused(void **state)
{
  (void)state;
  char place[1200];
  write_world(FLAT, F_HEAD F_1 F_2 "k3,7,pro,1,,Maybe\n",
              strlen(F_HEAD F_1 F_2 "k3,7,pro,1,,Maybe\n"));
  snprintf(place, sizeof place, "%s:4:19: ", scratch_path(project_names[FLAT]));
  assert_true(refuse(FLAT, 65, place, "\"Yes\", \"Maybe\" and \"No\"; expected two", false));
  write_world(FLAT, F_HEAD F_2 F_3, strlen(F_HEAD F_2 F_3));
  snprintf(place, sizeof place, "%s:4:37: ", scratch_path(project_names[FLAT]));
  assert_true(refuse(FLAT, 65, place, "no row has \"Yes\" in column \"Churn\"", false));
}

/* A base without a customer is a failed export, not a list of nobody. */
static void a_base_without_a_customer_is_refused(void **state)
{
  (void)state;
  static const char *const headings[KINDS] = {[CUSTOMERS] = C_HEAD, [FLAT] = F_HEAD};
  for (kind k = CUSTOMERS; k < KINDS; k++) {
    if (headings[k] == NULL)
      continue;
    char place[1200];
    write_world(k, headings[k], strlen(headings[k]));
    snprintf(place, sizeof place, "%s: ", scratch_path(file_names[k]));
    assert_true(refuse(k, 65, place, "no customer", false));
  }
}

static void a_long_id_comes_back_whole(void **state)
{
  (void)state;
  enum { LONG = 1 << 20 };
  char *bytes = malloc(LONG + 200);
  assert_non_null(bytes);
  size_t used = (size_t)sprintf(bytes, "%s", F_HEAD F_1);
  memset(bytes + used, 'z', LONG);
  strcpy(bytes + used + LONG, ",14,pro,,,No\n");
  char *table = table_of(FLAT, bytes, strlen(bytes), "an id of a megabyte");
  char *second = strchr(strchr(table, '\n') + 1, '\n') + 1;
  assert_int_equal(strspn(second, "z"), LONG);
  free(table);
  free(bytes);
}

static void a_file_that_is_not_there_is_missing_input(void **state)
{
  (void)state;
  for (kind k = CUSTOMERS; k < KINDS; k++) {
    char place[1200];
    write_world(k, "", 0);
    unlink(scratch_path(file_names[k]));
    snprintf(place, sizeof place, "%s: ", scratch_path(file_names[k]));
    assert_true(refuse(k, 66, place, "No such file", false));
  }
}

static void a_folder_in_place_of_a_file_is_refused(void **state)
{
  (void)state;
  for (kind k = CUSTOMERS; k < KINDS; k++) {
    char place[1200];
    write_world(k, "", 0);
    const char *path = scratch_path(file_names[k]);
    snprintf(place, sizeof place, "%s: ", path);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(mkdir(path, 0755), 0);
    assert_true(refuse(k, 74, place, "directory", false));
    assert_int_equal(rmdir(path), 0);
  }
}

static void a_file_that_may_not_be_read_is_a_lack_of_permission(void **state)
{
  (void)state;
  char folder[1024];
  snprintf(folder, sizeof folder, "%s", scratch_path("."));
  assert_int_equal(chmod(folder, 0777), 0); /* nobody may write there, only not read */
  for (kind k = CUSTOMERS; k < KINDS; k++) {
    char place[1200];
    write_world(k, clean[k], strlen(clean[k]));
    const char *path = scratch_path(file_names[k]);
    snprintf(place, sizeof place, "%s: ", path);
    assert_int_equal(chmod(path, 0), 0);
    assert_true(refuse(k, 77, place, "Permission denied", true));
    assert_int_equal(chmod(path, 0644), 0);
  }
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(each_fault_is_refused_at_its_place, scratch_setup,
                                      scratch_teardown),
      cmocka_unit_test_setup_teardown(a_field_of_a_megabyte_is_refused_in_few_words, scratch_setup,
                                      scratch_teardown),
      cmocka_unit_test_setup_teardown(legal_oddities_give_the_same_bytes, scratch_setup,
                                      scratch_teardown),
      cmocka_unit_test_setup_teardown(words_for_missing_are_missing, scratch_setup,
                                      scratch_teardown),
      cmocka_unit_test_setup_teardown(a_history_of_a_heading_alone_is_no_row, scratch_setup,
                                      scratch_teardown),
      cmocka_unit_test_setup_teardown(a_label_file_of_a_heading_alone_labels_nobody, scratch_setup,
                                      scratch_teardown),
      cmocka_unit_test_setup_teardown(a_flat_outcome_that_is_no_pair_of_values_is_refused,
                                      scratch_setup, scratch_teardown),
      cmocka_unit_test_setup_teardown(a_base_without_a_customer_is_refused, scratch_setup,
                                      scratch_teardown),
      cmocka_unit_test_setup_teardown(a_long_id_comes_back_whole, scratch_setup, scratch_teardown),
      cmocka_unit_test_setup_teardown(a_file_that_is_not_there_is_missing_input, scratch_setup,
                                      scratch_teardown),
      cmocka_unit_test_setup_teardown(a_folder_in_place_of_a_file_is_refused, scratch_setup,
                                      scratch_teardown),
      cmocka_unit_test_setup_teardown(a_file_that_may_not_be_read_is_a_lack_of_permission,
                                      scratch_setup, scratch_teardown),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
