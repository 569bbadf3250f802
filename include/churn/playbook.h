/* The playbook: why customers leave, what is done about it, and by whom. A project chooses one with
 * its key `playbook`; each feature belongs to one cause, and the contributions of its features are
 * summed by cause (churn/score.h).
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CHURN_PLAYBOOK_H
#define CHURN_PLAYBOOK_H

#include <churn/project.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Language of the texts of a playbook. OF_PROJECT: the project's key `lang`, English where there is
 * none. */
typedef enum churn_language {
  CHURN_LANGUAGE_OF_PROJECT,
  CHURN_ENGLISH,
  CHURN_CHINESE,
  CHURN_LANGUAGES
} churn_language;

/* Who acts. */
typedef enum churn_owner {
  CHURN_OWNER_NONE,
  CHURN_OWNER_REP,
  CHURN_OWNER_SERVICE,
  CHURN_OWNER_BILLING,
  CHURN_OWNER_PRODUCT,
  CHURN_OWNERS
} churn_owner;

enum { CHURN_MOST_CAUSES = 64 };

/* No cause: nothing speaks for leaving. */
#define CHURN_NO_CAUSE UINT32_MAX

/* Texts are UTF-8, borrowed from the project, never NULL; indexed by language, [0] is that of the
 * project. */
typedef struct churn_cause {
  const char *name; /* the key in the playbook */
  const char *labels[CHURN_LANGUAGES];
  const char *actions[CHURN_LANGUAGES]; /* "" = none */
  churn_owner owner;
  bool natural;     /* nothing that is done changes it; has no action */
  bool excluded;    /* who has it as the main cause is not listed: `list: {exclude:}` */
  double save_rate; /* share of those who would leave that the action keeps; 1 where nothing says */
  double cost;      /* of the action for one customer, in the unit of `value` */
} churn_cause;

/* Causes of the project's playbook, in its order, the one for features of no cause ("other") among
 * them; 0 = the project has no playbook. */
size_t churn_playbook_count(const churn_project *project);

/* Cause `index`, below the count. Borrowed from the project. */
const churn_cause *churn_playbook_cause(const churn_project *project, size_t index);

/* An owner in words, "" for NONE; and the owner's key ("rep", …, "none"), the same in every
 * language. Borrowed from the project; a fixed text. */
const char *churn_playbook_owner(const churn_project *project, churn_owner owner,
                                 churn_language language);
const char *churn_owner_name(churn_owner owner);

/* The language by its code, "en" or "zh"; OF_PROJECT where it is neither. */
churn_language churn_language_of(const char *code);

/* English or Chinese: what the project's `lang` says. */
churn_language churn_project_language(const churn_project *project);

#ifdef __cplusplus
}
#endif

#endif
