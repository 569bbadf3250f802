/* A project written in a test, its schema and data, read from files in the scratch folder.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CHURN_TEST_OPENED_H
#define CHURN_TEST_OPENED_H

#include "history/data.h"
#include "support.h"

typedef struct opened {
  churn_project *project;
  churn_schema *schema;
  churn_data *data; /* NULL unless status is OK */
  churn_notes *notes;
  churn_status status; /* of the schema, or of the data */
  churn_error error;
} opened;

/* The project of a text, written to scratch/project.yaml. It must be valid. */
churn_project *project_of(const char *text);

/* Reads everything that the project names: all columns of all sources. */
opened opened_read(const char *text, const churn_data_settings *settings, int threads);

/* The same with labels; must succeed. */
opened opened_ok(const char *text);
void opened_close(opened *o);

/* The first note of that code as text, or NULL. */
const char *note_text(const churn_notes *notes, const char *code);

/* A day from ISO text; fails the test when it is none. */
churn_day day(const char *iso);

/* The column of a customers' source (0) or of a history (1 + i) by name; fails when there is none.
 */
const churn_column *column_of(const opened *o, size_t source, const char *name);

/* The text of a category's cell, "-" when missing. */
const char *cell_text(const churn_column *column, size_t row);

#endif
