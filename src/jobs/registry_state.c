/* What the events of a history add up to.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/memory.h"
#include "jobs/registry_parts.h"

#include <stdlib.h>
#include <string.h>

static bool is_at(const churn_registry_state *state, size_t from_top, const char *id)
{
  return state->depth > from_top && strcmp(state->stack[state->depth - 1 - from_top], id) == 0;
}

churn_status churn_registry_state_apply(churn_registry_state *state,
                                        const churn_registry_event *event, churn_error *error)
{
  bool steps = event->kind == CHURN_REGISTRY_PROMOTED ||
               event->kind == CHURN_REGISTRY_ROLLED_BACK || event->kind == CHURN_REGISTRY_FOUND;
  state->time = event->time;
  if (!steps)
    return CHURN_OK;
  state->current = event->model;
  /* Back to the one below is a step back, except when that one is promoted anew. */
  if (event->model == NULL || is_at(state, 0, event->model))
    return CHURN_OK;
  if (event->kind != CHURN_REGISTRY_PROMOTED && is_at(state, 1, event->model)) {
    state->depth--;
    return CHURN_OK;
  }
  if (!churn_array_reserve(&state->stack, &state->capacity, state->depth + 1, sizeof *state->stack))
    return churn_error_no_memory(error);
  state->stack[state->depth++] = event->model;
  return CHURN_OK;
}

churn_status churn_registry_state_of(const churn_registry *registry, churn_registry_state *state,
                                     churn_error *error)
{
  churn_status status = CHURN_OK;
  state->time = INT64_MIN;
  for (size_t i = 0; status == CHURN_OK && i < registry->event_count; i++)
    status = churn_registry_state_apply(state, &registry->events[i], error);
  return status;
}

void churn_registry_state_clear(churn_registry_state *state)
{
  free(state->stack);
  *state = (churn_registry_state){0};
}
