/* A tiny project on disk for tests of failures: a dozen customers, two histories, a model. Small so
 * that a call can be repeated a thousand times.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CHURN_TEST_TINY_PROJECT_H
#define CHURN_TEST_TINY_PROJECT_H

/* Writes customers.csv, calls.csv, prices.csv and tiny.yaml into the scratch folder; daily.yaml is
 * the same with a snapshot a day and no playbook, plain.yaml without weights and offset either.
 * Calls may have two bad rows. */
void tiny_project_write(void);

#endif
