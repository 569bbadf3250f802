/* libpq, loaded when a project first names a PostgreSQL server: it and the libraries behind it
 * would take longer to start than most runs of churn that need none.
 *
 * Whoever includes this calls libpq's functions by their names, after churn_libpq_load.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CHURN_DATABASE_LIBPQ_H
#define CHURN_DATABASE_LIBPQ_H

#include <churn/status.h>
#include <libpq-fe.h>

#define CHURN_LIBPQ_FUNCTIONS(function)                                                            \
  function(PQcancel) function(PQclear) function(PQconnectPoll) function(PQconnectStartParams)      \
      function(PQconnectionNeedsPassword) function(PQconninfoFree) function(PQconninfoParse)       \
          function(PQconsumeInput) function(PQerrorMessage) function(PQexec)                       \
              function(PQexecParams) function(PQfinish) function(PQfname) function(PQfreeCancel)   \
                  function(PQfreemem) function(PQftype) function(PQgetCancel)                      \
                      function(PQgetCopyData) function(PQgetResult) function(PQgetvalue)           \
                          function(PQisBusy) function(PQnfields) function(PQputCopyData)           \
                              function(PQputCopyEnd) function(PQresultErrorField)                  \
                                  function(PQresultStatus) function(PQsendDescribePrepared)        \
                                      function(PQsendPrepare) function(PQsendQuery)                \
                                          function(PQsendQueryParams)                              \
                                              function(PQsetErrorVerbosity)                        \
                                                  function(PQsetNoticeReceiver) function(PQsocket) \
                                                      function(PQstatus)

/* Where the functions are. Before loading, PQfinish and PQclear do nothing and no other may be
 * called. */
typedef struct churn_libpq {
#define CHURN_LIBPQ_MEMBER(name) __typeof__(name) *name;
  CHURN_LIBPQ_FUNCTIONS(CHURN_LIBPQ_MEMBER)
#undef CHURN_LIBPQ_MEMBER
} churn_libpq;

extern churn_libpq churn_libpq_calls;

/* Once for the process, by any thread. NO_INPUT where libpq is not installed. */
CHURN_MUST_USE churn_status churn_libpq_load(churn_error *error);

#define PQcancel churn_libpq_calls.PQcancel
#define PQclear churn_libpq_calls.PQclear
#define PQconnectPoll churn_libpq_calls.PQconnectPoll
#define PQconnectStartParams churn_libpq_calls.PQconnectStartParams
#define PQconnectionNeedsPassword churn_libpq_calls.PQconnectionNeedsPassword
#define PQconninfoFree churn_libpq_calls.PQconninfoFree
#define PQconninfoParse churn_libpq_calls.PQconninfoParse
#define PQconsumeInput churn_libpq_calls.PQconsumeInput
#define PQerrorMessage churn_libpq_calls.PQerrorMessage
#define PQexec churn_libpq_calls.PQexec
#define PQexecParams churn_libpq_calls.PQexecParams
#define PQfinish churn_libpq_calls.PQfinish
#define PQfname churn_libpq_calls.PQfname
#define PQfreeCancel churn_libpq_calls.PQfreeCancel
#define PQfreemem churn_libpq_calls.PQfreemem
#define PQftype churn_libpq_calls.PQftype
#define PQgetCancel churn_libpq_calls.PQgetCancel
#define PQgetCopyData churn_libpq_calls.PQgetCopyData
#define PQgetResult churn_libpq_calls.PQgetResult
#define PQgetvalue churn_libpq_calls.PQgetvalue
#define PQisBusy churn_libpq_calls.PQisBusy
#define PQnfields churn_libpq_calls.PQnfields
#define PQputCopyData churn_libpq_calls.PQputCopyData
#define PQputCopyEnd churn_libpq_calls.PQputCopyEnd
#define PQresultErrorField churn_libpq_calls.PQresultErrorField
#define PQresultStatus churn_libpq_calls.PQresultStatus
#define PQsendDescribePrepared churn_libpq_calls.PQsendDescribePrepared
#define PQsendPrepare churn_libpq_calls.PQsendPrepare
#define PQsendQuery churn_libpq_calls.PQsendQuery
#define PQsendQueryParams churn_libpq_calls.PQsendQueryParams
#define PQsetErrorVerbosity churn_libpq_calls.PQsetErrorVerbosity
#define PQsetNoticeReceiver churn_libpq_calls.PQsetNoticeReceiver
#define PQsocket churn_libpq_calls.PQsocket
#define PQstatus churn_libpq_calls.PQstatus

#endif
