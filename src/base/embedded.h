/* Files carried inside the library, made by src/install/embed.cmake. Terminated texts.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CHURN_BASE_EMBEDDED_H
#define CHURN_BASE_EMBEDDED_H

extern const char churn_embedded_features[]; /* models/features.yaml */
extern const char churn_embedded_playbook[]; /* models/playbook.yaml */
extern const char churn_embedded_chart[];    /* Chart.js, minified */

/* Of src/report, see report/page.h. */
extern const char churn_embedded_comparison[];   /* comparison.html */
extern const char churn_embedded_head[];         /* head.html */
extern const char churn_embedded_style[];        /* page.css */
extern const char churn_embedded_charts[];       /* charts.html */
extern const char churn_embedded_shared[];       /* page.js */
extern const char churn_embedded_report_page[];  /* report.html */
extern const char churn_embedded_report_style[]; /* report.css */
extern const char churn_embedded_report_words[]; /* report_words.js */
extern const char churn_embedded_report_list[];  /* report_list.js */
extern const char churn_embedded_report_desk[];  /* report_desk.js */
extern const char churn_embedded_report_lost[];  /* report_lost.js */
extern const char churn_embedded_report[];       /* report.js */

#endif
