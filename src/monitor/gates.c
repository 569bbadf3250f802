/* Is tonight like the nights before?
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "monitor/gates.h"

#include "base/error.h"
#include "base/holm.h"
#include "base/memory.h"

#include <inttypes.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Chance of a false alarm that a drift must beat, over all features together. */
static const double drift_level = 0.001;

/* How many times as far as in training a feature must have moved. */
static const double usual_spreads = 3;

/* The 99.95 % point of the standard normal: two-sided 99.9 %. */
static const double wilson_z = 3.2905267314919255;

enum { LEAST_WAITS = 10, ADVICE_SIZE = 512 };

void churn_findings_clear(churn_findings *findings)
{
  for (size_t i = 0; i < findings->count; i++) {
    free(findings->items[i].subject);
    free(findings->items[i].message);
    free(findings->items[i].message_zh);
  }
  free(findings->items);
  *findings = (churn_findings){0};
}

size_t churn_findings_count(const churn_findings *findings, churn_verdict verdict)
{
  size_t count = 0;
  for (size_t i = 0; i < findings->count; i++)
    count += findings->items[i].verdict == verdict;
  return count;
}

size_t churn_findings_tripped(const churn_findings *findings)
{
  return churn_findings_count(findings, CHURN_GATE_TRIPPED);
}

bool churn_gate_jumps(const churn_gate *gate, double before)
{
  bool ratio = strcmp(gate->name, churn_gate_name(CHURN_GATE_RATE)) == 0;
  double now = ratio ? fmax(gate->value, 1 / gate->value) : gate->value;
  return now > 2 * (ratio ? fmax(before, 1 / before) : before);
}

bool churn_findings_hold(const churn_findings *findings)
{
  for (size_t i = 0; i < findings->count; i++)
    if (findings->items[i].verdict == CHURN_GATE_TRIPPED && findings->items[i].hold)
      return true;
  return false;
}

/* A finding of a gate that is on. */
typedef struct finding {
  const churn_gate_spec *gates;
  churn_gate_kind kind;
  const char *subject;
  double value, p;
  churn_verdict verdict;
  double limit; /* in force; 0 = the project's */
} finding;

/* As vasprintf; NULL when memory ran out. */
static char *fill(const char *format, va_list arguments)
{
  char *text = NULL;
  va_list own;
  va_copy(own, arguments);
  int length = vasprintf(&text, format, own);
  va_end(own);
  return length < 0 ? NULL : text;
}

static churn_status add(churn_findings *to, const finding *found, churn_error *error,
                        const char *english, const char *chinese, ...)
    __attribute__((format(printf, 4, 6), format(printf, 5, 6)));

/* The message comes as printf's, in both languages from the same arguments; what is said in one of
 * them alone the other passes over as %.0s. */
static churn_status add(churn_findings *to, const finding *found, churn_error *error,
                        const char *english, const char *chinese, ...)
{
  const churn_gate_spec *spec = &found->gates[found->kind];
  va_list arguments;
  va_start(arguments, chinese);
  char *message = fill(english, arguments), *message_zh = fill(chinese, arguments);
  va_end(arguments);
  char *subject = churn_text_copy(found->subject, strlen(found->subject));
  if (message == NULL || message_zh == NULL || subject == NULL ||
      !churn_array_reserve(&to->items, &to->capacity, to->count + 1, sizeof *to->items)) {
    free(subject);
    free(message);
    free(message_zh);
    return churn_error_no_memory(error);
  }
  bool excepted = churn_gate_excepts(spec, found->subject);
  to->items[to->count++] =
      (churn_gate){.name = churn_gate_name(found->kind),
                   .subject = subject,
                   .value = found->value,
                   .limit = fmax(spec->limit, found->limit),
                   .p = found->p,
                   .verdict = excepted ? CHURN_GATE_NOT_JUDGED : found->verdict,
                   .hold = spec->hold,
                   .since = CHURN_DAY_MISSING,
                   .message = message,
                   .message_zh = message_zh};
  return CHURN_OK;
}

static churn_verdict verdict_of(bool tripped)
{
  return tripped ? CHURN_GATE_TRIPPED : CHURN_GATE_PASSED;
}

churn_status churn_gate_rows(const churn_gate_spec *gates, const char *source, churn_day as_of,
                             uint64_t rows, const churn_row_count *earlier, size_t count,
                             churn_findings *findings, churn_error *error)
{
  finding found = {gates, CHURN_GATE_ROWS, source, NAN, NAN, CHURN_GATE_NOT_JUDGED, 0};
  if (gates[CHURN_GATE_ROWS].off)
    return CHURN_OK;
  if (count == 0)
    return add(findings, &found, error, "%s: %" PRIu64 " rows; no earlier run to compare with",
               "%s：%" PRIu64 " 行；没有更早的运行可比较", source, rows);
  churn_row_trend trend = churn_row_trend_of(earlier, count, as_of);
  if (trend.median == 0 && rows == 0)
    return add(findings, &found, error, "%s: no rows, as in the runs before",
               "%s：没有记录，与之前的运行相同", source);
  double share = pow(1 - gates[CHURN_GATE_ROWS].limit, trend.widening);
  double least = share * fmin(trend.expected, trend.median);
  double most = fmax(trend.expected, trend.median) / share;
  found.value = (double)rows / trend.expected;
  found.limit = 1 - share;
  found.verdict = verdict_of(!((double)rows >= least && (double)rows <= most));
  return add(
      findings, &found, error,
      "%s: %" PRIu64 " rows, %.1f %% of the %.0f expected by %zu earlier run%s (from %.0f to "
      "%.0f pass)",
      "%s：%" PRIu64 " 行，为预期的 %.1f %%（预期 %.0f 行，依据此前 %zu 次运行%.0s；%.0f 至 %.0f "
      "行为通过）",
      source, rows, 100 * found.value, trend.expected, count, count == 1 ? "" : "s", ceil(least),
      floor(most));
}

churn_status churn_gate_share(const churn_gate_spec *gates, churn_gate_kind kind,
                              const char *subject, uint64_t part, uint64_t whole,
                              churn_findings *findings, churn_error *error)
{
  static const char *const what[CHURN_GATE_KINDS][2] = {
      [CHURN_GATE_UNMATCHED] = {"rows belong to no known customer", "行不属于任何已知客户"},
      [CHURN_GATE_REJECTED] = {"rows were rejected", "行被拒绝"},
      [CHURN_GATE_UNSEEN] = {"customers have a level that training never saw",
                             "位客户的取值在训练中从未出现"}};
  finding found = {gates, kind, subject, NAN, NAN, CHURN_GATE_NOT_JUDGED, 0};
  if (gates[kind].off)
    return CHURN_OK;
  if (whole == 0)
    return add(findings, &found, error, "%s: there are no rows", "%s：没有记录", subject);
  found.value = (double)part / (double)whole;
  found.verdict = verdict_of(found.value > gates[kind].limit);
  return add(findings, &found, error,
             "%s: %" PRIu64 " of %" PRIu64 " %s%.0s, %.2f %% (up to %.2f %% pass)",
             "%s：%" PRIu64 " / %" PRIu64 " %.0s%s，占 %.2f %%（不超过 %.2f %% 为通过）", subject,
             part, whole, what[kind][0], what[kind][1], 100 * found.value, 100 * gates[kind].limit);
}

churn_status churn_gate_missing(const churn_gate_spec *gates, const churn_profile *profile,
                                size_t feature, churn_findings *findings, churn_error *error)
{
  const char *name = profile->model->features[feature].name;
  finding found = {gates, CHURN_GATE_MISSING, name, NAN, NAN, CHURN_GATE_NOT_JUDGED, 0};
  double limit = gates[CHURN_GATE_MISSING].limit;
  if (gates[CHURN_GATE_MISSING].off)
    return CHURN_OK;
  if (profile->rows == 0)
    return add(findings, &found, error, "%s: there are no customers", "%s：没有客户", name);
  double share = (double)churn_profile_missing(profile, feature) / (double)profile->rows;
  double trained = churn_profile_trained_missing(profile->model, feature);
  found.value = share - trained;
  found.verdict = verdict_of(found.value > limit);
  return add(findings, &found, error,
             "%s: missing for %.2f %% of the customers, in training for %.2f %% (up to %.2f points "
             "more pass)",
             "%s：%.2f %% 的客户缺失，训练时为 %.2f %%（增加不超过 %.2f 个百分点为通过）", name,
             100 * share, 100 * trained, 100 * limit);
}

churn_status churn_gate_freshness(const churn_gate_spec *gates, const char *source, churn_day as_of,
                                  const churn_census *census, bool expected,
                                  churn_findings *findings, churn_error *error)
{
  finding found = {gates, CHURN_GATE_FRESHNESS, source, NAN, NAN, CHURN_GATE_NOT_JUDGED, 0};
  char newest[CHURN_DAY_TEXT_SIZE];
  if (gates[CHURN_GATE_FRESHNESS].off)
    return CHURN_OK;
  if (census->newest == CHURN_DAY_MISSING) {
    found.verdict = expected ? CHURN_GATE_TRIPPED : CHURN_GATE_NOT_JUDGED;
    return add(findings, &found, error, "%s: no row of a known customer before the as-of day%s%.0s",
               "%s：评分日之前没有已知客户的记录%.0s%s", source,
               expected ? ", and the model was trained on rows of it" : "",
               expected ? "，而模型训练时有该来源的记录" : "");
  }
  found.value = (double)as_of - (double)census->newest;
  if (census->waits < LEAST_WAITS)
    return add(findings, &found, error, "%s: too few days with rows to tell what wait is usual",
               "%s：有记录的日子太少，无法判断通常的间隔", source);
  double limit = fmax(gates[CHURN_GATE_FRESHNESS].limit, 3 * (double)census->usual_wait - 2);
  found.limit = limit;
  found.verdict = verdict_of(found.value > limit);
  churn_day_format(census->newest, newest);
  return add(findings, &found, error,
             "%s: the newest row is of %s, %.0f day%s before the as-of day (up to %.0f pass)",
             "%s：最新记录为 %s，在评分日之前 %.0f 天%.0s（不超过 %.0f 天为通过）", source, newest,
             found.value, found.value == 1 ? "" : "s", floor(limit));
}

/* What moved, how far, and what is usual for it. */
typedef struct drift {
  const char *subject;
  double index, p;
  double spread; /* NaN = not known */
  bool tells_time;
  const char *against, *against_zh;
} drift;

/* What to do about it, in both languages. */
static void advise(churn_gate_kind kind, const char *subject, char text[ADVICE_SIZE],
                   char text_zh[ADVICE_SIZE])
{
  bool scores = kind == CHURN_GATE_SCORES;
  snprintf(text, ADVICE_SIZE,
           scores ? "; look at the features that drifted, and retrain when the change is here to "
                    "stay%.0s"
                  : "; look at the export's columns behind it, and retrain when the change is here "
                    "to stay; a feature that grows by nature is not judged with `nightly: {gates: "
                    "{drift: {except: [%s]}}}`",
           subject);
  snprintf(text_zh, ADVICE_SIZE,
           scores ? "；请查看发生漂移的特征，若变化将持续则重新训练%.0s"
                  : "；请查看其背后的数据列，若变化将持续则重新训练；自然增长的特征可用 `nightly: "
                    "{gates: {drift: {except: [%s]}}}` 排除",
           subject);
}

static churn_status add_drift(const churn_gate_spec *gates, churn_gate_kind kind, const drift *d,
                              churn_findings *findings, churn_error *error)
{
  finding found = {gates, kind, d->subject, d->index, d->p, CHURN_GATE_NOT_JUDGED, 0};
  bool named = d->subject[0] != '\0';
  const char *colon = named ? ": " : "", *colon_zh = named ? "：" : "";
  if (isnan(d->index) || (isnan(d->p) && !d->tells_time))
    return add(findings, &found, error, "%s%s%.0sthere are no rows to compare with",
               "%s%.0s%s没有可比较的记录", d->subject, colon, colon_zh);
  if (d->tells_time)
    return add(findings, &found, error,
               "%s%s%.0sstability index %.3f, not judged: it tells only how much time has passed",
               "%s%.0s%s稳定性指数 %.3f，未评判：它只反映时间的流逝", d->subject, colon, colon_zh,
               d->index);
  found.limit = isnan(d->spread) ? 0 : usual_spreads * d->spread;
  double limit = fmax(gates[kind].limit, found.limit);
  found.verdict = verdict_of(d->index > limit && d->p <= drift_level);
  char advice[ADVICE_SIZE], advice_zh[ADVICE_SIZE];
  bool told = found.verdict == CHURN_GATE_TRIPPED && !churn_gate_excepts(&gates[kind], d->subject);
  advise(kind, d->subject, advice, advice_zh);
  return add(findings, &found, error,
             "%s%s%.0sstability index %.3f against %s%.0s (up to %.3g passes), p %.2g (above %.3g "
             "passes; approximate: the samples overlap)%s%.0s",
             "%s%.0s%s稳定性指数 %.3f，对照%.0s%s（不超过 %.3g 为通过），p %.2g（大于 %.3g "
             "为通过；近似值：样本有重叠）%.0s%s",
             d->subject, colon, colon_zh, d->index, d->against, d->against_zh, limit, d->p,
             drift_level, told ? advice : "", told ? advice_zh : "");
}

static bool tells_time(const churn_profile *profile, size_t feature)
{
  return profile->plan != NULL && churn_plan_tells_time(profile->plan, feature);
}

/* indices and p, adjusted, of all features; what is not judged has none. */
static churn_status measure_drift(const churn_profile *profile, uint64_t customers, double *indices,
                                  double *p, churn_error *error)
{
  churn_status status = CHURN_OK;
  size_t count = profile->model->feature_count;
  for (size_t f = 0; f < count && status == CHURN_OK; f++) {
    churn_stability stability = {NAN, 0};
    status = churn_profile_stability(profile, f, &stability, error);
    indices[f] = stability.index;
    p[f] = tells_time(profile, f) ? NAN
                                  : churn_stability_p(&stability, (double)profile->model->customers,
                                                      (double)customers);
  }
  return status == CHURN_OK ? churn_holm_adjust(p, count, p, error) : status;
}

churn_status churn_gate_drift(const churn_gate_spec *gates, const churn_profile *profile,
                              uint64_t customers, churn_findings *findings, churn_error *error)
{
  size_t count = profile->model->feature_count;
  if (gates[CHURN_GATE_DRIFT].off)
    return CHURN_OK;
  double *indices = churn_array_new(count, sizeof *indices);
  double *p = churn_array_new(count, sizeof *p);
  churn_status status = indices == NULL || p == NULL ? churn_error_no_memory(error) : CHURN_OK;
  if (status == CHURN_OK)
    status = measure_drift(profile, customers, indices, p, error);
  for (size_t f = 0; f < count && status == CHURN_OK; f++) {
    const churn_model_feature *feature = &profile->model->features[f];
    drift d = {feature->name,          indices[f],          p[f],      feature->spread,
               tells_time(profile, f), "the training rows", "训练数据"};
    status = add_drift(gates, CHURN_GATE_DRIFT, &d, findings, error);
  }
  free(indices);
  free(p);
  return status;
}

churn_status churn_gate_scores(const churn_gate_spec *gates, const churn_sample *before,
                               const churn_sample *now, churn_findings *findings,
                               churn_error *error)
{
  churn_stability stability = {NAN, 0};
  churn_status status = CHURN_OK;
  double p = NAN;
  if (gates[CHURN_GATE_SCORES].off)
    return CHURN_OK;
  if (before != NULL) {
    status = churn_stability_index(before, now, false, &stability, error);
    p = churn_stability_p(&stability, (double)before->count, (double)now->count);
  }
  drift d = {.subject = "",
             .index = stability.index,
             .p = p,
             .spread = NAN,
             .against = "the newest day whose labels are known",
             .against_zh = "最近一个已知结果的日期"};
  return status == CHURN_OK ? add_drift(gates, CHURN_GATE_SCORES, &d, findings, error) : status;
}

/* Outside Wilson's interval of the share: the score test's statistic is above z. */
static bool is_beyond_chance(double predicted, double observed, double n)
{
  double variance = predicted * (1 - predicted) / n;
  return fabs(observed - predicted) > wilson_z * sqrt(variance);
}

churn_status churn_gate_rate(const churn_gate_spec *gates, double predicted,
                             const churn_recent *recent, churn_findings *findings,
                             churn_error *error)
{
  finding found = {gates, CHURN_GATE_RATE, "", NAN, NAN, CHURN_GATE_NOT_JUDGED, 0};
  double rows = (double)(recent->churned + recent->stayed), limit = gates[CHURN_GATE_RATE].limit;
  char day[CHURN_DAY_TEXT_SIZE];
  if (gates[CHURN_GATE_RATE].off)
    return CHURN_OK;
  if (recent->as_of == CHURN_DAY_MISSING || rows == 0)
    return add(findings, &found, error, "no label window has closed before the as-of day",
               "评分日之前没有已结束的标签窗口");
  if (isnan(predicted))
    return add(findings, &found, error, "there are no customers", "没有客户");
  double observed = (double)recent->churned / rows;
  churn_day_format(recent->as_of, day);
  found.value = predicted / observed;
  bool far = !(found.value <= limit && found.value >= 1 / limit);
  found.verdict = verdict_of(far && is_beyond_chance(predicted, observed, rows));
  return add(findings, &found, error,
             "predicted mean %.4f, observed %.4f as of %s (%" PRIu64 " of %.0f): a ratio of %.3g "
             "(from %.3g to %.3g, or within chance, passes)",
             "预测均值 %.4f，实际 %.4f（%s，流失 %" PRIu64 " / %.0f）：比值 %.3g（%.3g 至 %.3g，"
             "或在偶然范围内，为通过）",
             predicted, observed, day, recent->churned, rows, found.value, 1 / limit, limit);
}
