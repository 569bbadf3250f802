/* Inference on the Telco export against R and statsmodels: likelihood-ratio tests, generalised
 * variance inflation, robust and cluster-robust errors, profile intervals, information criteria.
 *
 * Recipe, R 4.2.2 with car 3.1.1 and sandwich 3.0.2 (Debian 12), d = telco_churn.csv, every
 * category a factor whose reference is the most frequent level, y = Churn == "Yes": m <- glm(y ~
 * tenure + MonthlyCharges + SeniorCitizen + Partner + Dependents + Contract + PaperlessBilling +
 * PaymentMethod + InternetService, binomial, d, control = glm.control(epsilon = 1e-14, maxit =
 * 100)) drop1(m, test = "LRT"); vif(m); AIC(m); BIC(m); 1 - m$deviance / m$null.deviance
 *   sqrt(diag(vcovHC(m, "HC0")))
 *   id <- (seq_len(nrow(d)) - 1) %% 700; V <- vcovCL(m, id, type = "HC1", cadjust = TRUE)
 *   Wald: b = coef(m)[s]; t(b) %*% solve(V[s, s]) %*% b for the columns s of each variable
 *   profile: for column j of X = model.matrix(m), uniroot(tol = 1e-13) of v on the deviance of
 *     glm.fit(X[, -j], y, offset = X[, j] * v, epsilon 1e-15) - m$deviance - qchisq(0.95, 1)
 *     (confint(m) interpolates by splines: it agrees to 5 digits, no more)
 * statsmodels 0.13.5, Logit(y, X).fit(cov_type="HC0") and fit(cov_type="cluster",
 * cov_kwds={"groups": np.arange(len(d)) % 700}), gives the same robust errors to 1e-10. All printed
 * with %.17g. Skips where the public data are not there.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "fit/inference.h"
#include "reference_set.h"

#include <churn/churn.h>
#include <stdio.h>

enum { COLUMNS = 13, N = COLUMNS + 1, FEATURES = 9, CLUSTERS = 700 };

static const char data_name[] = "datasets/ibm_telco_churn/telco_churn.csv";

static const term label = {.column = "Churn", .level = "Yes"};

static const term terms[COLUMNS] = {
    {.column = "tenure"},
    {.column = "MonthlyCharges"},
    {.column = "SeniorCitizen"},
    {.column = "Partner", .level = "Yes"},
    {.column = "Dependents", .level = "Yes"},
    {.column = "Contract", .level = "One year"},
    {.column = "Contract", .level = "Two year"},
    {.column = "PaperlessBilling", .level = "No"},
    {.column = "PaymentMethod", .level = "Bank transfer (automatic)"},
    {.column = "PaymentMethod", .level = "Credit card (automatic)"},
    {.column = "PaymentMethod", .level = "Mailed check"},
    {.column = "InternetService", .level = "DSL"},
    {.column = "InternetService", .level = "No"}};

static const uint32_t feature_of[COLUMNS] = {0, 1, 2, 3, 4, 5, 5, 6, 7, 7, 7, 8, 8};
static const size_t dfs[FEATURES] = {1, 1, 1, 1, 1, 2, 1, 3, 2};

/* drop1(m, test = "LRT"): LRT and Pr(>Chi). */
static const double lrt[FEATURES] = {235.26532719078205,   1.1618084819565411, 11.834478025572935,
                                     0.020069384726411954, 4.8626969357874259, 106.52995541100881,
                                     29.809817948931595,   42.501988991804865, 50.933824823091527};
static const double lrt_p[FEATURES] = {
    4.2375774248949148e-53, 0.28109079273994797,    0.00058143995225473026,
    0.88734347197167618,    0.027443404821437832,   7.3673975241142153e-24,
    4.7657243881484321e-08, 3.1393146986596463e-09, 8.7068380908030103e-12};

/* vif(m): GVIF and GVIF^(1/(2*Df)). */
static const double gvif[FEATURES] = {1.9364561602699573, 6.3033917680175025, 1.1256439417739328,
                                      1.3672039785321686, 1.2850042742821652, 1.5092603483469591,
                                      1.1109632991029481, 1.3146188035345401, 5.8424696655013912};
static const double scaled_gvif[FEATURES] = {
    1.3915660818911753, 2.5106556450492175, 1.060963685417146,
    1.1692749798623798, 1.133580290178938,  1.1083860229589777,
    1.0540224376657965, 1.046646374238229,  1.5547090139755235};

/* vcovHC(m, "HC0"). */
static const double hc0[N] = {0.25925862466150373,  0.0021550096216004489, 0.0029853892166585285,
                              0.084704370460044698, 0.076318536265925704,  0.088139202816600495,
                              0.10138393526210822,  0.16718458683039569,   0.073512331375763421,
                              0.092408674236303848, 0.096854645840499645,  0.091297702132837749,
                              0.12518976502211637,  0.23034978102629233};

/* statsmodels cov_type="cluster" and its p values; R vcovCL(type = "HC1") is equal. */
static const double clustered[N] = {
    0.26739933787177245,  0.0021736575766320453, 0.0031068669266344556, 0.083139295356280729,
    0.078205379427930738, 0.087181900581534605,  0.10089703455549069,   0.16974897265258793,
    0.073671422186819477, 0.091735649197033406,  0.10068981396412063,   0.094600806379941643,
    0.133472327512943,    0.23949419770748609};
static const double clustered_p[N] = {
    0.0018662537089308929,  1.7987890860230413e-50, 0.2928561428191252,     0.00053484953661434129,
    0.88944158867748746,    0.025461281638803512,   8.6896894048051095e-13, 2.3928263957877461e-18,
    6.8252291261325736e-08, 1.2535779465714964e-05, 1.3749662448092539e-06, 3.1118215139411447e-06,
    8.4086924780599176e-11, 3.724011286399349e-11};

/* Wald by V = vcovCL. */
static const double wald[FEATURES] = {223.21569887584744,   1.1064445020666571, 11.990063976460416,
                                      0.019324011688312076, 4.9922364048029291, 103.9199904253631,
                                      29.113709664013758,   39.60867379903317,  47.514520080726328};
static const double wald_p[FEATURES] = {
    1.7987890820494218e-50, 0.29285614281676731,   0.00053484953663325097,
    0.88944158867796697,    0.025461281639257594,  2.7168195856084307e-23,
    6.825229126073947e-08,  1.289726571507268e-08, 4.8123040532218741e-11};

static const double profile_lower[N] = {
    0.31942193397659069,  -0.036805960288962034, -0.002672051056857582, 0.12396657171789151,
    -0.13947072279372899, -0.36900079096350669,  -0.9286555627954195,   -1.8297404597058913,
    -0.541054706389824,   -0.58369684918845977,  -0.67497930378993154,  -0.6249311402572012,
    -1.1215488479105353,  -2.0432677178017573};
static const double profile_upper[N] = {
    1.3450602059788583,   -0.028196572734111084, 0.0092224915623619601, 0.45170984583999746,
    0.1614086258757112,   -0.02160669553712425,  -0.51781628800240276,  -1.1551214813244208,
    -0.25450630549437547, -0.21900118818392919,  -0.29907664267730155,  -0.25798491468325091,
    -0.61349658541555807, -1.1263925654620519};

/* mean(p * (1 - p)) * coef(m)[-1] * sd * 100, sd with denominator n. */
static const double sd_effects[COLUMNS] = {
    -11.024774323488074, 1.3592751049749701,  1.4668412689357118,  0.075098789818373854,
    -1.2335048478483752, -4.0557591863565259, -8.764407376399074,  -2.7004137529008361,
    -2.2917220279628601, -2.7662606250693851, -2.5620085023565986, -5.690179551406862,
    -9.0219745314462809};

typedef struct inferred {
  churn_fit_report report;
  double coefficients[N];
  double model_covariance[N * N];
  double means[COLUMNS];
  double deviations[COLUMNS];
  churn_coefficient described[N];
  churn_group_test tests[FEATURES];
  double covariance[N * N];
  churn_inference inference;
} inferred;

/* The design with the rows of one cluster together: row 0, 700, 1400, …, 1, 701, … of the file. */
static churn_matrix *clustered_design(const table *t)
{
  churn_matrix *plain = design(t, &label, terms, COLUMNS), *m = NULL;
  churn_error error;
  assert_ok(churn_matrix_new(t->rows, COLUMNS, &m, &error), &error);
  m->cluster = malloc(t->rows * sizeof *m->cluster);
  size_t to = 0;
  for (size_t cluster = 0; cluster < CLUSTERS; cluster++)
    for (size_t r = cluster; r < t->rows; r += CLUSTERS, to++) {
      m->cluster[to] = (uint32_t)cluster;
      m->y[to] = plain->y[r];
      for (size_t c = 0; c < COLUMNS; c++)
        churn_matrix_tile(m, to / CHURN_TILE_ROWS, c)[to % CHURN_TILE_ROWS] =
            churn_matrix_tile(plain, r / CHURN_TILE_ROWS, c)[r % CHURN_TILE_ROWS];
    }
  churn_matrix_free(plain);
  return m;
}

static inferred *infer(churn_covariance kind, bool profile)
{
  inferred *i = calloc(1, sizeof *i);
  assert_non_null(i);
  table t = table_read(shared_path(data_name));
  churn_matrix *m = clustered_design(&t);
  churn_error error = {0};
  churn_fit_settings fit = {0};
  churn_fit_result result = {i->coefficients, i->model_covariance, i->means, i->deviations};
  assert_ok(churn_fit_logistic(m, &fit, NULL, &result, &i->report, &error), &error);
  churn_inference_settings settings = {
      .covariance = kind, .profile = profile, .group = feature_of, .group_count = FEATURES};
  i->inference.coefficients = i->described;
  i->inference.tests = i->tests;
  i->inference.covariance = i->covariance;
  assert_ok(churn_infer(m, &result, &i->report, &settings, NULL, &i->inference, &error), &error);
  churn_matrix_free(m);
  table_free(&t);
  return i;
}

static bool data_is_here(void)
{
  if (shared_path(data_name) != NULL)
    return true;
  print_message("%s is not there: skipped\n", data_name);
  return false;
}

static void likelihood_ratio_tests_equal_drop1(void **state)
{
  (void)state;
  if (!data_is_here())
    skip();
  inferred *i = infer(CHURN_COVARIANCE_MODEL, false);
  assert_true(i->inference.ratio_tests);
  for (size_t f = 0; f < FEATURES; f++) {
    assert_int_equal(i->tests[f].df, dfs[f]);
    assert_close(i->tests[f].chi2, lrt[f], 1e-9, 1e-9);
    assert_close(i->tests[f].p, lrt_p[f], 1e-7, 0);
  }
  free(i);
}

static void variance_inflation_equals_car(void **state)
{
  (void)state;
  if (!data_is_here())
    skip();
  /* by the model's covariance, whichever was asked for */
  inferred *i = infer(CHURN_COVARIANCE_CLUSTERED, false);
  for (size_t f = 0; f < FEATURES; f++) {
    assert_close(i->tests[f].gvif, gvif[f], 1e-7, 0);
    assert_close(i->tests[f].scaled_gvif, scaled_gvif[f], 1e-7, 0);
  }
  free(i);
}

static void robust_errors_equal_hc0(void **state)
{
  (void)state;
  if (!data_is_here())
    skip();
  inferred *i = infer(CHURN_COVARIANCE_ROBUST, false);
  for (size_t j = 0; j < N; j++)
    assert_close(i->described[j].std_error, hc0[j], 1e-9, 0);
  free(i);
}

static void clustered_errors_and_tests_equal_statsmodels(void **state)
{
  (void)state;
  if (!data_is_here())
    skip();
  inferred *i = infer(CHURN_COVARIANCE_CLUSTERED, true);
  assert_int_equal(i->inference.clusters, CLUSTERS);
  assert_int_equal(i->inference.rows, 7043);
  assert_false(i->inference.ratio_tests);
  assert_false(i->inference.profile_intervals);
  for (size_t j = 0; j < N; j++) {
    assert_close(i->described[j].std_error, clustered[j], 1e-9, 0);
    assert_close(i->described[j].p, clustered_p[j], 1e-7, 0);
  }
  for (size_t f = 0; f < FEATURES; f++) {
    assert_int_equal(i->tests[f].df, dfs[f]);
    assert_close(i->tests[f].chi2, wald[f], 1e-8, 0);
    assert_close(i->tests[f].p, wald_p[f], 1e-6, 0);
  }
  free(i);
}

static void profile_intervals_equal_refits_by_r(void **state)
{
  (void)state;
  if (!data_is_here())
    skip();
  inferred *i = infer(CHURN_COVARIANCE_MODEL, true);
  assert_true(i->inference.profile_intervals);
  for (size_t j = 0; j < N; j++) {
    assert_close(i->described[j].lower, profile_lower[j], 1e-8, 0);
    assert_close(i->described[j].upper, profile_upper[j], 1e-8, 0);
    assert_close(i->described[j].odds_lower, exp(profile_lower[j]), 1e-8, 0);
  }
  free(i);
}

static void criteria_and_effects_equal_r(void **state)
{
  (void)state;
  if (!data_is_here())
    skip();
  inferred *i = infer(CHURN_COVARIANCE_MODEL, false);
  assert_close(i->inference.aic, 5984.4668080599613, 1e-12, 0);
  assert_close(i->inference.bic, 6080.5038609863968, 1e-12, 0);
  assert_close(i->inference.mcfadden_r2, 0.26915826024949208, 1e-12, 0);
  assert_true(isnan(i->described[0].sd_effect));
  for (size_t c = 0; c < COLUMNS; c++)
    assert_close(i->described[c + 1].sd_effect, sd_effects[c], 1e-9, 0);
  free(i);
}

/* The export through the project file: the features' figures in the model. */
static void the_whole_program_gives_the_same(void **state)
{
  (void)state;
  if (!data_is_here())
    skip();
  static const char *const names[FEATURES] = {
      "tenure",   "MonthlyCharges",   "SeniorCitizen", "Partner",        "Dependents",
      "Contract", "PaperlessBilling", "PaymentMethod", "InternetService"};
  churn_source_override override = {"customers", shared_path(data_name)};
  churn_train_settings settings = {
      .first = CHURN_DAY_MISSING, .last = CHURN_DAY_MISSING, .test_from = CHURN_DAY_MISSING};
  churn_project *project = NULL;
  churn_model *model = NULL;
  churn_error error = {0};
  assert_ok(
      churn_project_read(CHURN_SOURCE "/datasets/telco.yaml", &override, 1, NULL, &project, &error),
      &error);
  assert_ok(churn_train(project, &settings, NULL, &model, &error), &error);
  assert_string_equal(model->test_kind, "likelihood_ratio");
  assert_int_equal(model->feature_count, FEATURES);
  for (size_t f = 0; f < FEATURES; f++) {
    size_t at = 0;
    while (at < FEATURES && strcmp(names[at], model->features[f].name) != 0)
      at++;
    assert_true(at < FEATURES);
    assert_int_equal(model->features[f].test.df, dfs[at]);
    assert_close(model->features[f].test.chi2, lrt[at], 1e-9, 1e-9);
    assert_close(model->features[f].test.p, lrt_p[at], 1e-7, 0);
    assert_close(model->features[f].test.gvif, gvif[at], 1e-7, 0);
  }
  churn_model_free(model);
  churn_project_free(project);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(likelihood_ratio_tests_equal_drop1),
      cmocka_unit_test(variance_inflation_equals_car),
      cmocka_unit_test(robust_errors_equal_hc0),
      cmocka_unit_test(clustered_errors_and_tests_equal_statsmodels),
      cmocka_unit_test(profile_intervals_equal_refits_by_r),
      cmocka_unit_test(criteria_and_effects_equal_r),
      cmocka_unit_test(the_whole_program_gives_the_same),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
