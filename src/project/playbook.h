/* Words of the playbook that its reader and its users share. Inside project/ only.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CHURN_PROJECT_PLAYBOOK_H
#define CHURN_PROJECT_PLAYBOOK_H

#include <churn/playbook.h>

extern const char *const churn_owner_names[CHURN_OWNERS];
extern const char *const churn_language_codes[CHURN_LANGUAGES]; /* OF_PROJECT: "" */

#endif
