/* Settings checked and completed, and the days that follow from them.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CHURN_SIMULATE_CALENDAR_H
#define CHURN_SIMULATE_CALENDAR_H

#include "simulate/world.h"

/* Fills world->settings (no zero left) and its days:
 * snapshots start 12 months after the first day (a third of a shorter world), every month, up to
 * the newest whose label window is closed; the last six are for the test, or as many as leave one
 * training snapshot whose window closes before. Truth is asked for at the last nine.
 * USAGE when a setting is out of range or the world too short for training and test. */
CHURN_MUST_USE churn_status churn_calendar_make(const churn_simulate_settings *settings,
                                                churn_world *world, churn_error *error);

#endif
