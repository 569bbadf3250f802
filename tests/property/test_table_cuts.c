/* The table does not depend on the cut or on the threads: for every piece size and 1, 2, 3 threads
 * the same table or the same error as in one piece, on well-formed and on random malformed bytes.
 * And one piece gives what the generator wrote, rows and lines.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "source/table.h"
#include "support.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TEXT_SIZE = 4096, SEEDS = 12, BROKEN_SEEDS = 160, MOST_ROWS = 24 };

static int set_up(void **state)
{
  *state = NULL;
  scratch_make();
  return 0;
}

/* Knuth's MMIX generator; the high bits. */
static uint64_t random_state;

static size_t draw(size_t below)
{
  random_state = random_state * 6364136223846793005u + 1442695040888963407u;
  return (size_t)((random_state >> 33) % below);
}

static const churn_column_request requests[] = {
    {.heading = "id", .type = CHURN_TYPE_ID},
    {.heading = "day", .type = CHURN_TYPE_DAY},
    {.heading = "text", .type = CHURN_TYPE_CATEGORY},
    {.heading = "n", .type = CHURN_TYPE_NUMBER},
};

typedef struct outcome {
  churn_status status;
  churn_error error;
  churn_table *table;
} outcome;

static outcome read_cut(const char *path, const churn_format *format, bool collect,
                        size_t piece_bytes, int threads)
{
  const churn_table_settings settings = {
      .keep_lines = true, .collect_all = collect, .piece_bytes = piece_bytes};
  const churn_run run = {.threads = threads};
  outcome o = {.table = NULL};
  memset(&o.error, 0, sizeof o.error);
  o.status = churn_table_read(path, format, requests, 4, &settings, &run, &o.table, &o.error);
  return o;
}

static void compare_columns(const churn_table *a, const churn_table *b)
{
  for (size_t c = 0; c < 4; c++) {
    const churn_column *x = &a->columns[c], *y = &b->columns[c];
    assert_int_equal(x->missing, y->missing);
    if (x->numbers != NULL)
      assert_memory_equal(x->numbers, y->numbers, a->rows * sizeof *x->numbers);
    if (x->days != NULL)
      assert_memory_equal(x->days, y->days, a->rows * sizeof *x->days);
    if (x->codes == NULL)
      continue;
    assert_memory_equal(x->codes, y->codes, a->rows * sizeof *x->codes);
    size_t levels = churn_dictionary_count(x->levels);
    assert_int_equal(levels, churn_dictionary_count(y->levels));
    for (uint32_t i = 0; i < levels; i++)
      assert_string_equal(churn_dictionary_text(x->levels, i), churn_dictionary_text(y->levels, i));
  }
}

static void compare_tables(const churn_table *a, const churn_table *b)
{
  assert_int_equal(a->rows, b->rows);
  assert_string_equal(a->fingerprint, b->fingerprint);
  assert_memory_equal(a->lines, b->lines, a->rows * sizeof *a->lines);
  compare_columns(a, b);
  assert_int_equal(a->reject_count, b->reject_count);
  for (size_t i = 0; i < a->reject_count; i++) {
    assert_int_equal(a->rejects[i].line, b->rejects[i].line);
    assert_int_equal(a->rejects[i].column, b->rejects[i].column);
    assert_string_equal(a->rejects[i].reason, b->rejects[i].reason);
    assert_string_equal(a->rejects[i].record, b->rejects[i].record);
  }
}

static void compare(const outcome *a, const outcome *b)
{
  assert_int_equal(a->status, b->status);
  assert_string_equal(a->error.message, b->error.message);
  assert_int_equal(a->error.line, b->error.line);
  assert_int_equal(a->error.column, b->error.column);
  if (a->table != NULL)
    compare_tables(a->table, b->table);
}

/* Every piece size up to 64 bytes, then ever fewer up to the file's length; 2 and 3 threads at
 * some.
 */
static void check_all_cuts(const char *path, const churn_format *format, bool collect,
                           size_t length, const char *name, size_t seed)
{
  outcome whole = read_cut(path, format, collect, length + 1, 1);
  for (size_t piece = 1; piece <= length; piece += 1 + piece / 64 * 8) {
    int threads = piece % 16 == 3 ? 2 : piece % 16 == 9 ? 3 : 1;
    outcome cut = read_cut(path, format, collect, piece, threads);
    if (whole.status != cut.status || whole.error.line != cut.error.line ||
        whole.error.column != cut.error.column)
      print_error("%s, seed %zu, pieces of %zu bytes: \"%s\" against \"%s\"\n", name, seed, piece,
                  cut.error.message, whole.error.message);
    compare(&whole, &cut);
    churn_table_free(cut.table);
  }
  churn_table_free(whole.table);
}

typedef struct written {
  char text[TEXT_SIZE];
  size_t length;
  uint64_t line;
  size_t rows;
  uint64_t lines[MOST_ROWS];
  char ids[MOST_ROWS][16];
  char texts[MOST_ROWS][64];
  double numbers[MOST_ROWS];
} written;

static void put(written *w, const char *text)
{
  size_t length = strlen(text);
  assert_true(w->length + length < TEXT_SIZE);
  memcpy(w->text + w->length, text, length + 1);
  w->length += length;
}

static const char *put_line_end(written *w)
{
  static const char *const ends[] = {"\n", "\r\n", "\r"};
  /* CR and then LF would be one line end. */
  bool after_return = w->length > 0 && w->text[w->length - 1] == '\r';
  const char *end = ends[draw(3)];
  if (after_return && end[0] == '\n')
    end = "\r\n";
  put(w, end);
  w->line++;
  return end;
}

/* A quoted field of pieces that are awkward to cut; its meaning goes to w->texts. */
static void put_quoted(written *w)
{
  static const char *const parts[] = {"\"\"", "\n", "\r\n",         ",",
                                      "x",    " ",  "\xE4\xB8\xAD", "\xC3\xA9"};
  char *meaning = w->texts[w->rows];
  put(w, "\"q");
  strcpy(meaning, "q");
  for (size_t i = draw(9); i > 0; i--) {
    const char *part = parts[draw(8)];
    put(w, part);
    strcat(meaning, part[0] == '"' ? "\"" : part);
    w->line += strchr(part, '\n') != NULL;
  }
  put(w, "\"");
}

static void put_row(written *w)
{
  static const char *const simple[] = {"web", "", "\xE6\x96\x87", "a b"};
  char field[64];
  w->lines[w->rows] = w->line;
  snprintf(w->ids[w->rows], sizeof w->ids[0], "C%zu", draw(50));
  snprintf(field, sizeof field, draw(2) ? "%s," : " \"%s\" ,", w->ids[w->rows]);
  put(w, field);
  put(w, draw(3) ? "2024-03-17," : ",");
  if (draw(2)) {
    put_quoted(w);
  } else {
    snprintf(w->texts[w->rows], sizeof w->texts[0], "%s", simple[draw(4)]);
    put(w, w->texts[w->rows]);
  }
  w->numbers[w->rows] = (double)draw(100000) / 8;
  snprintf(field, sizeof field, ",%.3f", w->numbers[w->rows]);
  put(w, field);
  w->rows++;
}

static void put_blank_lines(written *w)
{
  for (size_t i = draw(4) == 0 ? draw(3) : 0; i > 0; i--) {
    if (draw(2))
      put(w, "  ");
    put_line_end(w);
  }
}

static void write_file(written *w, uint64_t seed)
{
  random_state = seed;
  memset(w, 0, sizeof *w);
  w->line = 1;
  if (draw(2))
    put(w, "\xEF\xBB\xBF");
  put_blank_lines(w);
  put(w, "id,day,\"text\",n");
  put_line_end(w);
  for (size_t rows = draw(MOST_ROWS); rows > 0; rows--) {
    put_blank_lines(w);
    put_row(w);
    if (rows > 1 || draw(2))
      put_line_end(w);
  }
}

static void one_piece_gives_what_was_written(void **state)
{
  (void)state;
  static written w;
  const churn_format format = {.delimiter = 0};
  for (uint64_t seed = 1; seed <= SEEDS * 25; seed++) {
    write_file(&w, seed);
    outcome o = read_cut(scratch_write_bytes("t.csv", w.text, w.length), &format, false, 0, 1);
    assert_ok(o.status, &o.error);
    assert_int_equal(o.table->rows, w.rows);
    for (size_t i = 0; i < w.rows; i++) {
      const churn_column *id = &o.table->columns[0], *text = &o.table->columns[2];
      assert_int_equal(o.table->lines[i], w.lines[i]);
      assert_string_equal(churn_dictionary_text(id->levels, id->codes[i]), w.ids[i]);
      if (w.texts[i][0] == '\0')
        assert_int_equal(text->codes[i], CHURN_CODE_MISSING);
      else
        assert_string_equal(churn_dictionary_text(text->levels, text->codes[i]), w.texts[i]);
      assert_close(o.table->columns[3].numbers[i], w.numbers[i], 0, 0);
    }
    churn_table_free(o.table);
  }
}

static void well_formed_files_do_not_depend_on_the_cut(void **state)
{
  (void)state;
  static written w;
  const churn_format format = {.delimiter = 0};
  for (uint64_t seed = 1; seed <= SEEDS; seed++) {
    write_file(&w, seed);
    const char *path = scratch_write_bytes("t.csv", w.text, w.length);
    check_all_cuts(path, &format, false, w.length, "well formed", seed);
  }
}

/* Some bytes of a good file replaced, removed or doubled. */
static size_t spoil(char *text, size_t length)
{
  static const char bytes[] = "\"\"\"\n\r,, x\0\xFF\xE4\xC3\x80";
  for (size_t i = 1 + draw(4); i > 0 && length > 1; i--) {
    size_t at = draw(length);
    switch (draw(3)) {
    case 0:
      text[at] = bytes[draw(sizeof bytes - 1)];
      break;
    case 1:
      memmove(text + at, text + at + 1, length - at - 1);
      length--;
      break;
    default:
      if (length + 1 < TEXT_SIZE) {
        memmove(text + at + 1, text + at, length - at);
        text[at] = bytes[draw(sizeof bytes - 1)];
        length++;
      }
    }
  }
  return length;
}

static void malformed_files_give_the_same_error_at_every_cut(void **state)
{
  (void)state;
  static written w;
  size_t failed = 0, rejected = 0;
  for (uint64_t seed = 1; seed <= BROKEN_SEEDS; seed++) {
    write_file(&w, seed + 7000);
    size_t length = spoil(w.text, w.length);
    const churn_format format = {.max_bad_rows = draw(4)};
    bool collect = draw(3) == 0;
    const char *path = scratch_write_bytes("t.csv", w.text, length);
    outcome o = read_cut(path, &format, collect, 0, 1);
    failed += o.status == CHURN_MALFORMED;
    rejected += o.table != NULL && o.table->reject_count > 0;
    churn_table_free(o.table);
    check_all_cuts(path, &format, collect, length, "spoiled", seed);
  }
  /* The generator must reach both kinds. */
  assert_true(failed > BROKEN_SEEDS / 8);
  assert_true(rejected > BROKEN_SEEDS / 20);
}

static void bytes_at_random_give_the_same_answer_at_every_cut(void **state)
{
  (void)state;
  static const char bytes[] = "\"\"\n\n\r,,,a1 \0\xE4\xB8\xAD";
  static char text[TEXT_SIZE];
  const churn_format format = {.max_bad_rows = 2};
  for (uint64_t seed = 1; seed <= BROKEN_SEEDS; seed++) {
    random_state = seed + 90000;
    size_t length = (size_t)sprintf(text, "id,day,text,n\n");
    for (size_t i = draw(60); i > 0; i--) {
      size_t kind = draw(40);
      if (kind == 0)
        length += (size_t)sprintf(text + length, "k,,\"\xE4\xB8\xAD\",2.5\n");
      else if (kind < 12)
        length +=
            (size_t)sprintf(text + length, "%s", kind % 2 ? "k,,,1\n" : "\"a\"\"\n\",,b,\r\n");
      else if (kind < 14)
        text[length++] = bytes[draw(sizeof bytes - 1)];
    }
    const char *path = scratch_write_bytes("t.csv", text, length);
    check_all_cuts(path, &format, seed % 2 == 0, length, "random", seed);
  }
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(one_piece_gives_what_was_written),
      cmocka_unit_test(well_formed_files_do_not_depend_on_the_cut),
      cmocka_unit_test(malformed_files_give_the_same_error_at_every_cut),
      cmocka_unit_test(bytes_at_random_give_the_same_answer_at_every_cut),
  };
  return cmocka_run_group_tests_name("table cuts", tests, set_up, scratch_teardown);
}
