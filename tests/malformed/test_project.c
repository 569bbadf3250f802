/* Project files that are wrong: each is refused with CHURN_BAD_PROJECT, the exact line and column,
 * and words that say what was wrong and what is accepted.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "project/project.h"
#include "support.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define HEAD "version: 1\ncustomers: {from: c.csv, id: key, left: gone}\n"
#define CALLS "histories: {calls: {from: calls.csv, id: key, day: at}}\n"
#define HINT "in YAML an expression needs quotes only when it starts with"

typedef struct malformed {
  const char *fault;
  const char *text;
  uint64_t line;
  uint64_t column;
  const char *message;
  size_t faults; /* how many notes in all; 0 = 1 */
} malformed;

static const malformed cases[] = {
    /* nights */
    {"a key of nightly that is not", HEAD "nightly: {ouput: runs}\n", 3, 11,
     "unknown key \"ouput\" in nightly", 0},
    {"known after no time", HEAD "nightly: {known_after: 0d}\n", 3, 24,
     "expected a number of whole days from 1d", 0},
    {"known after months", HEAD "nightly: {known_after: 2 months}\n", 3, 24,
     "expected a number of whole days from 1d", 0},
    {"nothing to keep", HEAD "nightly: {keep: 0}\n", 3, 17, "expected a whole number >= 1", 0},
    {"nightly as a list", HEAD "nightly: [runs]\n", 3, 10, "{output: runs, keep: 90}", 0},
    {"a gate that is not", HEAD "gates: {row: 0.2}\n", 3, 9, "unknown key \"row\" in gates", 0},
    {"a share that is none", HEAD "gates: {rows: 1.5}\n", 3, 15,
     "gates.rows: expected a share between 0 and 1, like 0.2, found \"1.5\"", 0},
    {"a limit that would let nothing pass", HEAD "gates: {rows: 0}\n", 3, 15, "found \"0\"", 0},
    {"a factor below 1", HEAD "gates: {rate: {limit: 0.9}}\n", 3, 23,
     "gates.rate: expected a factor above 1, like 1.5", 0},
    {"a fresh source of today", HEAD "gates: {freshness: 0.5}\n", 3, 20, "days >= 1", 0},
    {"a limit in words", HEAD "gates: {drift: high}\n", 3, 16,
     "gates.drift: expected a number >= 0, like 0.1, or off, found \"high\"", 0},
    {"a key of a gate that is not", HEAD "gates: {drift: {holds: true}}\n", 3, 17,
     "unknown key \"holds\" in gates.drift", 0},
    {"a hold that is no flag", HEAD "gates: {drift: {hold: maybe}}\n", 3, 23, "true or false", 0},
    {"exceptions that are no list", HEAD "gates: {drift: {except: tenure}}\n", 3, 25,
     "gates.drift.except must be a list", 0},
    {"a gate that is a list", HEAD "gates: {drift: [0.1]}\n", 3, 16, "{limit: 0.1, hold: true}", 0},
    /* bytes */
    {"an empty file", "", 1, 1, "the file is empty; a project file starts with \"version: 1\"", 0},
    {"only comments", "# nothing\n\n", 1, 1, "the file is empty", 0},
    {"an empty document", "---\n", 1, 1, "the file is empty", 0},
    {"a byte that is no UTF-8", "version: 1\n# caf\xe9\n", 2, 6, "0xE9 is not valid UTF-8", 0},
    {"an overlong sequence", "a: \xc0\xaf\n", 1, 4, "0xC0 is not valid UTF-8", 0},
    {"a surrogate", "\xc3\xa9: \xed\xa0\x80\n", 1, 4, "0xED is not valid UTF-8", 0},
    {"a sequence that ends early", "a: \xe2\x82", 1, 4, "0xE2 is not valid UTF-8", 0},
    {"a wrong byte behind a byte-order mark",
     "\xef\xbb\xbf"
     "ab\xff",
     1, 3, "0xFF", 0},
    {"UTF-16",
     "\xff\xfe"
     "v",
     1, 1, "0xFF is not valid UTF-8", 0},
    {"a control character", "version: 1\r\nb: \x07\n", 2, 4, "control character U+0007", 0},
    {"a NUL escape", "version: \"\\0\"\n", 1, 11, "may not hold a NUL character", 0},
    {"a line separator", "version: 1\xe2\x80\xa8\n", 1, 11, "control character U+2028", 0},
    /* YAML */
    {"a tab for indentation", "version: 1\ncustomers:\n\tfrom: c.csv\n", 3, 1,
     "not valid YAML: tab character may not be used as indentation", 0},
    {"a wrong indentation", "version: 1\n  customers: 2\n", 1, 10, "invalid multiline plain key",
     0},
    {"an unclosed bracket", "version: 1\ncustomers: {from: c.csv\n", 3, 1, "opened at 2:12", 0},
    {"an unclosed quote", "version: \"1\n", 1, 11, "without closing quote", 0},
    {"a line that is no key", HEAD "nonsense\n", 3, 1, "invalid value after mapping", 0},
    {"two documents", HEAD "---\nversion: 1\n", 3, 1, "a second document starts here", 0},
    {"an anchor", "version: &one 1\n", 1, 10, "anchors (&name) and aliases (*name)", 0},
    {"an alias", "version: *one\n", 1, 10, "anchors (&name) and aliases (*name)", 0},
    {"an unquoted star", HEAD CALLS "feature_sets: {full: [*]}\n", 4, 23, "put it in quotes", 0},
    {"a tag", "version: !!int 1\n", 1, 10, "tags (!name) are not supported", 0},
    {"a merge key", "version: 1\n<<: {a: b}\n", 2, 1, "merge keys (<<)", 0},
    {"a key that is a list", "? [version]\n: 1\n", 1, 3, "a key must be a text", 0},
    /* the top */
    {"a list at the top", "- version: 1\n", 1, 1, "a project file must be a mapping", 0},
    {"a text at the top", "version 1\n", 1, 1, "not a text", 0},
    {"no version", "customers: {from: c.csv}\n", 1, 1,
     "the project has no \"version\"; expected \"version: 1\"", 0},
    {"a version of the future", "version: 2\ncustomers: {from: c.csv}\n", 1, 10,
     "version \"2\" is not known; accepted: 1", 0},
    {"no customers", "version: 1\n", 1, 1,
     "the project has no \"customers\"; expected {from: FILE, id: HEADING} or {from_history: NAME}",
     0},
    {"an unknown key at the top", HEAD "outcom: {horizon: 90d}\n", 3, 1,
     "unknown key \"outcom\" in a project file (did you mean \"outcome\"?); accepted: version, "
     "customers, histories, outcome",
     0},
    {"a key twice at the top", HEAD "version: 1\n", 3, 1, "the key \"version\" stands twice", 0},
    {"a negative pool", HEAD "pool: -3\n", 3, 7, "pool: expected a whole number >= 0, found \"-3\"",
     0},
    {"a day that does not exist", HEAD "data_until: 2025-02-29\n", 3, 13,
     "data_until: expected a day like 2024-01-31, found \"2025-02-29\"", 0},
    {"a timestamp for a day", HEAD "data_until: 2025-02-28T10:00\n", 3, 13, "expected a day", 0},
    {"a key with nothing", HEAD "pool:\n", 3, 1,
     "pool: expected a whole number >= 0, found nothing", 0},
    /* formats */
    {"a delimiter of two bytes", HEAD "delimiter: ';;'\n", 3, 13,
     "delimiter: expected one character", 0},
    {"a quote as delimiter", HEAD "delimiter: '\"'\n", 3, 13, "or comma, semicolon, tab, pipe", 0},
    {"an encoding nobody knows", HEAD "encoding: utf-99\n", 3, 11, "found \"utf-99\"", 0},
    {"a date format without day", HEAD "date_format: '%Y-%m'\n", 3, 15,
     "that names year, month and day", 0},
    {"a decimal mark of its own", HEAD "decimal: '!'\n", 3, 11,
     "decimal: expected \".\" or \",\", found \"!\"", 0},
    {"equal marks", HEAD "decimal: ','\nthousands: ','\n", 4, 13, "are both \",\"", 0},
    {"thousands like the default decimal", HEAD "thousands: .\n", 3, 12, "are both \".\"", 0},
    {"a source's decimal like the default thousands",
     "version: 1\nthousands: ','\ncustomers: {from: c.csv, decimal: ','}\n", 3, 36,
     "are both \",\"", 0},
    {"an offset of a day", HEAD "utc_offset: +24\n", 3, 13, "within 14 hours, like +8, +08:00", 0},
    {"a time zone's name", HEAD "utc_offset: CET\n", 3, 13, "found \"CET\"", 0},
    {"bad rows in percent", HEAD "max_bad_rows: 1%\n", 3, 15, "expected a whole number >= 0", 0},
    {"missing as a mapping", HEAD "missing: {a: b}\n", 3, 10,
     "missing: expected a text, found a mapping", 0},
    {"a missing token that is nothing", HEAD "missing: [a, ]\npool: x\n", 4, 7, "pool", 0},
    /* customers */
    {"customers as a text", "version: 1\ncustomers: customers.csv\n", 2, 12,
     "customers must be a mapping like {from: customers.csv, id: customer_id}, not a text", 0},
    {"customers without file", "version: 1\ncustomers: {id: key}\n", 2, 12,
     "customers has no \"from\"; expected the customers' file, or from_history", 0},
    {"customers from both",
     "version: 1\ncustomers: {from: c.csv, id: key, from_history: calls}\n" CALLS, 2, 12,
     "both \"from\" and \"from_history\"; give one", 0},
    {"a base from a history that is not there",
     "version: 1\ncustomers: {from_history: cals}\n" CALLS, 2, 27,
     "customers.from_history: there is no history \"cals\" (did you mean \"calls\"?); histories: "
     "calls",
     0},
    {"joined without a customers' file",
     "version: 1\ncustomers: {from_history: calls, joined: x}\n" CALLS, 2, 34,
     "unknown key \"joined\" in customers; accepted: from_history, value", 0},
    {"histories without an id of customers", "version: 1\ncustomers: {from: c.csv}\n" CALLS, 2, 1,
     "customers has no \"id\"", 0},
    {"a database without its file", "version: 1\ncustomers: {from: \"sqlite:\"}\n", 2, 20,
     "sqlite: the file is missing; expected sqlite:FILE", 0},
    {"a password", "version: 1\ncustomers: {from: \"postgresql:dbname=crm password=x\"}\n", 2, 20,
     "a password does not belong here", 0},
    {"a connection that is none", "version: 1\ncustomers: {from: \"postgresql:crm\"}\n", 2, 20,
     "postgresql:service=NAME", 0},
    {"a table of a file", "version: 1\ncustomers: {from: c.csv, table: accounts}\n", 2, 33,
     "\"from\" names a file", 0},
    {"table and query", "version: 1\ncustomers: {from: 'sqlite:x', table: a, query: b}\n", 2, 48,
     "there are both \"table\" and \"query\"; give one", 0},
    {"a delimiter of a database", "version: 1\ncustomers: {from: 'sqlite:x', delimiter: ';'}\n", 2,
     43, "delimiter: says how a file is written", 0},
    {"keys in a database without a table",
     "version: 1\ncustomers: {from: c.csv, id: i}\nhistories: {h: {from: h.csv, id: i, day: d, "
     "via: "
     "{from: 'sqlite:x', id: i, customer: c}}}\n",
     3, 58, "h.via: the project file names neither table nor query", 0},
    {"an empty file name", "version: 1\ncustomers: {from: \"\"}\n", 2, 20,
     "from: expected a text, found an empty text", 0},
    {"an unknown key of customers", "version: 1\ncustomers: {from: c.csv, jioned: x}\n", 2, 26,
     "did you mean \"joined\"?", 0},
    /* columns */
    {"an unknown type", "version: 1\ncustomers: {from: c.csv, columns: {a: numbr}}\n", 2, 39,
     "type: \"numbr\" is not known (did you mean \"number\"?); accepted: number, day, scheduled, "
     "category, flag",
     0},
    {"columns as a list", "version: 1\ncustomers: {from: c.csv, columns: [a, b]}\n", 2, 35,
     "columns must be a mapping like {region: category}, not a list", 0},
    {"a column twice",
     "version: 1\ncustomers:\n  from: c.csv\n  columns:\n    a: day\n    b: day\n    "
     "a: number\n",
     7, 5, "the key \"a\" stands twice", 0},
    {"static that is no flag",
     "version: 1\ncustomers: {from: c.csv, columns: {a: {type: day, static: 2}}}\n", 2, 59,
     "static: expected true or false, found \"2\"", 0},
    {"known_at of no column",
     "version: 1\ncustomers: {from: c.csv, known_at: sean, columns: {seen: day}}\n", 2, 36,
     "known_at: customers has no column \"sean\" (did you mean \"seen\"?); its day columns: seen",
     0},
    {"known_at of a category",
     HEAD "histories:\n  h:\n    from: h.csv\n    id: a\n    day: b\n    columns: {c: category, d: "
          "{type: number, known_at: c}}\n",
     8, 56, "the column \"c\" must have type day, not category", 0},
    {"the day column as something else",
     HEAD "histories: {h: {from: h.csv, id: a, day: b, columns: {b: number}}}\n", 3, 55,
     "\"b\" is the history's day column", 0},
    /* histories */
    {"a history without day", HEAD "histories: {calls: {from: calls.csv, id: key}}\n", 3, 20,
     "calls has no \"day\"; expected the heading of the day on which a row counts", 0},
    {"a history with nothing", HEAD "histories: {calls: }\n", 3, 13,
     "a history must be a mapping like {from: FILE, id: HEADING, day: HEADING}, not empty", 0},
    {"a history called with a blank", HEAD "histories: {my calls: {from: a, id: b, day: c}}\n", 3,
     13, "a history may not be called \"my calls\"; accepted: a letter or _", 0},
    {"a history called by a digit", HEAD "histories: {2nd: {from: a, id: b, day: c}}\n", 3, 13,
     "may not be called \"2nd\"", 0},
    {"a history called where", HEAD "histories: {where: {from: a, id: b, day: c}}\n", 3, 13,
     "it is a word of the feature language", 0},
    {"a history called customers", HEAD "histories: {customers: {from: a, id: b, day: c}}\n", 3, 13,
     "may not be called \"customers\"", 0},
    {"a history called outcome", HEAD "histories: {outcome: {from: a, id: b, day: c}}\n", 3, 13,
     "it is the label file's name", 0},
    {"via without customer",
     HEAD "histories: {h: {from: a, id: b, day: c, via: {from: v, id: w}}}\n", 3, 46,
     "via has no \"customer\"", 0},
    /* outcome */
    {"no horizon", HEAD "outcome: {gap: 14d}\n", 3, 10,
     "outcome has no \"horizon\"; expected the length of the label window in days, like \"horizon: "
     "90d\"",
     0},
    {"a horizon without unit", HEAD "outcome: {horizon: 90}\n", 3, 20,
     "outcome.horizon: expected a number of whole days from 1d to 36525d, like 90d, found \"90\"",
     0},
    {"a horizon of nothing", HEAD "outcome: {horizon: 0d}\n", 3, 20, "found \"0d\"", 0},
    {"a horizon in months", HEAD "outcome: {horizon: 3 months}\n", 3, 20, "found \"3 months\"", 0},
    {"a horizon past a century", HEAD "outcome: {horizon: 4294967296d}\n", 3, 20, "to 36525d", 0},
    {"a horizon past a century in weeks", HEAD "outcome: {horizon: 6000 weeks}\n", 3, 20,
     "found \"6000 weeks\"", 0},
    {"the kind of outcome twice", HEAD CALLS "outcome: {silent: calls, silent: x, horizon: 9d}\n",
     4, 26, "the key \"silent\" stands twice", 0},
    {"a negative gap", HEAD "outcome: {horizon: 9d, gap: -1d}\n", 3, 29,
     "outcome.gap: expected a number of whole days from 0d", 0},
    {"two kinds of outcome", HEAD CALLS "outcome: {silent: calls, event: calls, horizon: 9d}\n", 4,
     26, "outcome has both \"silent\" and \"event\"; give one", 0},
    {"an outcome without leaving day",
     "version: 1\ncustomers: {from: c.csv}\noutcome: {horizon: 9d}\n", 3, 10,
     "customers has no \"left\"", 0},
    {"an unknown history in silent", HEAD CALLS "outcome: {silent: call, horizon: 9d}\n", 4, 19,
     "outcome.silent: there is no history \"call\" (did you mean \"calls\"?)", 0},
    {"an unknown history in event",
     HEAD CALLS "outcome: {event: purchases where x = 1, horizon: 9d}\n", 4, 18,
     "outcome.event: there is no history \"purchases\"; histories: calls", 0},
    {"an event with something else", HEAD CALLS "outcome: {event: calls were x = 1, horizon: 9d}\n",
     4, 24, "expected HISTORY or HISTORY where CONDITION", 0},
    {"an event without condition", HEAD CALLS "outcome: {event: calls where, horizon: 9d}\n", 4, 18,
     "expected a condition after \"where\"", 0},
    {"a misspelt kind of outcome", HEAD CALLS "outcome: {silence: calls, horizon: 9d}\n", 4, 11,
     "unknown key \"silence\" in outcome (did you mean \"silent\"?)", 0},
    {"a drop without share", HEAD CALLS "outcome: {drop: count(calls over 9d), horizon: 9d}\n", 4,
     10, "outcome has no \"below\"; expected the share of the customer's own level", 0},
    {"a drop below nothing",
     HEAD CALLS "outcome: {drop: count(calls over 9d), below: 0, horizon: 9d}\n", 4, 46,
     "outcome.below is 0; accepted: a share above 0 and at most 1", 0},
    {"a drop below more than all",
     HEAD CALLS "outcome: {drop: count(calls over 9d), below: 1.5, horizon: 9d}\n", 4, 46,
     "outcome.below is 1.5; accepted", 0},
    {"a drop below a text",
     HEAD CALLS "outcome: {drop: count(calls over 9d), below: half, horizon: 9d}\n", 4, 46,
     "outcome.below: expected a number with a decimal point, found \"half\"", 0},
    {"a drop without horizon", HEAD CALLS "outcome: {drop: count(calls), below: 0.5}\n", 4, 10,
     "outcome has no \"horizon\"", 0},
    {"a drop and silence",
     HEAD CALLS "outcome: {drop: count(calls), silent: calls, below: 0.5, horizon: 9d}\n", 4, 31,
     "outcome has both \"drop\" and \"silent\"; give one", 0},
    {"leavers of no kind",
     HEAD CALLS "outcome: {drop: count(calls), below: 0.5, horizon: 9d, leavers: churn}\n", 4, 65,
     "outcome.leavers: \"churn\" is not known; accepted: drop, lost", 0},
    {"a drop that YAML cuts", HEAD CALLS "outcome: {drop: max(1, 2), below: 0.5, horizon: 9d}\n", 4,
     17, "outcome.drop: the expression is cut off after \"max(1\"", 2},
    {"a drop without a history", HEAD "outcome: {drop: as_of - joined, below: 0.5, horizon: 9d}\n",
     3, 17, "outcome.drop needs a history, and the project has none", 0},
    {"an unknown key of a drop",
     HEAD CALLS "outcome: {drop: count(calls), leaver: lost, below: 0.5, horizon: 9d}\n", 4, 31,
     "unknown key \"leaver\" in outcome (did you mean \"leavers\"?)", 0},
    {"outcomes that are a list", HEAD "outcomes: [a, b]\n", 3, 11, "outcomes must be a mapping", 0},
    {"an outcome with a blank in its name", HEAD "outcomes: {\"a b\": {horizon: 9d}}\n", 3, 13,
     "\"a b\" cannot name an outcome; accepted: letters, digits, _ and -", 0},
    {"an outcome named like a history", HEAD CALLS "outcomes: {calls: {horizon: 9d}}\n", 4, 12,
     "\"calls\" names something else already", 0},
    {"an outcome twice", HEAD "outcomes: {a: {horizon: 9d}, a: {horizon: 8d}}\n", 3, 30,
     "the key \"a\" stands twice", 0},
    {"a named outcome without horizon", HEAD "outcomes: {a: {gap: 9d}}\n", 3, 15,
     "outcome has no \"horizon\"", 0},
    {"a control without key", HEAD "control: {share: 0.1}\n", 3, 10,
     "control has no \"key\"; expected a text that draws the customers", 0},
    {"a control without share", HEAD "control: {key: a}\n", 3, 10, "control has no \"share\"", 0},
    {"a control of nobody", HEAD "control: {share: 0, key: a}\n", 3, 18,
     "control.share is 0; accepted: a share above 0 and below 1, like 0.1", 0},
    {"a control of all", HEAD "control: {share: 1, key: a}\n", 3, 18, "control.share is 1", 0},
    {"a control as a number", HEAD "control: 0.1\n", 3, 10, "control must be a mapping", 0},
    {"contacts of no history", HEAD CALLS "contacts: cals\n", 4, 11,
     "contacts.history: there is no history \"cals\" (did you mean \"calls\"?)", 0},
    {"contacts without history", HEAD CALLS "contacts: {contacted: drop}\n", 4, 11,
     "contacts has no \"history\"", 0},
    {"contacted of no kind", HEAD CALLS "contacts: {history: calls, contacted: lose}\n", 4, 39,
     "contacts.contacted: \"lose\" is not known; accepted: drop, keep, model", 0},
    {"a feature that is called contacted",
     HEAD CALLS "contacts: {history: calls, contacted: model}\nfeatures: {contacted: value}\n", 5,
     12, "\"contacted\" is the feature that contacts: {contacted: model} adds", 0},
    {"labels without label", HEAD "outcome: {from: l.csv, id: a, day: b, horizon: 9d}\n", 3, 10,
     "outcome has no \"churned\"; expected the heading of the label", 0},
    {"a column without its positive value", HEAD "outcome: {column: Churn}\n", 3, 10,
     "outcome has no \"positive\"", 0},
    {"positive and negative the same", HEAD "outcome: {column: C, positive: a, negative: a}\n", 3,
     45, "are the same value", 0},
    /* snapshots, fit, split */
    {"last before first", HEAD "snapshots: {first: 2025-01-01, last: 2024-12-31, every: 7d}\n", 3,
     38, "snapshots.last lies before snapshots.first", 0},
    {"last without every", HEAD "snapshots: {first: 2025-01-01, last: 2025-12-31}\n", 3, 12,
     "snapshots has no \"every\"; expected the step", 0},
    {"every without first", HEAD "snapshots: {every: 7d}\n", 3, 12, "snapshots has no \"first\"",
     0},
    {"a step of nothing", HEAD "snapshots: {first: 2025-01-01, every: 0d}\n", 3, 39,
     "snapshots.every: expected a step like 1 month, 3 months, 1 year, 2 weeks or 7d", 0},
    {"a margin that is no difference of AUC", HEAD "retrain: {margin: 0.6}\n", 3, 19,
     "retrain.margin: expected a difference of AUC from 0 to 0.5, found \"0.6\"", 0},
    {"a negative margin", HEAD "retrain: {not_worse: -0.01}\n", 3, 22, "expected a difference", 0},
    {"bounds that are one number", HEAD "retrain: {calibration_slope: 0.8}\n", 3, 30,
     "retrain.calibration_slope: expected two numbers, like [0.8, 1.25]", 0},
    {"bounds of three", HEAD "retrain: {calibration_slope: [0.8, 1, 1.2]}\n", 3, 30,
     "expected two numbers", 0},
    {"bounds on one side of the ideal", HEAD "retrain: {calibration_intercept: [0.1, 0.4]}\n", 3,
     34, "expected bounds with 0 between them, like [-0.4, 0.4]", 0},
    {"an age that is none", HEAD "retrain: {max_age: 0d}\n", 3, 20, "retrain.max_age", 0},
    {"a count that is none", HEAD "retrain: {min_churners: few}\n", 3, 25, "retrain.min_churners",
     0},
    {"an unknown key of retrain", HEAD "retrain: {margins: 0.01}\n", 3, 11,
     "unknown key \"margins\"", 0},
    {"a day in another order", HEAD "snapshots: {first: 01.02.2025}\n", 3, 20, "expected a day", 0},
    {"a penalty nobody knows", HEAD "fit: {penalty: laso, lambda: 1}\n", 3, 16,
     "fit.penalty: \"laso\" is not known (did you mean \"lasso\"?); accepted: none, ridge, lasso, "
     "elastic_net, firth",
     0},
    {"firth with a strength", HEAD "fit: {penalty: firth, lambda: 1}\n", 3, 23,
     "fit.lambda is for a penalty of some strength, and there is none", 0},
    {"a separation nobody knows", HEAD "fit: {separation: firht}\n", 3, 19,
     "fit.separation: \"firht\" is not known (did you mean \"firth\"?); accepted: stop, firth", 0},
    {"a recalibration nobody knows", HEAD "fit: {recalibrate: isotone}\n", 3, 20,
     "fit.recalibrate: \"isotone\" is not known", 0},
    {"recalibration without predictions", HEAD "fit: {out_of_fold: no, recalibrate: platt}\n", 3,
     24, "fit.recalibrate learns from out-of-fold predictions, and fit.out_of_fold says no", 0},
    {"out_of_fold a number", HEAD "fit: {out_of_fold: 5}\n", 3, 20,
     "fit.out_of_fold: expected true or false", 0},
    {"separation with a penalty", HEAD "fit: {penalty: ridge, lambda: 1, separation: firth}\n", 3,
     46, "accepted: {penalty: none, separation: firth}", 0},
    {"ridge without lambda", HEAD "fit: {penalty: ridge}\n", 3, 6,
     "fit has no \"lambda\"; expected the strength of the penalty: a number >= 0, or cv or cv_min",
     0},
    {"weights of two kinds", "version: 1\ncustomers: {from: c.csv, weight: w}\nfit: {weights: n}\n",
     3, 7, "customers.weight and fit.weights are both given; accepted: one of", 0},
    {"weights and rates",
     "version: 1\ncustomers: {from: c.csv}\noutcome: {column: y, positive: \"1\"}\n"
     "fit: {weights: n, sampled: {churners: 1, others: 0.1}}\n",
     4, 19, "fit.weights and fit.sampled are both given", 0},
    {"a weight and rates",
     "version: 1\ncustomers: {from: c.csv, weight: w}\noutcome: {column: y, positive: \"1\"}\n"
     "fit: {sampled: {churners: 1, others: 0.1}}\n",
     4, 7, "customers.weight and fit.sampled are both given", 0},
    {"rates for histories",
     HEAD CALLS "outcome: {horizon: 30d}\nfit: {sampled: {churners: 1, others: 0.1}}\n", 5, 7,
     "give each customer's 1 / chance to be in the file: customers: {weight: COLUMN}", 0},
    {"one rate only", HEAD "outcome: {column: y, positive: \"1\"}\nfit: {sampled: {churners: 1}}\n",
     4, 16, "fit.sampled has no \"others\"; expected the share of them that the export holds", 0},
    {"a rate of zero",
     HEAD "outcome: {column: y, positive: \"1\"}\nfit: {sampled: {churners: 1, others: 0}}\n", 4,
     38, "fit.sampled.others: expected a share above 0 and at most 1", 0},
    {"a rate in percent",
     HEAD "outcome: {column: y, positive: \"1\"}\nfit: {sampled: {churners: 100, others: 1}}\n", 4,
     27, "fit.sampled.churners: expected a share above 0 and at most 1", 0},
    {"a negative rate",
     HEAD "outcome: {column: y, positive: \"1\"}\nfit: {sampled: {churners: -1, others: 1}}\n", 4,
     27, "fit.sampled.churners: expected a share above 0 and at most 1", 0},
    {"a rate that is no number",
     HEAD "outcome: {column: y, positive: \"1\"}\nfit: {sampled: {churners: all, others: 1}}\n", 4,
     27, "expected a number", 0},
    {"weights without a customers' file",
     "version: 1\ncustomers: {from_history: calls}\n" CALLS
     "outcome: {silent: calls, horizon: 30d}\nfit: {weights: n}\nfeatures: {n: count(calls)}\n",
     5, 16, "fit.weights reads a column of the customers' file", 0},
    {"an offset without a customers' file",
     "version: 1\ncustomers: {from_history: calls}\n" CALLS
     "outcome: {silent: calls, horizon: 30d}\nfit: {offset: n}\nfeatures: {n: count(calls)}\n",
     5, 15, "fit.offset reads a column of the customers' file", 0},
    {"lambda without penalty", HEAD "fit: {lambda: 1}\n", 3, 7, "there is none", 0},
    {"factors without penalty", HEAD "fit: {penalty: none, factors: {}}\n", 3, 22, "there is none",
     0},
    {"a negative lambda", HEAD "fit: {penalty: ridge, lambda: -0.5}\n", 3, 31,
     "expected a number >= 0, cv or cv_min, found \"-0.5\"", 0},
    {"a lambda in other words", HEAD "fit: {penalty: lasso, lambda: cvmin}\n", 3, 31,
     "fit.lambda: expected a number >= 0, cv or cv_min, found \"cvmin\"", 0},
    {"a lambda that is a list", HEAD "fit: {penalty: lasso, lambda: [1]}\n", 3, 31, "found a list",
     0},
    {"an alpha for a lasso", HEAD "fit: {penalty: lasso, lambda: cv, alpha: 0.5}\n", 3, 35,
     "fit.alpha is the lasso's share of an elastic net", 0},
    {"an alpha that is a lasso", HEAD "fit: {penalty: elastic_net, lambda: cv, alpha: 1}\n", 3, 48,
     "fit.alpha: expected a number between 0 (ridge) and 1 (lasso), found \"1\"", 0},
    {"one fold", HEAD "fit: {penalty: lasso, lambda: cv, folds: 1}\n", 3, 42,
     "fit.folds: expected 2 to 1000, found \"1\"", 0},
    {"a seed with a fraction", HEAD "fit: {seed: 1.5}\n", 3, 13,
     "fit.seed: expected a whole number >= 0, found \"1.5\"", 0},
    {"a negative factor",
     HEAD "features: {ab: value}\nfit: {penalty: lasso, lambda: 1, factors: {a*: "
          "-1}}\n",
     4, 48, "a penalty factor must be >= 0 (0: not penalised), not -1", 0},
    {"a factor for no feature",
     HEAD "features: {ab: value}\nfit: {penalty: lasso, lambda: 1, factors: {b*: 1}}\n", 4, 44,
     "\"b*\" matches no feature", 0},
    {"a covariance of no kind", HEAD "fit: {covariance: hc0}\n", 3, 19,
     "fit.covariance: \"hc0\" is not known; accepted: auto, model, robust, clustered", 0},
    {"intervals of no kind", HEAD "fit: {intervals: bootstrap}\n", 3, 18,
     "fit.intervals: \"bootstrap\" is not known; accepted: wald, profile", 0},
    {"all held out", HEAD "split: {test: 1}\n", 3, 15, "a share between 0 and 1", 0},
    {"an empty split", HEAD "split: {}\n", 3, 8, "split has no \"test\"", 0},
    /* features */
    {"features as another text", HEAD "features: all\n", 3, 11,
     "features must be a mapping like {tenure_days: as_of - joined}, or customers.*, not a text",
     0},
    {"no features at all", HEAD "features: {}\n", 3, 11, "features is empty", 0},
    {"a feature twice", HEAD "features:\n  a: as_of - joined\n  b: value\n  a: value\n", 6, 3,
     "the key \"a\" stands twice", 0},
    {"a feature without name", HEAD "features: {\"\": value}\n", 3, 13, "may not be empty", 0},
    {"a feature's name with a question mark", HEAD "features:\n  a?b: value\n", 4, 3,
     "\"a?b\" may not hold ? or =", 0},
    {"a feature's name with an equals sign", HEAD "features:\n  a=b: value\n", 4, 3,
     "\"a=b\" may not hold ? or =", 0},
    {"a feature as a list", HEAD "features:\n  a: [1, 2]\n", 4, 6, HINT, 0},
    {"a feature with nothing", HEAD "features:\n  a:\n", 4, 3, "expected an expression", 0},
    {"a feature without is", HEAD "features:\n  a: {label: x}\n", 4, 6,
     "a feature has no \"is\"; expected an expression", 0},
    {"an unknown missing rule", HEAD "features:\n  a: {is: value, missing: median}\n", 4, 27,
     "missing: \"median\" is not known (did you mean \"mean\"?); accepted: mean, zero, error", 0},
    {"an unknown key of a feature", HEAD "features:\n  a: {is: value, lable: x}\n", 4, 18,
     "did you mean \"label\"?); accepted: is, missing, reference, label", 0},
    /* expressions that YAML cuts */
    {"an expression that starts with a quote", HEAD "features:\n  a: \"x\" = customers.y\n", 4, 10,
     HINT, 0},
    {"an expression that starts with a backtick", HEAD "features:\n  a: `x y`\n", 4, 6, HINT, 0},
    {"an expression with a colon and a blank",
     HEAD CALLS "features:\n  a: count(calls where t = \"x: y\")\n", 5, 30, HINT, 0},
    {"an expression with a blank and a hash",
     HEAD CALLS "features:\n  a: count(calls where t = \"x #2\")\n", 5, 6,
     "the expression is cut off after \"count(calls where t = \"x\"; " HINT, 0},
    {"an expression with a comma inside {}",
     HEAD CALLS "features:\n  a: {is: \"1\", label: l}\n  b: {is: if(missing(value), 0, value), "
                "label: x}\n",
     6, 11, "cut off after \"if(missing(value)\"; " HINT, 3},
    {"an expression with a bracket inside {}", HEAD "features:\n  a: {is: customers.x[1]}\n", 4, 22,
     "not valid YAML", 0},
    {"a value cut by a comma", "version: 1\ncustomers: {from: c.csv, value: max(customers.a, 0)}\n",
     2, 33, "customers.value: the expression is cut off after \"max(customers.a\"", 2},
    /* sets */
    {"a set that matches nothing",
     HEAD "features: {tenure: as_of - joined}\nfeature_sets: {s: [tenur]}\n", 4, 20,
     "\"tenur\" matches no feature (did you mean \"tenure\"?); features: tenure", 0},
    {"a pattern that matches nothing",
     HEAD "features: {tenure: value}\nfeature_sets: {s: ['x*']}\n", 4, 21,
     "\"x*\" matches no feature; features: tenure", 0},
    {"a set that is a text", HEAD "features: {a: value}\nfeature_sets: {s: a}\n", 4, 19,
     "a feature set must be a list", 0},
    {"a set with nothing in it", HEAD "features: {a: value}\nfeature_sets: {s: []}\n", 4, 19,
     "a feature set must be a list", 0},
    {"a set twice", HEAD "features: {a: value}\nfeature_sets:\n  s: [a]\n  s: [a]\n", 6, 3,
     "the key \"s\" stands twice", 0},
};

static void show(const churn_notes *notes)
{
  for (size_t i = 0; i < churn_notes_count(notes); i++) {
    const churn_note *note = churn_notes_get(notes, i);
    print_error("  %d:%d %s\n", (int)note->line, (int)note->column, note->text);
  }
}

/* Some file systems flush a file to disk that is written over, so it is taken away first. */
static const char *write_project(const char *text, size_t length)
{
  unlink(scratch_path("churn.yaml"));
  return scratch_write_bytes("churn.yaml", text, length);
}

static bool is_refused_well(const char *text, size_t length, const malformed *expected)
{
  churn_notes *notes = churn_notes_new();
  churn_project *project = NULL;
  churn_error error = {.status = CHURN_OK};
  const char *path = write_project(text, length);
  churn_status status = churn_project_read(path, NULL, 0, notes, &project, &error);
  size_t faults = expected->faults == 0 ? 1 : expected->faults;
  const churn_note *first = churn_notes_get(notes, 0);
  bool good = status == CHURN_BAD_PROJECT && project == NULL && error.status == status &&
              error.line == expected->line && error.column == expected->column &&
              strcmp(error.file, path) == 0 && strstr(error.message, expected->message) != NULL &&
              churn_notes_count_of(notes, CHURN_FAULT) == faults &&
              strcmp(first->text, error.message) == 0 && first->line == error.line &&
              first->column == error.column;
  if (!good) {
    print_error("%s: %s, expected %d:%d \"%s\", %d fault(s)\n", expected->fault,
                churn_status_name(status), (int)expected->line, (int)expected->column,
                expected->message, (int)faults);
    show(notes);
  }
  churn_project_free(project);
  churn_notes_free(notes);
  return good;
}

static void every_wrong_file_is_refused_at_its_place(void **state)
{
  size_t bad = 0;
  (void)state;
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
    bad += !is_refused_well(cases[i].text, strlen(cases[i].text), &cases[i]);
  assert_int_equal(bad, 0);
}

static void a_nul_byte_is_refused_at_its_place(void **state)
{
  static const char text[] = "version: 1\ncustomers: {from: \0c.csv}\n";
  static const malformed expected = {"a NUL byte", NULL, 2, 19, "control character U+0000", 0};
  (void)state;
  assert_true(is_refused_well(text, sizeof text - 1, &expected));
}

/* `count` times `part` after `before`. */
static void assert_refused_repeated(const char *before, const char *part, size_t count,
                                    const malformed *expected)
{
  size_t head = strlen(before), length = strlen(part);
  char *text = malloc(head + length * count + 1);
  assert_non_null(text);
  memcpy(text, before, head);
  for (size_t i = 0; i < count; i++)
    memcpy(text + head + i * length, part, length);
  bool good = is_refused_well(text, head + length * count, expected);
  free(text);
  assert_true(good);
}

static void deep_nesting_is_refused_without_using_the_stack(void **state)
{
  static const malformed flow = {"brackets", NULL, 1, 35, "nested deeper than 32 levels", 0},
                         maps = {"braces", NULL, 1, 129, "nested deeper than 32 levels", 0},
                         block = {"dashes", NULL, 1, 65, "nested deeper than 32 levels", 0};
  (void)state;
  assert_refused_repeated("a: ", "[", 200000, &flow);
  assert_refused_repeated("", "{a: ", 200000, &maps);
  assert_refused_repeated("", "- ", 200000, &block);
}

static void texts_and_files_of_a_megabyte_are_refused(void **state)
{
  static const malformed plain = {"plain", NULL, 1, 4, "longer than 65536 bytes", 0},
                         key = {"a key", NULL, 1, 1, "longer than 65536 bytes", 0},
                         file = {"a file", NULL, 0, 0, "larger than 4 MiB", 0};
  (void)state;
  assert_refused_repeated("a: ", "x", 1000000, &plain);
  assert_refused_repeated("version: '", "x\n\n", 100000,
                          &(malformed){"unclosed", NULL, 1, 10, "quote", 0});
  assert_refused_repeated("version: 1", "x", 1000000,
                          &(malformed){"number", NULL, 1, 10, "longer", 0});
  assert_refused_repeated("", "x", 1000000, &key);
  assert_refused_repeated("#", "x", 5000000, &file);
}

static void all_faults_are_told_in_the_order_of_the_file(void **state)
{
  static const char text[] = "customers: {from: c.csv, idd: key}\npool: x\nfeatures:\n  a=b: 1\n"
                             "outcome: {horizon: 9}\nfit: {penalty: rigde}\n";
  static const uint64_t lines[] = {1, 1, 2, 4, 5, 5, 6}, columns[] = {1, 26, 7, 3, 10, 20, 16};
  churn_notes *notes = churn_notes_new();
  churn_project *project = NULL;
  (void)state;
  const char *path = scratch_write("churn.yaml", text);
  assert_int_equal(churn_project_read(path, NULL, 0, notes, &project, NULL), CHURN_BAD_PROJECT);
  assert_int_equal(churn_notes_count(notes), 7);
  for (size_t i = 0; i < 7; i++) {
    const churn_note *note = churn_notes_get(notes, i);
    assert_int_equal(note->line, lines[i]);
    assert_int_equal(note->column, columns[i]);
    assert_string_equal(note->file, path);
    assert_string_equal(note->code, "fault");
  }
  churn_notes_free(notes);
}

/* libfyaml prints what it finds to standard error unless told otherwise. */
static void nothing_is_printed(void **state)
{
  static const malformed expected = {"an unclosed quote", NULL, 1, 11, "closing quote", 0};
  (void)state;
  fflush(stderr);
  int before = dup(STDERR_FILENO);
  FILE *file = fopen(scratch_path("stderr"), "wb");
  assert_non_null(file);
  assert_int_equal(dup2(fileno(file), STDERR_FILENO), STDERR_FILENO);
  bool good = is_refused_well("version: \"1\n", 12, &expected);
  dup2(before, STDERR_FILENO);
  close(before);
  fclose(file);
  size_t length = 1;
  char *printed = file_read(scratch_path("stderr"), &length);
  free(printed);
  assert_true(good);
  assert_int_equal(length, 0);
}

/* Every prefix of a right file, and the file with each byte replaced: an answer, never a crash, and
 * never a fault without a message. */
static void cut_and_damaged_files_get_an_answer(void **state)
{
  static const char text[] =
      HEAD CALLS "outcome: {event: calls where \"x\" = `y`, horizon: 9d}\n"
                 "features: {a: {is: 'count(calls)', label: \"l, \\u00e9\"}, b: &c |\n  text\n}\n"
                 "feature_sets:\n- [a, '*']\nsnapshots: {first: 2024-01-01, every: 1 month}\n";
  static const char bytes[] = "\"'{}[]:#-|>&*!,\n\t%@\x80";
  char copy[sizeof text];
  (void)state;
  for (size_t i = 0; i < sizeof text - 1; i++)
    for (size_t k = 0; k < sizeof bytes; k++) {
      churn_project *project = NULL;
      churn_error error = {.status = CHURN_OK};
      memcpy(copy, text, sizeof text);
      copy[i] = bytes[k];
      size_t length = k == sizeof bytes - 1 ? i : sizeof text - 1;
      const char *path = write_project(copy, length);
      churn_status status = churn_project_read(path, NULL, 0, NULL, &project, &error);
      assert_true(status == CHURN_OK || status == CHURN_BAD_PROJECT);
      assert_true((status == CHURN_OK) == (project != NULL));
      assert_true(status == CHURN_OK || (error.message[0] != '\0' && error.line > 0));
      churn_project_free(project);
    }
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(every_wrong_file_is_refused_at_its_place),
      cmocka_unit_test(a_nul_byte_is_refused_at_its_place),
      cmocka_unit_test(deep_nesting_is_refused_without_using_the_stack),
      cmocka_unit_test(texts_and_files_of_a_megabyte_are_refused),
      cmocka_unit_test(all_faults_are_told_in_the_order_of_the_file),
      cmocka_unit_test(nothing_is_printed),
      cmocka_unit_test(cut_and_damaged_files_get_an_answer)};
  return cmocka_run_group_tests(tests, scratch_setup, scratch_teardown);
}
