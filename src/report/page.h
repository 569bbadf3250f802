/* Pages: one file that needs nothing else. Place in the flow: a JSON document -> HTML.
 *
 * A page is a template (comparison.html, report.html) with the document, as it is, and Chart.js in
 * it; every figure on it is read from the document by the page's own script. What pages have in
 * common (page.css, page.js) is in both. All of it is carried inside the library (base/embedded.h).
 * Scripts and styles run by a nonce, the hash of the document: a text of the data that became one
 * would not.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CHURN_REPORT_PAGE_H
#define CHURN_REPORT_PAGE_H

#include <churn/status.h>
#include <stddef.h>

typedef enum churn_page_kind { CHURN_PAGE_COMPARISON, CHURN_PAGE_REPORT } churn_page_kind;

typedef struct churn_page {
  churn_page_kind kind;
  const char *language; /* "en", "zh" */
  const char *json;     /* [length]: one object, UTF-8 */
  size_t length;
} churn_page;

/* In the JSON "<" is written as the escape \u003c, so that no text can end the element that it
 * stands in. Errors as of base/output.h. */
CHURN_MUST_USE churn_status churn_page_write(const churn_page *page, const char *path,
                                             churn_error *error);

/* Bytes that a document may take on a page that is to have at most `bytes`. */
size_t churn_page_room(churn_page_kind kind, size_t bytes);

/* What a growing document takes on a page; zeroed = nothing yet. Gives the bytes of
 * json[0..length), which is what was asked about before, and more. */
typedef struct churn_page_size {
  size_t seen, escapes;
} churn_page_size;
size_t churn_page_grow(churn_page_size *size, const char *json, size_t length);

#endif
