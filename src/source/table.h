/* Rows out of a file as typed columns. Place in the flow: source -> history. One call reads one
 * file, whole, on all threads.
 *
 * The file is taken whole (mapped, or inflated when gzip, or read from a pipe), converted to UTF-8
 * where its encoding is another, and cut into pieces at record boundaries (a piece's starting quote
 * state follows from the parity of the quotes before it). Each piece is split block by block with
 * vector code; a block that needs the grammar (a quote, a stray control byte, a wrong field) goes
 * through libcsv, the parser of record. Pieces are joined in file order and dictionaries merged
 * bytewise, so the table does not depend on the cut or on the threads. Cost: one parse of the
 * bytes; memory: the typed columns plus the dictionaries (mapped pages are let go behind the
 * reader).
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CHURN_SOURCE_TABLE_H
#define CHURN_SOURCE_TABLE_H

#include "base/dictionary.h"
#include "base/error.h"
#include "base/hash.h"
#include "base/type.h"

#include <churn/day.h>
#include <churn/run.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* One wanted column. `heading` is matched exactly (after BOM and quotes are gone). `type` INFER is
 * not allowed here: infer first. `optional`: a heading that the file lacks gives a column with
 * `present` false instead of an error. `asked_at` is where the project file asks for it (for the
 * message; CHURN_NOWHERE when nobody did). */
typedef struct churn_column_request {
  const char *heading;
  churn_type type;
  bool optional;
  churn_place asked_at;
} churn_column_request;

/* One column read. Exactly one of numbers/days/codes is set by type: NUMBER and FLAG -> numbers
 * (NaN = missing); DAY and SCHEDULED -> days (CHURN_DAY_MISSING = missing); CATEGORY and ID ->
 * codes into `levels` (CHURN_CODE_MISSING = missing), which is sorted bytewise and holds every
 * level that occurs in a kept row, and no other. All have `rows` elements. Not present: all NULL.
 */
typedef struct churn_column {
  char *heading;
  churn_type type;
  bool present;
  double *numbers;
  churn_day *days;
  uint32_t *codes;
  churn_dictionary *levels;
  uint64_t missing;
} churn_column;

/* A row that was left out because a field of it was wrong. */
typedef struct churn_reject {
  uint64_t line;
  uint64_t column;
  char *reason;
  char *record; /* the record's bytes as they stand in the file (as UTF-8), without the line end */
} churn_reject;

typedef struct churn_table {
  char *path;
  size_t rows;
  churn_column *columns; /* one per request, in the order of the requests */
  size_t column_count;
  uint64_t *lines; /* line on which each row starts; NULL unless asked for */
  churn_reject *rejects;
  size_t reject_count;
  char **ignored; /* headings nobody asked for, in file order */
  size_t ignored_count;
  churn_line_sum sum;                     /* of the lines as UTF-8 */
  char fingerprint[CHURN_HASH_TEXT_SIZE]; /* the same as text: does not depend on their order */
  char **headings;                        /* all of the file, in file order */
  size_t heading_count;
  size_t end; /* byte of the file behind the last one read; 0 where the text is not the file's own
                 bytes (inflated, converted) */
  struct churn_cached_data *cached; /* what narrow batches point into; NULL = nothing */
  uint32_t **remaps;                /* [column_count * worker_count], see churn_row_taker */
  size_t worker_count;
} churn_table;

/* One piece's good rows, in file order, one column a request. Borrowed until `take` returns. Codes
 * of a text column (but ids of the settings' `known`) are the worker's; remaps[column *
 * worker_count + worker] of the table gives the level of each. `levels` is how many of them there
 * are so far. `narrow` (source/narrow.h) stands in place of the array, and only where the taker
 * knows it; its codes are levels, and its values are borrowed until the table is freed. So do
 * `runs` (source/runs.h), for ids. */
typedef struct churn_batch_column {
  const double *numbers;
  const churn_day *days;
  const uint32_t *codes;
  size_t levels;
  const struct churn_narrow *narrow;
  const struct churn_code_run *runs;
  size_t run_count;
} churn_batch_column;

/* Takes the rows while they are read, instead of the table's columns (whose arrays are NULL then,
 * and `missing` 0). `begin` comes first, and again if all that was taken must be forgotten, for
 * pieces are cut anew. `take` is called once a piece, by any thread; `piece` numbers them in file
 * order from 0, `worker` is below the number told to `begin`. What was taken counts only when the
 * read succeeds. `narrow`: batches may hold narrow columns, and ids as runs. */
typedef struct churn_row_taker {
  churn_status (*begin)(void *context, size_t pieces, size_t workers, churn_error *error);
  churn_status (*take)(void *context, size_t piece, size_t worker,
                       const churn_batch_column *columns, size_t rows, churn_error *error);
  void *context;
  bool narrow;
} churn_row_taker;

/* How to read beside the format. `taker` NULL = the rows become the table's columns. `known` (NULL
 * = none) lists the ids there are: codes of ID columns are then its codes, CHURN_CODE_MISSING for
 * an id that it lacks, and they have no levels of their own. `keep_lines` fills table.lines.
 * `collect_all`: instead of failing on the first bad row past format.max_bad_rows, go on and keep
 * up to `most_rejects` of them (for `churn check`); the header's faults still fail. `piece_bytes` 0
 * = chosen; tests set it to force cuts everywhere. `cache` (NULL = none) is the folder where what
 * is read is kept and taken from (source/cache.h); it changes no result; a read that collects all
 * faults, or of a file larger than half of run->memory_bytes, does not look there. `from` > 0 =
 * only the rows from this byte of the file on, which a line end outside quotes stands before; the
 * heading line is read all the same, the fingerprint is of those rows; not with a cache. */
typedef struct churn_table_settings {
  bool keep_lines;
  bool collect_all;
  size_t most_rejects; /* 0 = no limit */
  size_t piece_bytes;
  const churn_row_taker *taker; /* not with keep_lines */
  const churn_dictionary *known;
  const char *cache;
  size_t from;
} churn_table_settings;

/* Reads `path` ("-" = standard input, whole from its first byte; a pipe there is replaced by what
 * was read, so that it can be read again; a pipe by name can be read only once). `settings` NULL =
 * all zero.
 *
 * Fields: blanks (space, tab) round an unquoted field are dropped, those inside quotes stay; blank
 * lines are no records, also in a file of one column. Missing: nothing or blanks alone, quoted or
 * not, always; and the tokens of the format, exactly, quoted or not. Ids know no tokens. A flag is
 * 1/0, true/false, yes/no in any case. One heading may be asked for more than once. A row with two
 * faults is told by its number of fields, else by its first wrong field.
 *
 * Notes: one for rejected rows ("rejected_rows").
 * Errors: NO_INPUT, PERMISSION, IO (also for a folder); USAGE for a format or a request that makes
 * no sense; BAD_PROJECT for an encoding iconv does not know; MALFORMED without a line for gzip data
 * that is cut short or damaged; MALFORMED with file:line:column for: an empty file, no valid
 * heading line, a heading twice (only when it is asked for), a missing column (says which the file
 * has, the nearest first; suggests another delimiter when the heading line holds one), a row with
 * another number of fields than the heading, a stray or unclosed quote (told where it opened),
 * bytes that are not valid in the encoding, a NUL byte, a field that is not of its type (says the
 * text found, cut to 60 bytes, and what is expected), an empty id. The first fault in the file is
 * the one told. A record's line is the one it starts on; column counts characters (not bytes) of
 * that line from 1; for a field past a line end inside quotes, line and column are the field's own.
 * LF, CR LF and CR alone end lines. A file with a heading and no rows is fine: rows = 0. A missing
 * line end after the last record is fine. Rows with a wrong number of fields or a wrong field count
 * as bad rows (format.max_bad_rows): the first past that number is the error. Quote, encoding and
 * NUL faults always fail. A regular file is mapped: it must not be cut short by others while it is
 * read. */
CHURN_MUST_USE churn_status churn_table_read(const char *path, const churn_format *format,
                                             const churn_column_request *requests,
                                             size_t request_count,
                                             const churn_table_settings *settings,
                                             const churn_run *run, churn_table **table,
                                             churn_error *error);

/* The same without a look at the cache. */
CHURN_MUST_USE churn_status churn_table_parse(const char *path, const churn_format *format,
                                              const churn_column_request *requests,
                                              size_t request_count,
                                              const churn_table_settings *settings,
                                              const churn_run *run, churn_table **table,
                                              churn_error *error);

/* The note of rows left out, as every read gives it. */
void churn_table_note_rejects(const churn_table *table, uint64_t bad, churn_notes *notes);

void churn_table_free(churn_table *table);

/* The path as messages name it. */
const char *churn_table_name(const churn_table *table);

/* What `lines` counts: "line", or "row" where the rows are a database's. */
const char *churn_table_line_word(const churn_table *table);

/* Where the field under `heading` of the record that begins on `line` of a file stands. Reads the
 * file once more; where that cannot be done, or no heading is so called, the line and column 0.
 * `file` is churn_input_name's, borrowed from the path. */
churn_place churn_line_place(const char *path, const churn_format *format, uint64_t line,
                             const char *heading);

/* Where the field under `heading` of row `row` stands, for a table with lines. Reads the file once
 * more; where that cannot be done (a pipe with a name), the row's line and column 0. `file` is
 * borrowed from the table. */
churn_place churn_table_place(const churn_table *table, const churn_format *format, size_t row,
                              const char *heading);

/* Frees what a column owns and zeroes it. */
void churn_column_clear(churn_column *column);

/* Headings of the file in order; the caller frees each and the array. Same errors as for the
 * heading line above. */
CHURN_MUST_USE churn_status churn_table_headings(const char *path, const churn_format *format,
                                                 const churn_run *run, char ***headings,
                                                 size_t *count, churn_error *error);

/* Finds the types of the requested columns (those with type INFER; others are left) from every
 * value in the file: NUMBER when all non-missing values are numbers, else DAY when all are dates by
 * the format, else FLAG when all are true/false/yes/no (any case), else CATEGORY; a column without
 * any value is NUMBER. Structural errors as above; rows with a wrong number of fields are skipped.
 * An optional heading that the file lacks counts as a column without any value. On failure the
 * requests are untouched. */
CHURN_MUST_USE churn_status churn_table_infer(const char *path, const churn_format *format,
                                              churn_column_request *requests, size_t request_count,
                                              const churn_run *run, churn_error *error);

/* Writes rejected rows as CSV `line,column,reason,record` to `path`, all or nothing. */
CHURN_MUST_USE churn_status churn_table_write_rejects(const churn_table *table, const char *path,
                                                      churn_error *error);

#endif
