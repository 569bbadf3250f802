/* Files carried inside the library, made by src/install/embed.cmake. Terminated texts.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CHURN_BASE_EMBEDDED_H
#define CHURN_BASE_EMBEDDED_H

extern const char churn_embedded_features[];   /* models/features.yaml */
extern const char churn_embedded_playbook[];   /* models/playbook.yaml */
extern const char churn_embedded_comparison[]; /* src/report/comparison.html */
extern const char churn_embedded_chart[];      /* Chart.js, minified */

#endif
