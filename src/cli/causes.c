/* What the verbs that list customers say of causes.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "cmd.h"

struct poptOption cli_lang_option(const char **code)
{
  return (struct poptOption){
      "lang",
      '\0',
      POPT_ARG_STRING,
      code,
      0,
      "language of causes, actions and owners: en or zh (default: the project's lang, else en)",
      "LANG"};
}

churn_status cli_lang(cli *c, const char *code, churn_language *language)
{
  if (code == NULL)
    return CHURN_OK;
  *language = churn_language_of(code);
  return *language == CHURN_LANGUAGE_OF_PROJECT
             ? cli_usage(c, "--lang: \"%s\" is unknown; expected en or zh", code)
             : CHURN_OK;
}

const char *cli_left_out(const churn_project *project, uint64_t count)
{
  const char *names = "";
  if (count == 0)
    return "";
  for (size_t i = 0; i < churn_playbook_count(project); i++) {
    const churn_cause *cause = churn_playbook_cause(project, i);
    if (cause->excluded)
      names = cli_format("%s%s%s", names, names[0] == '\0' ? "" : ", ", cause->name);
  }
  return cli_format(", %s left out by cause (%s)", cli_count(count), names);
}
