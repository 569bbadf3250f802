/* Pages.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "report/page.h"

#include "base/embedded.h"
#include "base/hash.h"
#include "base/output.h"

#include <string.h>

static const char escape[] = "\\u003c";

/* What stands for a mark, @NAME@, of a template. */
typedef struct piece {
  const char *mark;
  const char *text; /* NULL = the document */
  bool has_marks;
} piece;

enum { PIECES = 14 };

typedef struct writing {
  const churn_page *page;
  piece pieces[PIECES];
  churn_output *output; /* NULL = counts only */
  size_t bytes;
} writing;

static void write_bytes(writing *w, const char *bytes, size_t length)
{
  w->bytes += length;
  if (w->output != NULL)
    churn_output_write(w->output, bytes, length);
}

static void write_json(writing *w)
{
  const char *json = w->page->json;
  for (const char *end = json + w->page->length; json < end;) {
    const char *sharp = memchr(json, '<', (size_t)(end - json));
    size_t plain = (size_t)((sharp == NULL ? end : sharp) - json);
    write_bytes(w, json, plain);
    json += plain;
    if (sharp != NULL) {
      write_bytes(w, escape, sizeof escape - 1);
      json++;
    }
  }
}

static const piece *find_piece(const writing *w, const char *at)
{
  for (size_t i = 0; i < PIECES; i++)
    if (strncmp(at, w->pieces[i].mark, strlen(w->pieces[i].mark)) == 0)
      return &w->pieces[i];
  return NULL;
}

/* Pieces hold marks themselves, none of them its own. */
static void write_text(writing *w, const char *text)
{
  const char *from = text;
  for (const char *at = strchr(text, '@'); at != NULL; at = strchr(at, '@')) {
    const piece *p = find_piece(w, at);
    if (p == NULL) {
      at++;
      continue;
    }
    write_bytes(w, from, (size_t)(at - from));
    if (p->text == NULL)
      write_json(w);
    else if (p->has_marks)
      write_text(w, p->text);
    else
      write_bytes(w, p->text, strlen(p->text));
    from = at += strlen(p->mark);
  }
  write_bytes(w, from, strlen(from));
}

static void write_page(writing *w)
{
  char nonce[CHURN_HASH_TEXT_SIZE];
  const churn_page *page = w->page;
  churn_hash_text(page->json, page->length, nonce);
  const piece pieces[PIECES] = {{"@NONCE@", nonce, false},
                                {"@LANGUAGE@", page->language, false},
                                {"@DATA@", NULL, false},
                                {"@HEAD@", churn_embedded_head, true},
                                {"@CHART@", churn_embedded_chart, false},
                                {"@CHARTS@", churn_embedded_charts, true},
                                {"@STYLE@", churn_embedded_style, false},
                                {"@SHARED@", churn_embedded_shared, false},
                                {"@REPORT_STYLE@", churn_embedded_report_style, false},
                                {"@REPORT_WORDS@", churn_embedded_report_words, false},
                                {"@REPORT_LIST@", churn_embedded_report_list, false},
                                {"@REPORT_DESK@", churn_embedded_report_desk, false},
                                {"@REPORT_LOST@", churn_embedded_report_lost, false},
                                {"@REPORT@", churn_embedded_report, false}};
  memcpy(w->pieces, pieces, sizeof pieces);
  write_text(w, page->kind == CHURN_PAGE_REPORT ? churn_embedded_report_page
                                                : churn_embedded_comparison);
}

size_t churn_page_room(churn_page_kind kind, size_t bytes)
{
  const churn_page empty = {.kind = kind, .language = "en", .json = ""};
  writing w = {.page = &empty};
  write_page(&w);
  return w.bytes < bytes ? bytes - w.bytes : 0;
}

size_t churn_page_grow(churn_page_size *size, const char *json, size_t length)
{
  for (; size->seen < length; size->seen++)
    size->escapes += json[size->seen] == '<';
  return length + size->escapes * (sizeof escape - 2);
}

churn_status churn_page_write(const churn_page *page, const char *path, churn_error *error)
{
  writing w = {.page = page};
  churn_status status = churn_output_open(path, &w.output, error);
  if (status != CHURN_OK)
    return status;
  write_page(&w);
  return churn_output_commit(w.output, error);
}
