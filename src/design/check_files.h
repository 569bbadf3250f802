/* The files of a project, each looked at by itself: for `check`, where a fault in one must not hide
 * those of the others.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CHURN_DESIGN_CHECK_FILES_H
#define CHURN_DESIGN_CHECK_FILES_H

#include "project/project.h"

#include <churn/run.h>

/* Opens every file's heading line. A file that cannot be read, and every heading that the project
 * asks for and the file lacks, is a fault in run->notes. When there is any, the files without one
 * are read to the end for their bad rows, which are faults too. Fails only when memory runs out or
 * a promise is broken. */
CHURN_MUST_USE churn_status churn_check_files(const churn_project *project, const churn_run *run,
                                              churn_error *error);

#endif
