/* The page of a comparison: one file that needs nothing else. Place in the flow: a comparison's
 * JSON
 * -> HTML.
 *
 * The page is comparison.html with the JSON, as it is, and Chart.js in it; every figure on it is
 * read from that JSON by the page's own script. Both are carried inside the library
 * (base/embedded.h).
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CHURN_REPORT_PAGE_H
#define CHURN_REPORT_PAGE_H

#include <churn/status.h>
#include <stddef.h>

/* json [length]: one object, UTF-8. In it "<" is written as the escape \u003c, so that no text can
 * end the element that it stands in. Errors as of base/output.h. */
CHURN_MUST_USE churn_status churn_page_write(const char *json, size_t length, const char *path,
                                             churn_error *error);

#endif
