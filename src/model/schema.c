/* The layout of the model file as tables.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "model/schema.h"

#define PLAIN(key, type, owner, member)                                                            \
  {                                                                                                \
    key, CHURN_FIELD_##type, offsetof(owner, member), 0, NULL, CHURN_ALWAYS                        \
  }
#define COUNTED(key, type, owner, member, count)                                                   \
  {                                                                                                \
    key, CHURN_FIELD_##type, offsetof(owner, member), offsetof(owner, count), NULL, CHURN_ALWAYS   \
  }
#define LIST(key, owner, member, count, shape)                                                     \
  {                                                                                                \
    key, CHURN_FIELD_LIST, offsetof(owner, member), offsetof(owner, count), &shape, CHURN_ALWAYS   \
  }
#define OBJECT(key, offset, shape)                                                                 \
  {                                                                                                \
    key, CHURN_FIELD_OBJECT, offset, 0, &shape, CHURN_ALWAYS                                       \
  }
#define SHAPE(fields, owner, one_line)                                                             \
  {                                                                                                \
    fields, sizeof fields / sizeof fields[0], sizeof(owner), one_line                              \
  }

static const churn_field level_fields[] = {
    PLAIN("text", TEXT, churn_model_level, text),
    PLAIN("column", INDEX, churn_model_level, column),
    PLAIN("rows", WHOLE, churn_model_level, rows),
    PLAIN("churners", WHOLE, churn_model_level, churners),
};
static const churn_shape level_shape = SHAPE(level_fields, churn_model_level, true);

static const churn_field test_fields[] = {
    PLAIN("df", COUNT, churn_model_test, df),
    PLAIN("chi2", FIGURE, churn_model_test, chi2),
    PLAIN("p", FIGURE, churn_model_test, p),
    PLAIN("gvif", FIGURE, churn_model_test, gvif),
    PLAIN("scaled_gvif", FIGURE, churn_model_test, scaled_gvif),
};
static const churn_shape test_shape = SHAPE(test_fields, churn_model_test, true);

#define FEATURE(key, type, member, only)                                                           \
  {                                                                                                \
    key, CHURN_FIELD_##type, offsetof(churn_model_feature, member),                                \
        offsetof(churn_model_feature, bound_count), NULL, only                                     \
  }
static const churn_field feature_fields[] = {
    FEATURE("name", TEXT, name, CHURN_ALWAYS),
    FEATURE("kind", FEATURE_KIND, kind, CHURN_ALWAYS),
    FEATURE("expression", TEXT, expression, CHURN_ALWAYS),
    FEATURE("label", TEXT_OR_NULL, label, CHURN_ALWAYS),
    FEATURE("missing_rule", TEXT, missing_rule, CHURN_ALWAYS),
    FEATURE("missing_rows", WHOLE, missing_rows, CHURN_ALWAYS),
    FEATURE("missing_column", INDEX, missing_column, CHURN_ALWAYS),
    FEATURE("fill", NUMBER, fill, CHURN_NUMBERS_ONLY),
    FEATURE("number_column", INDEX, number_column, CHURN_NUMBERS_ONLY),
    FEATURE("bounds", NUMBERS, bounds, CHURN_NUMBERS_ONLY),
    FEATURE("bin_rows", BINS, bin_rows, CHURN_NUMBERS_ONLY),
    FEATURE("reference", TEXT_OR_NULL, reference, CHURN_CATEGORIES_ONLY),
    FEATURE("other_column", INDEX, other_column, CHURN_CATEGORIES_ONLY),
    {"levels", CHURN_FIELD_LIST, offsetof(churn_model_feature, levels),
     offsetof(churn_model_feature, level_count), &level_shape, CHURN_CATEGORIES_ONLY},
    FEATURE("spread", FIGURE_IF_KNOWN, spread, CHURN_ALWAYS),
    OBJECT("test", offsetof(churn_model_feature, test), test_shape),
};
static const churn_shape feature_shape = SHAPE(feature_fields, churn_model_feature, false);

static const churn_field column_fields[] = {
    PLAIN("name", TEXT, churn_model_column, name),
    PLAIN("feature", COUNT, churn_model_column, feature),
    PLAIN("kind", COLUMN_KIND, churn_model_column, kind),
    PLAIN("mean", NUMBER, churn_model_column, mean),
    PLAIN("deviation", NUMBER, churn_model_column, deviation),
    PLAIN("estimate", NUMBER, churn_model_column, estimate),
    PLAIN("std_error", FIGURE, churn_model_column, std_error),
    PLAIN("z", FIGURE, churn_model_column, z),
    PLAIN("p", FIGURE, churn_model_column, p),
    PLAIN("lower", FIGURE, churn_model_column, lower),
    PLAIN("upper", FIGURE, churn_model_column, upper),
    PLAIN("penalty_factor", NUMBER, churn_model_column, penalty_factor),
    PLAIN("odds_ratio", FIGURE, churn_model_column, odds_ratio),
    PLAIN("odds_lower", FIGURE, churn_model_column, odds_lower),
    PLAIN("odds_upper", FIGURE, churn_model_column, odds_upper),
    PLAIN("sd_effect", FIGURE, churn_model_column, sd_effect),
    PLAIN("condition", TEXT, churn_model_column, condition),
};
static const churn_shape column_shape = SHAPE(column_fields, churn_model_column, true);

static const churn_field intercept_fields[] = {
    PLAIN("name", TEXT, churn_model_column, name),
    PLAIN("estimate", NUMBER, churn_model_column, estimate),
    PLAIN("std_error", FIGURE, churn_model_column, std_error),
    PLAIN("z", FIGURE, churn_model_column, z),
    PLAIN("p", FIGURE, churn_model_column, p),
    PLAIN("lower", FIGURE, churn_model_column, lower),
    PLAIN("upper", FIGURE, churn_model_column, upper),
};
static const churn_shape intercept_shape = SHAPE(intercept_fields, churn_model_column, true);

static const churn_field dropped_fields[] = {
    PLAIN("name", TEXT, churn_model_dropped, name),
    PLAIN("reason", TEXT, churn_model_dropped, reason),
};
static const churn_shape dropped_shape = SHAPE(dropped_fields, churn_model_dropped, true);

static const churn_field type_fields[] = {
    PLAIN("source", TEXT, churn_model_type, source),
    PLAIN("column", TEXT, churn_model_type, column),
    PLAIN("type", TEXT, churn_model_type, type),
};
static const churn_shape type_shape = SHAPE(type_fields, churn_model_type, true);

static const churn_field input_fields[] = {
    PLAIN("source", TEXT, churn_model_input, source),
    PLAIN("fingerprint", TEXT, churn_model_input, fingerprint),
    PLAIN("rows", WHOLE, churn_model_input, rows),
};
static const churn_shape input_shape = SHAPE(input_fields, churn_model_input, true);

static const churn_field training_fields[] = {
    PLAIN("first_as_of", DAY, churn_model, first_as_of),
    PLAIN("last_as_of", DAY, churn_model, last_as_of),
    PLAIN("snapshot_count", COUNT, churn_model, snapshot_count),
    PLAIN("horizon_days", SPAN, churn_model, horizon_days),
    PLAIN("gap_days", SPAN, churn_model, gap_days),
    PLAIN("test_share", NUMBER, churn_model, test_share),
    PLAIN("rows", WHOLE, churn_model, rows),
    PLAIN("churners", WHOLE, churn_model, churners),
    PLAIN("customers", WHOLE, churn_model, customers),
    PLAIN("weighting", TEXT, churn_model, weighting),
    PLAIN("weight", TEXT_OR_NULL, churn_model, weight),
    PLAIN("sampled_churners", NUMBER, churn_model, sampled_churners),
    PLAIN("sampled_others", NUMBER, churn_model, sampled_others),
    PLAIN("population", NUMBER, churn_model, population),
    PLAIN("population_churners", NUMBER, churn_model, population_churners),
    PLAIN("contacted_rule", TEXT_IF_KNOWN, churn_model, contacted_rule),
    PLAIN("contacted_rows", FIGURE_IF_KNOWN, churn_model, contacted_rows),
    PLAIN("contacted_churned", FIGURE_IF_KNOWN, churn_model, contacted_churned),
    PLAIN("outcome", TEXT_IF_KNOWN, churn_model, outcome),
    PLAIN("outcome_kind", TEXT_IF_KNOWN, churn_model, outcome_kind),
};
static const churn_shape training_shape = SHAPE(training_fields, churn_model, false);

static const churn_field fit_fields[] = {
    PLAIN("offset", TEXT_OR_NULL, churn_model, offset),
    PLAIN("excluded", TEXT_IF_KNOWN, churn_model, excluded),
    PLAIN("penalty", TEXT, churn_model, penalty),
    PLAIN("lambda", NUMBER, churn_model, lambda),
    PLAIN("alpha", NUMBER, churn_model, alpha),
    PLAIN("lambda_rule", TEXT, churn_model, lambda_rule),
    PLAIN("folds", COUNT, churn_model, folds),
    PLAIN("cv_deviance", FIGURE, churn_model, cv_deviance),
    PLAIN("cv_std_error", FIGURE, churn_model, cv_std_error),
    PLAIN("covariance_kind", TEXT, churn_model, covariance_kind),
    PLAIN("test_kind", TEXT, churn_model, test_kind),
    PLAIN("interval_kind", TEXT, churn_model, interval_kind),
    PLAIN("dependent_rows", FLAG, churn_model, dependent_rows),
    PLAIN("churned_customers", WHOLE, churn_model, churned_customers),
    PLAIN("log_likelihood", NUMBER, churn_model, log_likelihood),
    PLAIN("null_log_likelihood", NUMBER, churn_model, null_log_likelihood),
    PLAIN("aic", FIGURE, churn_model, aic),
    PLAIN("bic", FIGURE, churn_model, bic),
    PLAIN("mcfadden_r2", FIGURE, churn_model, mcfadden_r2),
    PLAIN("penalised_objective", NUMBER, churn_model, penalised_objective),
    PLAIN("iterations", COUNT, churn_model, iterations),
    PLAIN("max_gradient", NUMBER, churn_model, max_gradient),
    PLAIN("stopped_by", TEXT, churn_model, stopped_by),
    PLAIN("converged", FLAG, churn_model, converged),
};
static const churn_shape fit_shape = SHAPE(fit_fields, churn_model, false);

static const churn_field figures_fields[] = {
    PLAIN("rows", WHOLE, churn_figures, rows),
    PLAIN("churners", WHOLE, churn_figures, churners),
    PLAIN("auc", FIGURE, churn_figures, auc),
    PLAIN("auc_lower", FIGURE, churn_figures, auc_lower),
    PLAIN("auc_upper", FIGURE, churn_figures, auc_upper),
    PLAIN("log_loss", FIGURE, churn_figures, log_loss),
    PLAIN("null_log_loss", FIGURE, churn_figures, null_log_loss),
    PLAIN("brier", FIGURE, churn_figures, brier),
    PLAIN("null_brier", FIGURE, churn_figures, null_brier),
    PLAIN("calibration_intercept", FIGURE, churn_figures, calibration_intercept),
    PLAIN("calibration_slope", FIGURE, churn_figures, calibration_slope),
    PLAIN("top_decile_lift", FIGURE, churn_figures, top_decile_lift),
};
static const churn_shape figures_shape = SHAPE(figures_fields, churn_figures, false);

static const churn_field reliability_fields[] = {
    PLAIN("rows", WHOLE, churn_reliability, rows),
    PLAIN("churners", WHOLE, churn_reliability, churners),
    PLAIN("population", NUMBER, churn_reliability, population),
    PLAIN("population_churners", NUMBER, churn_reliability, population_churners),
    PLAIN("mean_predicted", NUMBER, churn_reliability, mean_predicted),
    PLAIN("observed", NUMBER, churn_reliability, observed),
    PLAIN("lower", NUMBER, churn_reliability, lower),
    PLAIN("upper", NUMBER, churn_reliability, upper),
};
static const churn_shape reliability_shape = SHAPE(reliability_fields, churn_reliability, true);

static const churn_field out_of_fold_fields[] = {
    PLAIN("folds", COUNT, churn_model_out_of_fold, folds),
    OBJECT("figures", offsetof(churn_model_out_of_fold, figures), figures_shape),
    PLAIN("error_kind", TEXT, churn_model_out_of_fold, error_kind),
    PLAIN("intercept_error", FIGURE, churn_model_out_of_fold, intercept_error),
    PLAIN("intercept_lower", FIGURE, churn_model_out_of_fold, intercept_lower),
    PLAIN("intercept_upper", FIGURE, churn_model_out_of_fold, intercept_upper),
    PLAIN("slope_error", FIGURE, churn_model_out_of_fold, slope_error),
    PLAIN("slope_lower", FIGURE, churn_model_out_of_fold, slope_lower),
    PLAIN("slope_upper", FIGURE, churn_model_out_of_fold, slope_upper),
    LIST("reliability", churn_model_out_of_fold, bins, bin_count, reliability_shape),
};
static const churn_shape out_of_fold_shape =
    SHAPE(out_of_fold_fields, churn_model_out_of_fold, false);

static const churn_field knot_fields[] = {
    PLAIN("logit", NUMBER, churn_knot, logit),
    PLAIN("probability", NUMBER, churn_knot, probability),
};
static const churn_shape knot_shape = SHAPE(knot_fields, churn_knot, true);

static const churn_field recalibration_fields[] = {
    PLAIN("asked", TEXT, churn_recalibration, asked),
    PLAIN("method", TEXT, churn_recalibration, method),
    PLAIN("intercept", NUMBER, churn_recalibration, intercept),
    PLAIN("slope", NUMBER, churn_recalibration, slope),
    LIST("knots", churn_recalibration, knots, knot_count, knot_shape),
    PLAIN("log_loss_before", FIGURE, churn_recalibration, log_loss_before),
    PLAIN("log_loss_after", FIGURE, churn_recalibration, log_loss_after),
};
static const churn_shape recalibration_shape =
    SHAPE(recalibration_fields, churn_recalibration, false);

/* schema_version and id come first: file.c finds the id by its place. */
static const churn_field model_fields[] = {
    PLAIN("schema_version", VERSION, churn_model, schema_version),
    PLAIN("id", ID, churn_model, id),
    PLAIN("program", TEXT, churn_model, program),
    PLAIN("set", TEXT, churn_model, set),
    OBJECT("training", 0, training_shape),
    LIST("inputs", churn_model, inputs, input_count, input_shape),
    LIST("types", churn_model, types, type_count, type_shape),
    LIST("features", churn_model, features, feature_count, feature_shape),
    OBJECT("intercept", offsetof(churn_model, intercept), intercept_shape),
    LIST("columns", churn_model, columns, column_count, column_shape),
    LIST("dropped", churn_model, dropped, dropped_count, dropped_shape),
    COUNTED("notes", TEXTS, churn_model, notes, note_count),
    OBJECT("fit", 0, fit_shape),
    OBJECT("training_figures", offsetof(churn_model, training), figures_shape),
    PLAIN("validation_kind", TEXT, churn_model, validation_kind),
    OBJECT("validation_figures", offsetof(churn_model, validation), figures_shape),
    OBJECT("out_of_fold", offsetof(churn_model, out_of_fold), out_of_fold_shape),
    OBJECT("recalibration", offsetof(churn_model, recalibration), recalibration_shape),
    COUNTED("covariance", COVARIANCE, churn_model, covariance, column_count),
};
const churn_shape churn_model_shape = SHAPE(model_fields, churn_model, false);

const char *churn_feature_kind_name(churn_feature_kind kind)
{
  return kind == CHURN_FEATURE_NUMBER ? "number" : "category";
}

const char *churn_encoded_kind_name(churn_encoded_kind kind)
{
  static const char *const names[] = {"number", "level", "missing"};
  return names[kind];
}
