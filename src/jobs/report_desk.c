/* The report's further lists: whom to contact within the capacity, and who is loyal and slipping.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/error.h"
#include "base/memory.h"
#include "jobs/loyal.h"
#include "jobs/report.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Lines of the lists on the page, and reps with a sum of their own. */
enum { MOST_CALLS = 200, MOST_LOYAL = 100, MOST_REPS = 200 };

/* What contacts of one owner or rep come to. */
typedef struct share {
  const char *rep; /* "" = nobody knows */
  uint64_t customers;
  double worth, expected_loss;
} share;

static void add_call(share *to, const churn_ranked *line)
{
  to->customers++;
  to->worth += line->worth;
  to->expected_loss += line->expected_loss;
}

/* The page names whom to contact; who is in the control group is only counted. */
static bool is_called(const churn_night *n, size_t index, churn_ranked *line)
{
  churn_ranking_get_figures(n->calls, index, line);
  return !line->control;
}

static double limit_of(uint64_t limit)
{
  return limit == UINT64_MAX ? NAN : (double)limit;
}

static void append_share(churn_json_text *text, const share *s, uint64_t limit)
{
  const churn_json_pair pairs[] = {{"customers", (double)s->customers},
                                   {"limit", limit_of(limit)},
                                   {"worth", s->worth},
                                   {"expected_loss", s->expected_loss}};
  churn_json_numbers(text, pairs, sizeof pairs / sizeof pairs[0], false);
  churn_json_append(text, "}");
}

static churn_owner owner_of(const churn_night *n, const churn_ranked *line)
{
  return line->main_cause == CHURN_NO_CAUSE || churn_ranking_causes(n->ranking) == 0
             ? CHURN_OWNER_NONE
             : churn_playbook_cause(n->project, line->main_cause)->owner;
}

/* Owners who have a limit or a contact. */
static void append_owners(churn_json_text *text, const churn_night *n)
{
  share owners[CHURN_OWNERS] = {{0}};
  bool first = true;
  for (size_t i = 0; i < churn_ranking_count(n->calls); i++) {
    churn_ranked line;
    if (is_called(n, i, &line))
      add_call(&owners[owner_of(n, &line)], &line);
  }
  churn_json_list_open(text, 4, "owners");
  for (int o = CHURN_OWNER_NONE + 1; o < CHURN_OWNERS; o++) {
    uint64_t limit = n->project->capacity.owners[o];
    if (owners[o].customers == 0 && limit == UINT64_MAX)
      continue;
    churn_json_item(text, 6, first);
    churn_json_append(text, "{\"name\": ");
    churn_json_quote(text, churn_owner_name((churn_owner)o));
    churn_report_texts(text, "owner",
                       churn_playbook_owner(n->project, (churn_owner)o, CHURN_ENGLISH),
                       churn_playbook_owner(n->project, (churn_owner)o, CHURN_CHINESE));
    append_share(text, &owners[o], limit);
    first = false;
  }
  churn_json_list_close(text, 4);
}

static int by_rep(const void *left, const void *right)
{
  const share *a = left, *b = right;
  return strcmp(a->rep, b->rep);
}

static int by_worth(const void *left, const void *right)
{
  const share *a = left, *b = right;
  if (a->worth != b->worth)
    return a->worth < b->worth ? 1 : -1;
  return strcmp(a->rep, b->rep);
}

static size_t count_of_reps(const churn_night *n)
{
  size_t count = 0;
  for (size_t i = 0; i < churn_ranking_count(n->calls); i++) {
    churn_ranked line;
    count += is_called(n, i, &line) && owner_of(n, &line) == CHURN_OWNER_REP;
  }
  return count;
}

/* Contacts that are the owner rep's, one share each, into one a rep; gives how many. */
static size_t sum_reps(const churn_night *n, share *shares)
{
  size_t count = 0, kept = 0;
  for (size_t i = 0; i < churn_ranking_count(n->calls); i++) {
    churn_ranked line;
    if (!is_called(n, i, &line) || owner_of(n, &line) != CHURN_OWNER_REP)
      continue;
    shares[count] = (share){.rep = line.rep};
    add_call(&shares[count++], &line);
  }
  qsort(shares, count, sizeof *shares, by_rep);
  for (size_t i = 0; i < count; i++) {
    if (kept == 0 || strcmp(shares[kept - 1].rep, shares[i].rep) != 0) {
      shares[kept++] = shares[i];
      continue;
    }
    shares[kept - 1].customers += shares[i].customers;
    shares[kept - 1].worth += shares[i].worth;
    shares[kept - 1].expected_loss += shares[i].expected_loss;
  }
  qsort(shares, kept, sizeof *shares, by_worth);
  return kept;
}

/* "reps": null where the capacity is not by rep. */
static churn_status append_reps(churn_json_text *text, const churn_night *n, churn_error *error)
{
  uint64_t limit = n->project->capacity.each_rep;
  if (limit == UINT64_MAX) {
    churn_json_text_at(text, 4, "reps", NULL);
    return CHURN_OK;
  }
  share *shares = churn_array_new(count_of_reps(n), sizeof *shares);
  if (shares == NULL)
    return churn_error_no_memory(error);
  size_t count = sum_reps(n, shares);
  churn_json_whole_at(text, 4, "rep_count", count);
  churn_json_list_open(text, 4, "reps");
  for (size_t i = 0; i < count && i < MOST_REPS; i++) {
    churn_json_item(text, 6, i == 0);
    churn_json_append(text, "{\"rep\": ");
    churn_json_text_or_null(text, shares[i].rep[0] == '\0' ? NULL : shares[i].rep);
    append_share(text, &shares[i], limit);
  }
  churn_json_list_close(text, 4);
  free(shares);
  return CHURN_OK;
}

/* A line opens: who, and the figures that every list tells. */
static void append_line(churn_json_text *text, const churn_night *n, const churn_ranked *line)
{
  const churn_json_pair pairs[] = {{"probability", line->probability},
                                   {"value", line->value},
                                   {"expected_loss", line->expected_loss}};
  churn_json_append(text, "{\"customer_id\": ");
  churn_json_quote(text, line->customer_id);
  churn_json_numbers(text, pairs, sizeof pairs / sizeof pairs[0], false);
  if (churn_ranking_causes(n->ranking) == 0)
    return;
  churn_json_append(text, ", \"cause\": ");
  churn_json_number_or_null(text,
                            line->main_cause == CHURN_NO_CAUSE ? NAN : (double)line->main_cause);
}

static void append_call_rows(churn_json_text *text, const churn_night *n)
{
  churn_json_list_open(text, 4, "rows");
  size_t listed = 0;
  for (size_t i = 0; i < churn_ranking_count(n->calls) && listed < MOST_CALLS; i++) {
    churn_ranked line;
    if (!is_called(n, i, &line))
      continue;
    churn_json_item(text, 6, listed++ == 0);
    append_line(text, n, &line);
    churn_json_append(text, ", \"worth\": ");
    churn_json_number_or_null(text, line.worth);
    if (churn_ranking_tells_rep(n->calls)) {
      churn_json_append(text, ", \"rep\": ");
      churn_json_text_or_null(text, line.rep[0] == '\0' ? NULL : line.rep);
    }
    churn_json_append(text, "}");
  }
  churn_json_list_close(text, 4);
}

churn_status churn_report_calls(const churn_night *night, churn_json_text *text, churn_error *error)
{
  const churn_json_pair figures[] = {{"customers", (double)night->called.customers},
                                     {"limit", limit_of(night->project->capacity.total)},
                                     {"worth", night->called.worth},
                                     {"expected_loss", night->called.expected_loss},
                                     {"control", (double)night->called.control},
                                     {"no_room", (double)night->called.no_room}};
  churn_json_key(text, 2, "calls", false);
  if (night->calls == NULL) {
    churn_json_append(text, "null");
    return CHURN_OK;
  }
  churn_json_append(text, "{");
  churn_json_numbers(text, figures, sizeof figures / sizeof figures[0], true);
  append_owners(text, night);
  churn_status status = append_reps(text, night, error);
  append_call_rows(text, night);
  churn_json_append(text, "}");
  return status;
}

static void append_loyal_rows(churn_json_text *text, const churn_night *n)
{
  churn_json_list_open(text, 4, "rows");
  for (size_t i = 0; i < churn_loyal_count(n->loyal) && i < MOST_LOYAL; i++) {
    churn_loyal_customer c;
    churn_loyal_get(n->loyal, i, &c);
    const churn_json_pair pairs[] = {
        {"before", c.before},
        {"growth", c.growth},
        {"tenure_days", c.tenure_days == INT32_MAX ? (double)NAN : (double)c.tenure_days}};
    churn_json_item(text, 6, i == 0);
    append_line(text, n, &c.line);
    churn_json_numbers(text, pairs, sizeof pairs / sizeof pairs[0], false);
    if (churn_ranking_has_control(n->ranking))
      churn_json_append(text, c.line.control ? ", \"control\": true" : ", \"control\": false");
    churn_json_append(text, "}");
  }
  churn_json_list_close(text, 4);
}

void churn_report_loyal(const churn_night *night, churn_json_text *text)
{
  const churn_loyal_report *r = &night->slipping;
  const churn_json_pair figures[] = {{"customers", (double)r->listed},
                                     {"growth", r->growth},
                                     {"least_value", r->least_value},
                                     {"least_tenure_days", r->least_tenure},
                                     {"least_probability", r->least_probability},
                                     {"value_share", night->project->loyal.value_share},
                                     {"rise", night->project->loyal.rise}};
  churn_json_key(text, 2, "loyal", false);
  if (night->loyal == NULL) {
    churn_json_append(text, "null");
    return;
  }
  churn_json_append(text, "{\"since\": ");
  churn_json_day(text, r->since);
  churn_json_numbers(text, figures, sizeof figures / sizeof figures[0], false);
  append_loyal_rows(text, night);
  churn_json_append(text, "}");
}

/* Where each row of the base stands on the ranked list. */
static churn_status place_rows(const churn_night *n, uint32_t **places, churn_error *error)
{
  const churn_snapshot *rows = churn_ranking_rows(n->ranking)->rows;
  size_t count = churn_ranking_customers(n->ranking);
  *places = churn_array_new(count, sizeof **places);
  if (*places == NULL)
    return churn_error_no_memory(error);
  for (size_t i = 0; i < count; i++)
    (*places)[churn_ranking_row(n->ranking, i) - rows] = (uint32_t)i;
  return CHURN_OK;
}

static void add_beside(size_t index, size_t most, size_t *indices, size_t *count)
{
  for (size_t i = 0; i < *count; i++)
    if (indices[i] == index)
      return;
  if (index >= most)
    indices[(*count)++] = index;
}

churn_status churn_report_beside(const churn_night *night, size_t most, size_t **indices,
                                 size_t *count, churn_error *error)
{
  uint32_t *places = NULL;
  churn_status status = CHURN_OK;
  *count = 0;
  *indices = churn_array_new(MOST_CALLS + MOST_LOYAL, sizeof **indices);
  if (*indices == NULL)
    return churn_error_no_memory(error);
  if (night->calls != NULL)
    status = place_rows(night, &places, error);
  for (size_t i = 0, listed = 0; status == CHURN_OK && night->calls != NULL &&
                                 i < churn_ranking_count(night->calls) && listed < MOST_CALLS;
       i++) {
    churn_ranked line;
    if (!is_called(night, i, &line))
      continue;
    listed++;
    add_beside(
        places[churn_ranking_row(night->calls, i) - churn_ranking_rows(night->ranking)->rows], most,
        *indices, count);
  }
  for (size_t i = 0; status == CHURN_OK && night->loyal != NULL &&
                     i < churn_loyal_count(night->loyal) && i < MOST_LOYAL;
       i++)
    add_beside(churn_loyal_index(night->loyal, i), most, *indices, count);
  free(places);
  return status;
}
